import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { guardedLookup, shownAddress } from './address.ts';

/** So much of an answer is read, so that the connection ends well; what is behind it is not. */
const answerBytesMax = 64 * 1024;

export type WebhookRequest = {
  readonly url: URL;
  readonly method: string;
  /** Besides the body's length. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Keeps connections; undefined: one for this request. */
  readonly agent: Agent | undefined;
};

export type WebhookAnswer = {
  readonly status: number;
  /** As it was sent. */
  readonly retryAfter: string | undefined;
  /** Its beginning. */
  readonly body: Buffer;
};

/**
 * Sends a request once, and gives whatever is answered; redirects are not followed. `unreachable`
 * where no answer comes in time, `not_allowed` where the name leads to a metadata address. No error
 * has more of the address than its host.
 */
export async function sendRequest(
  request: WebhookRequest,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<WebhookAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  try {
    const answer = await answerOf(request, signal);
    const body = await beginningOf(answer);
    const retryAfter = answer.headers['retry-after'];
    return { status: answer.statusCode ?? 0, retryAfter, body };
  } catch (thrown) {
    options.signal.throwIfAborted();
    if (thrown instanceof HeliosError) throw thrown;
    throw unreachable(request.url, timeout.aborted ? 'no answer in time' : systemCode(thrown));
  }
}

async function answerOf(
  { url, method, headers, body, agent }: WebhookRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method,
    headers: {
      'user-agent': 'helios',
      'content-type': 'application/json',
      ...headers,
      'content-length': Buffer.byteLength(body),
    },
    lookup: guardedLookup,
    agent: agent ?? false,
    signal,
  });
  request.once('response', resolve);
  request.once('error', reject);
  request.end(body);
  return await promise;
}

/** Reading no further closes the connection. */
async function beginningOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) break;
  }
  return Buffer.concat(chunks);
}

function unreachable(url: URL, why: string | undefined): HeliosError {
  return new HeliosError(
    'unreachable',
    `The webhook at ${shownAddress(url)} can't be reached (${why ?? 'connection failed'}).`,
    { hint: 'Check the address, and that this machine may call it.' },
  );
}
