import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { asHeliosError } from '../../../base/errors.ts';
import type { EpochMs } from '../../../event/record.ts';
import type { Positions } from '../../source.ts';
import type { ReadBudget } from '../stream/read-budget.ts';
import type { StreamClient } from '../stream/stream-client.ts';
import type { ListedShard } from './shard-map.ts';
import { formatPosition, parsePosition, type ShardPosition } from './shard-position.ts';

export type EndsContext = {
  readonly stream: StreamClient;
  /** Undefined for shards that are not listed. */
  readonly shardOf: (id: string) => ListedShard | undefined;
  readonly budget: ReadBudget;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** Shards that are asked at the same time. */
const shardsAtOnce = 20;
/** Other readers of a shard may use up what it allows. */
const retries: BackoffPolicy = { firstMs: 200, maxMs: 5000, attemptsMax: 8 };

/**
 * Where a reading has to end which another one continues that began at these positions. A time
 * becomes the record that Kinesis gives for it, which is the one that the other began with; where
 * there is none yet, all that is there is older. Left out are shards that are gone, and those that
 * continue a shard which was still open then: they hold nothing older.
 */
export async function readingEnds(positions: Positions, context: EndsContext): Promise<Positions> {
  const listed = [...positions].filter(([id]) => context.shardOf(id) !== undefined);
  const ends = new Map<string, ShardPosition>();
  for (let at = 0; at < listed.length; at += shardsAtOnce) {
    const some = listed.slice(at, at + shardsAtOnce).map(async ([id, position]) => {
      return [id, await endOf(id, parsePosition(position), context)] as const;
    });
    for (const [id, end] of await Promise.all(some)) ends.set(id, end);
  }
  const isOlder = (id: string): boolean =>
    (context.shardOf(id)?.parents ?? []).every((parent) => {
      return (ends.get(parent)?.kind ?? 'end') === 'end';
    });
  const known = [...ends].flatMap(([id, end]) => {
    const text = formatPosition(end);
    return text !== undefined && isOlder(id) ? [[id, text] as const] : [];
  });
  return new Map(known);
}

async function endOf(
  shard: string,
  position: ShardPosition,
  context: EndsContext,
): Promise<ShardPosition> {
  if (position.kind !== 'time') return position;
  const { clock, random, signal } = context;
  for (let attempt = 1; ; attempt++) {
    try {
      return await firstRecordAt(shard, position.atMs, context);
    } catch (thrown) {
      const { code } = asHeliosError(thrown);
      const canHeal = code === 'throttled' || code === 'unreachable' || code === 'unavailable';
      if (!canHeal || attempt >= retries.attemptsMax) throw thrown;
      await clock.sleep(backoffMs(retries, attempt, random), signal);
    }
  }
}

async function firstRecordAt(
  shard: string,
  atMs: EpochMs,
  { stream, budget, signal }: EndsContext,
): Promise<ShardPosition> {
  const name = `${stream.id} ${shard}`;
  await budget.turn(`${name} iterator`, signal);
  let iterator = await stream.iterator(shard, { type: 'AT_TIMESTAMP', atMs }, signal);
  for (;;) {
    await budget.turn(name, signal);
    const { records, nextIterator, behindMs } = await stream.records(iterator, 1, signal);
    const [first] = records;
    if (first !== undefined) {
      const { sequenceNumber, arrivedAtMs } = first;
      return { kind: 'before', sequenceNumber, asOfMs: arrivedAtMs };
    }
    if (nextIterator === undefined) return { kind: 'end', asOfMs: undefined };
    if (behindMs === 0) return { kind: 'until', atMs, asOfMs: undefined };
    iterator = nextIterator;
  }
}
