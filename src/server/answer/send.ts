import { errorAnswer } from './error-answer.ts';
import type { ErrorAnswerParts } from './error-answer.ts';
import type { ServerResponse } from 'node:http';

/**
 * What every answer says, whatever it is: it is data of this server, for its own pages and
 * programs.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

type TextAnswer = {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Answers with a short plain text. */
export function sendText(response: ServerResponse, answer: TextAnswer): void {
  response.writeHead(answer.status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(answer.text),
    ...answer.headers,
  });
  response.end(answer.text);
}

/** Answers with an error where fastify is not involved; returns what was answered, for the log. */
export function sendError(
  response: ServerResponse,
  thrown: unknown,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): ErrorAnswerParts {
  const answer = errorAnswer(thrown, id);
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    ...securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-request-id': id,
    ...answer.headers,
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
  return answer;
}
