import type { Clock } from '../../../base/clock.ts';
import { Deadline } from '../../deadline.ts';
import type { StreamSummary } from '../../look.ts';
import type { StreamClient } from '../stream/stream-client.ts';

export type Rate = Pick<StreamSummary, 'recordsPerSecond' | 'bytesPerSecond'>;

export type RateContext = {
  readonly stream: Pick<StreamClient, 'iterator' | 'records'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** What arrived in so short a time is one answer, unless a shard is busy. */
const windowMs = 5000;
/** As many as an answer can have. */
const recordsMax = 10_000;
/** Rates are of use only while somebody looks at a list. */
const timeoutMs = 3000;

/**
 * How much is written to shards, by one read of each: CloudWatch would cost money and another
 * permission. Those that may not be read, or don't answer soon, are left out.
 */
export async function sampleRates(
  shards: readonly string[],
  context: RateContext,
): Promise<ReadonlyMap<string, Rate>> {
  using deadline = new Deadline(context.clock, timeoutMs, context.signal);
  const { signal } = deadline;
  const found = shards.map(async (shard) => {
    try {
      const rate = await deadline.race(shardRate(shard, { ...context, signal }));
      return rate === undefined ? [] : [[shard, rate] as const];
    } catch {
      // Refused, or too slow: unknown.
      return [];
    }
  });
  return new Map((await Promise.all(found)).flat());
}

/** Of shards together; unknown where one of them is. */
export function sumRates(shards: readonly string[], rates: ReadonlyMap<string, Rate>): Rate {
  const known = shards.flatMap((shard) => rates.get(shard) ?? []);
  if (shards.length === 0 || known.length < shards.length) return unknownRate;
  return {
    recordsPerSecond: known.reduce((sum, rate) => sum + (rate.recordsPerSecond ?? 0), 0),
    bytesPerSecond: known.reduce((sum, rate) => sum + (rate.bytesPerSecond ?? 0), 0),
  };
}

const unknownRate: Rate = { recordsPerSecond: undefined, bytesPerSecond: undefined };

/** Where one answer doesn't reach up to now, it covers the time up to its last record. */
async function shardRate(
  shard: string,
  { stream, clock, signal }: RateContext,
): Promise<Rate | undefined> {
  const atMs = clock.nowMs() - windowMs;
  const iterator = await stream.iterator(shard, { type: 'AT_TIMESTAMP', atMs }, signal);
  const { records, behindMs } = await stream.records(iterator, recordsMax, signal);
  const isWhole = behindMs === 0 && records.length < recordsMax;
  const spanMs = isWhole ? windowMs : (records.at(-1)?.arrivedAtMs ?? 0) - atMs;
  if (spanMs <= 0) return undefined;
  const bytes = records.reduce((sum, { data }) => sum + Buffer.byteLength(data, 'base64'), 0);
  return {
    recordsPerSecond: (records.length * 1000) / spanMs,
    bytesPerSecond: (bytes * 1000) / spanMs,
  };
}
