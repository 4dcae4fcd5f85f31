import type { ErrorAnswer, ErrorBody } from '../../server/api.ts';
import { door } from '../access/door.ts';
import { nowMs, serverClock } from '../clock.ts';

/** What the server answered instead of what it was asked for, or that it can't be reached. */
export class ApiError extends Error {
  readonly body: ErrorBody;
  /** 0: there was no answer. */
  readonly status: number;

  constructor(body: ErrorBody, status: number) {
    super(body.message);
    this.body = body;
    this.status = status;
  }
}

export type RequestOptions = {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The version that is replaced: `If-Match`. */
  readonly version?: string | undefined;
};

/** Asks the server for a document; throws `ApiError`. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  return (await response.json()) as T;
}

/**
 * Asks for an answer to be read by the caller; throws `ApiError` unless it is a good one. What the
 * server refuses because nobody is signed in waits until somebody is, and is asked again.
 */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  for (;;) {
    const { round } = door;
    try {
      return await sendOnce(path, options);
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.body.code !== 'not_authenticated') throw thrown;
      door.refused(round);
      await door.passed(options.signal);
    }
  }
}

/** The same, without waiting for anybody. */
export async function sendOnce(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = options.body === undefined ? 'GET' : 'POST', body, accept, signal } = options;
  const { version } = options;
  const headers: Record<string, string> = { accept: accept ?? 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (version !== undefined) headers['if-match'] = `"${version}"`;
  const response = await reached(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) return response;
  throw new ApiError(await errorOf(response), response.status);
}

/** Any failure, as the console shows it. */
export function errorBodyOf(thrown: unknown): ErrorBody {
  if (thrown instanceof ApiError) return thrown.body;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message, id: '' };
}

async function reached(path: string, init: RequestInit): Promise<Response> {
  const askedMs = nowMs();
  try {
    const response = await fetch(path, init);
    serverClock.note(response.headers.get('date'), askedMs, nowMs());
    return response;
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown;
    throw new ApiError(
      {
        code: 'unavailable',
        message: 'Helios does not answer.',
        hint: 'Is it still running? The console tries to reach it by itself.',
        id: '',
      },
      0,
    );
  }
}

async function errorOf(response: Response): Promise<ErrorBody> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as ErrorAnswer).error;
  } catch {
    const message = `The answer has status ${response.status} and is no document of Helios.`;
    return { code: 'internal', message, id: response.headers.get('x-request-id') ?? '' };
  }
}
