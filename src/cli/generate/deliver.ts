import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, errorCodes, HeliosError } from '../../base/errors.ts';
import { type Client, pathPart } from '../client/client.ts';
import type { EventChunk } from './shop-events.ts';

/** What became of the events. Every one made is in exactly one of the first three. */
export type DeliveryReport = {
  /** Acknowledged as durable. */
  accepted: number;
  /** Refused for good, or given up after many attempts. */
  refused: number;
  /** Their request broke off: they may be stored or not. */
  unknown: number;
  /** Of all made, those that were broken on purpose. */
  malformed: number;
  bytes: number;
  /** Requests that were sent again because Helios was behind. */
  retries: number;
};

export type DeliveryOptions = {
  readonly client: Client;
  readonly stream: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** A new key for each request, so that sending it again stores it once. */
  readonly newKey: () => string;
  readonly signal: AbortSignal;
  readonly onProgress?: ((report: DeliveryReport) => void) | undefined;
};

/** Waits of about four minutes in all, unless Helios itself says how long. */
const retryPolicy: BackoffPolicy = { firstMs: 200, maxMs: 15_000, attemptsMax: 20 };
/** Helios may ask for a wait, but not for one that looks like a hang. */
const retryAfterMsMax = 60_000;

/**
 * Posts chunk after chunk. A Helios that is behind is waited for, as long as its Retry-After says.
 * Ends with the chunks, at an abort, or at the first refusal that would meet every further chunk
 * too; `failure` is that.
 */
export async function deliver(
  chunks: AsyncIterable<EventChunk>,
  options: DeliveryOptions,
): Promise<{ readonly report: DeliveryReport; readonly failure: HeliosError | undefined }> {
  const report = { accepted: 0, refused: 0, unknown: 0, malformed: 0, bytes: 0, retries: 0 };
  const { signal } = options;
  for await (const chunk of chunks) {
    report.malformed += chunk.malformedCount;
    try {
      await post(chunk, options, report);
      report.accepted += chunk.eventCount;
      report.bytes += Buffer.byteLength(chunk.text);
    } catch (thrown) {
      report[isAnswered(thrown) ? 'refused' : 'unknown'] += chunk.eventCount;
      return { report, failure: asHeliosError(signal.aborted ? signal.reason : thrown) };
    }
    options.onProgress?.(report);
  }
  return { report, failure: signal.aborted ? asHeliosError(signal.reason) : undefined };
}

async function post(
  chunk: EventChunk,
  options: DeliveryOptions,
  report: DeliveryReport,
): Promise<void> {
  const key = options.newKey();
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await options.client.stream({
        method: 'POST',
        path: `/ingest/${pathPart(options.stream)}`,
        headers: { 'idempotency-key': key },
        body: chunk.text,
        signal: options.signal,
      });
      response.resume();
      return;
    } catch (thrown) {
      if (!isRetryable(thrown) || attempt >= retryPolicy.attemptsMax) throw thrown;
      report.retries++;
      const waitMs = retryAfterMs(thrown) ?? backoffMs(retryPolicy, attempt, options.random);
      await options.clock.sleep(waitMs, options.signal);
    }
  }
}

function isRetryable(thrown: unknown): boolean {
  if (!(thrown instanceof HeliosError) || errorCodes[thrown.code].retry !== 'backoff') return false;
  // Where nothing listens, waiting is of no use; a connection that broke off may come back.
  return thrown.details?.['system_code'] !== 'ECONNREFUSED';
}

/** Whether Helios said no, or there was nobody to say it; otherwise the request broke off. */
function isAnswered(thrown: unknown): boolean {
  if (!(thrown instanceof HeliosError) || thrown.code === 'cancelled') return false;
  const code = thrown.details?.['system_code'];
  return code === undefined || code === 'ECONNREFUSED';
}

function retryAfterMs(thrown: unknown): number | undefined {
  if (!(thrown instanceof HeliosError)) return undefined;
  const text = thrown.details?.['retry_after'];
  const seconds = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined;
  return seconds === undefined ? undefined : Math.min(seconds * 1_000, retryAfterMsMax);
}
