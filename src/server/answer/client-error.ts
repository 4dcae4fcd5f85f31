import { HeliosError, systemCode } from '../../base/errors.ts';
import { errorAnswer } from './error-answer.ts';
import { securityHeaders } from './send.ts';
import type { ErrorAnswerParts } from './error-answer.ts';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Answers on the bare socket what never became a request, or had no handler yet: timeouts, headers
 * that are too large, bytes that aren't HTTP. Undefined where the client is already gone.
 */
export function answerClientError(
  thrown: Error,
  socket: Duplex,
  id: string,
): ErrorAnswerParts | undefined {
  if (systemCode(thrown) === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  return answerOnSocket(socket, clientError(thrown), id);
}

/** Writes an error as a whole HTTP answer, and ends the connection. */
export function answerOnSocket(socket: Duplex, thrown: unknown, id: string): ErrorAnswerParts {
  const answer = errorAnswer(thrown, id);
  const text = JSON.stringify(answer.body);
  const headers = {
    ...securityHeaders,
    ...answer.headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    'x-request-id': id,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `${answer.status} ${STATUS_CODES[answer.status] ?? 'Error'}`;
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${text}`, () => socket.destroy());
  return answer;
}

function clientError(cause: Error): HeliosError {
  switch (systemCode(cause)) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HeliosError('request_timeout', 'The request did not arrive in time.', {
        hint: 'Send it faster, or in smaller parts.',
        cause,
      });
    case 'HPE_HEADER_OVERFLOW':
      return new HeliosError('headers_too_large', 'The headers of the request are too large.', {
        hint: 'Send less than 16 KiB of headers.',
        cause,
      });
    default:
      return new HeliosError('invalid_request', `That is not HTTP: ${cause.message}.`, {
        hint: 'Check what is connecting to this port; TLS is not spoken here.',
        cause,
      });
  }
}
