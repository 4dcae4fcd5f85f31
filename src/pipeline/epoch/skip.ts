import { type Batch, type Position, position } from '../../event/record.ts';
import type { RejectedRecords } from '../../format/rejected-records.ts';
import type { Source } from '../../source/source.ts';
import type { EpochInput } from './epoch-work.ts';
import type { LiveSink } from './live-sink.ts';
import type { PositionTexts } from './manifest.ts';
import type { ReadPositions } from './recovery.ts';

/** Whether the sink (by its number) lacks the rows of a batch of a source. */
export type IsWanted = (sink: number, source: string, batch: Batch) => boolean;

type Place = {
  readonly name: string;
  readonly partition: string;
  readonly after: Position | undefined;
};

/**
 * The nearest place after `after` up to which some sink has its rows already: a batch that ends
 * there is either wanted by a sink as a whole or not at all.
 */
export function nextSkip(
  sinks: readonly LiveSink[],
  source: Source,
  { name, partition, after }: Place,
): Position | undefined {
  let nearest: Position | undefined;
  for (const { skip } of sinks) {
    const at = skipOf(skip, name, partition);
    if (at === undefined || source.compare(at, after) <= 0) continue;
    if (nearest === undefined || source.compare(at, nearest) < 0) nearest = at;
  }
  return nearest;
}

/** Undefined once no sink has anything to leave out. */
export function wantedBy(
  sinks: readonly LiveSink[],
  sources: ReadonlyMap<string, Source>,
): IsWanted | undefined {
  if (sinks.every(({ skip }) => skip === null)) return undefined;
  return (sink, name, batch) => {
    const at = skipOf(sinks[sink]?.skip ?? null, name, batch.partition);
    if (at === undefined) return true;
    return (sources.get(name)?.compare(batch.to, at) ?? 1) > 0;
  };
}

/** Whether rejected records lie in a batch that the sink doesn't want. */
export function isUnwanted(input: EpochInput, sink: number): (records: RejectedRecords) => boolean {
  const { isWanted, batches } = input;
  if (isWanted === undefined) return () => false;
  return (records) => {
    const batch = batches
      .get(records.source)
      ?.find(({ partition }) => partition === records.partition);
    return batch !== undefined && !isWanted(sink, records.source, batch);
  };
}

/** What is left to leave out after these positions; null when all of it is passed. */
export function skipAfter(
  skip: PositionTexts | null,
  positions: ReadPositions,
  sources: ReadonlyMap<string, Source>,
): PositionTexts | null {
  if (skip === null) return null;
  const isPassed = Object.entries(skip).every(([name, partitions]) =>
    Object.entries(partitions).every(([partition, at]) => {
      const reached = positions.get(name)?.get(partition);
      return (sources.get(name)?.compare(reached, position(at)) ?? 0) >= 0;
    }),
  );
  return isPassed ? null : skip;
}

function skipOf(skip: PositionTexts | null, name: string, partition: string): Position | undefined {
  const at = skip?.[name]?.[partition];
  return at === undefined ? undefined : position(at);
}
