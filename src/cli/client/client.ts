import type { IncomingMessage } from 'node:http';
import { errorCodes, HeliosError, systemCode, type ErrorCode } from '../../base/errors.ts';
import type { ErrorAnswer, ErrorBody } from '../../server/api.ts';
import type { TokenSource } from './token-source.ts';

export type ClientRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, from `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
  /** Aborting closes the connection, which cancels what the server does for it. */
  readonly signal?: AbortSignal | undefined;
};

/** Text of an answer of this size at most is an error's; a longer one is not Helios's. */
const errorBytesMax = 1024 * 1024;

/**
 * Talks to a running Helios. Answers of 400 and above are thrown as the HeliosError that they
 * carry.
 */
export class Client {
  readonly url: string;
  readonly #token: TokenSource | undefined;

  /** `url` has no slash at its end. */
  constructor(url: string, token?: TokenSource) {
    this.url = url;
    this.#token = token;
  }

  /** What each request carries to say who asks. */
  async credentials(): Promise<Readonly<Record<string, string>>> {
    if (this.#token === undefined) return {};
    return { authorization: `Bearer ${await this.#token.token()}` };
  }

  /** The answer's JSON, of the type that the API's description gives for this route. */
  async json<Answer>(request: ClientRequest): Promise<Answer> {
    const text = await textOf(await this.stream(request));
    // The one place where an answer becomes a type: both ends are built from server/api.ts.
    return (text === '' ? undefined : parseAnswer(text, this.url)) as Answer;
  }

  /** The answer's body as it arrives. */
  async stream(request: ClientRequest): Promise<IncomingMessage> {
    const response = await this.#send(request);
    if ((response.statusCode ?? 500) < 400) return response;
    throw await this.failureOf(response);
  }

  /** What an answer of 400 and above says, with what to do about it here. */
  async failureOf(response: IncomingMessage): Promise<HeliosError> {
    const error = errorOf(response, await textOf(response));
    if (error.code !== 'not_authenticated') return error;
    const { message, details } = error;
    return new HeliosError(error.code, message, { hint: tokenHint(this.#token), details });
  }

  async #send(request: ClientRequest): Promise<IncomingMessage> {
    const { body } = request;
    const isText = typeof body === 'string';
    const payload = isText ? body : JSON.stringify(body);
    const { request: send } = this.url.startsWith('https:')
      ? await import('node:https')
      : await import('node:http');
    const credentials = await this.credentials();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = send(`${this.url}${request.path}`, {
      method: request.method,
      headers: {
        ...(payload === undefined
          ? {}
          : {
              'content-type': isText ? 'application/x-ndjson' : 'application/json',
              'content-length': Buffer.byteLength(payload),
            }),
        ...credentials,
        ...request.headers,
      },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    outgoing.once('response', resolve);
    outgoing.once('error', (thrown) => reject(this.#unreachable(thrown, request.signal)));
    outgoing.end(payload);
    return await promise;
  }

  #unreachable(thrown: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason;
    return cannotConnect(this.url, thrown);
  }
}

/** A name as one part of a path. */
export function pathPart(name: string): string {
  // A part of dots only would be taken for a folder by everything on the way.
  return encodeURIComponent(name).replaceAll(/^\.+$/g, (dots) => dots.replaceAll('.', '%2E'));
}

/** The failure of a connection, with what to do about it. */
export function cannotConnect(url: string, thrown: unknown): HeliosError {
  const code = systemCode(thrown);
  const reason = thrown instanceof Error && thrown.message !== '' ? thrown.message : code;
  const isRefused = code === 'ECONNREFUSED';
  return new HeliosError(
    'unavailable',
    isRefused ? `No Helios answers at ${url}.` : `Can't talk to Helios at ${url}: ${reason}.`,
    {
      hint: 'Start one with: helios start. If it runs elsewhere, say where: --url or HELIOS_URL.',
      cause: thrown,
      details: { system_code: code },
    },
  );
}

/** An error as the API says it; the request's id goes to the details. */
export function errorOfBody(body: ErrorBody): HeliosError {
  return new HeliosError(body.code, body.message, {
    hint: body.hint,
    position: body.position,
    details: { ...body.details, id: body.id },
  });
}

function errorOf(response: IncomingMessage, text: string): HeliosError {
  const body = parseError(text);
  const retryAfter = response.headers['retry-after'];
  if (body === undefined) {
    const status = response.statusCode ?? 0;
    return new HeliosError(
      codeOfStatus(status),
      `The server answered ${status}: ${firstLine(text)}`,
      {
        hint: 'Is this address a Helios? Try: helios doctor.',
        details: { retry_after: retryAfter },
      },
    );
  }
  return errorOfBody({ ...body, details: { ...body.details, retry_after: retryAfter } });
}

function tokenHint(token: TokenSource | undefined): string {
  const make = 'an admin makes one with: helios token create NAME --scope console';
  if (token === undefined) return `Give a token by HELIOS_TOKEN or --token file:PATH; ${make}`;
  return `The token in ${token.reference} was sent. Give one that is in force; ${make}`;
}

function parseError(text: string): ErrorBody | undefined {
  try {
    const answer = JSON.parse(text) as Partial<ErrorAnswer>;
    const body = answer.error;
    return body !== undefined && Object.hasOwn(errorCodes, body.code) ? body : undefined;
  } catch {
    return undefined;
  }
}

function parseAnswer(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new HeliosError('internal', `${url} answered what is not JSON: ${firstLine(text)}`, {
      hint: 'Is this address a Helios? Try: helios doctor.',
      cause: thrown,
    });
  }
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'not_found';
  if (status === 429) return 'too_busy';
  if (status === 401 || status === 403) return 'not_allowed';
  if (status === 503) return 'unavailable';
  return status < 500 ? 'invalid_request' : 'internal';
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line || '(nothing)';
}

async function textOf(response: IncomingMessage): Promise<string> {
  const isError = (response.statusCode ?? 500) >= 400;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (isError && bytes > errorBytesMax) break;
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
