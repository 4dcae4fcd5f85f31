import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { guardedLookup, shownAddress } from './address.ts';

/** From the name's look-up to the end of the answer. */
const timeoutMs = 10_000;
/** What an answer says is not looked at; so much is read, so that the connection ends well. */
const answerBytesMax = 64 * 1024;

/** Statuses that may pass by themselves. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Posts JSON once; gives the status, 200 to 299. Redirects are not followed: they are failures as
 * any other status. `unreachable` and `unavailable` may be tried again, `invalid_config` and
 * `not_allowed` not. No error has more of the address than its host.
 */
export async function postJson(
  url: URL,
  document: unknown,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number | undefined },
): Promise<number> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  try {
    const answer = await answerOf(url, JSON.stringify(document), signal);
    const status = answer.statusCode ?? 0;
    await readSome(answer);
    if (status >= 200 && status < 300) return status;
    throw refusal(url, status);
  } catch (thrown) {
    options.signal.throwIfAborted();
    if (thrown instanceof HeliosError) throw thrown;
    throw unreachable(url, timeout.aborted ? 'no answer in time' : systemCode(thrown));
  }
}

async function answerOf(url: URL, body: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'helios',
    },
    lookup: guardedLookup,
    agent: false,
    signal,
  });
  request.once('response', resolve);
  request.once('error', reject);
  request.end(body);
  return await promise;
}

async function readSome(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) return;
  }
}

function refusal(url: URL, status: number): HeliosError {
  const mayPass = status >= 500 || passing.has(status);
  const isRedirect = status >= 300 && status < 400;
  return new HeliosError(
    mayPass ? 'unavailable' : 'invalid_config',
    `The webhook at ${shownAddress(url)} answered ${status}.`,
    {
      hint: isRedirect
        ? 'Redirects are not followed: give the address that it leads to.'
        : mayPass
          ? 'It is tried again.'
          : 'Is the address right, and does it take JSON by POST?',
    },
  );
}

function unreachable(url: URL, why: string | undefined): HeliosError {
  return new HeliosError(
    'unreachable',
    `The webhook at ${shownAddress(url)} can't be reached (${why ?? 'connection failed'}).`,
    { hint: 'Check the address, and that this machine may call it.' },
  );
}
