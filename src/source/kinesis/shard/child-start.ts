import type { Clock } from '../../../base/clock.ts';
import type { EpochMs } from '../../../event/record.ts';
import type { StreamClient } from '../stream/stream-client.ts';
import { positionLost } from './position-lost.ts';
import type { ListedShard } from './shard-map.ts';
import type { ShardPosition } from './shard-position.ts';

export type ChildStart = {
  readonly shard: ListedShard;
  /** How far its parents were read, as far as that is known. */
  readonly parents: readonly ShardPosition[];
  readonly retentionMs: number;
  readonly stream: StreamClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/**
 * Before a shard is read whose parents were read to their ends: `position_lost` where records that
 * it began with may be gone. They are all there where the parents were open within the retention;
 * else where Kinesis says that the shard is younger than the oldest record of the stream.
 */
export async function checkChildStart(start: ChildStart): Promise<void> {
  const { shard, parents, retentionMs, stream, clock, signal } = start;
  const ends = parents.filter(({ kind }) => kind === 'end');
  if (ends.length === 0) return;
  const parentsOpenAtMs = newest(ends);
  const isKnown = parentsOpenAtMs !== undefined;
  if (isKnown && clock.nowMs() - parentsOpenAtMs <= retentionMs) return;
  const oldest = new Set((await stream.shardsAtTrimHorizon(signal)).map(({ id }) => id));
  if (!oldest.has(shard.id)) return;
  // A shard and its parent are never open together: an emulator that knows no filter lists both.
  const isTold = !shard.parents.some((parent) => oldest.has(parent));
  if (!isTold && !isKnown) return;
  const since = isKnown ? `, at ${new Date(parentsOpenAtMs).toISOString()} or later,` : '';
  throw positionLost(
    { stream: stream.name, shard: shard.id, at: { kind: 'start', asOfMs: undefined } },
    `what it continues was read to its end${since} longer ago than the stream keeps records`,
  );
}

/** The parents were open then, or later; undefined where that isn't known. */
function newest(ends: readonly ShardPosition[]): EpochMs | undefined {
  const times = ends.flatMap(({ asOfMs }) => asOfMs ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}
