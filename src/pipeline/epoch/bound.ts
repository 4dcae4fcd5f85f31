import { type Position, position } from '../../event/record.ts';
import type { Source } from '../../source/source.ts';
import type { ManifestSource, PositionTexts } from './manifest.ts';
import type { ReadPositions } from './recovery.ts';

type Place = {
  readonly name: string;
  readonly partition: string;
  readonly after: Position | undefined;
};

/**
 * Where a bounded pipeline ends in a partition. Undefined is nowhere: it isn't bounded. Partitions
 * without a bound are not read in one that is.
 */
export function boundAt(
  until: PositionTexts | undefined,
  { name, partition }: Pick<Place, 'name' | 'partition'>,
): Position | undefined {
  const at = until?.[name]?.[partition];
  return at === undefined ? undefined : position(at);
}

/** Whether a bounded pipeline is through with a partition, or doesn't read it. */
export function isThrough(until: PositionTexts | undefined, source: Source, place: Place): boolean {
  if (until === undefined) return false;
  const at = boundAt(until, place);
  return at === undefined || source.compare(place.after, at) >= 0;
}

/** Whether a bounded pipeline is through with everything. */
export function hasReached(
  until: PositionTexts,
  positions: ReadPositions,
  sources: ReadonlyMap<string, Source>,
): boolean {
  return Object.entries(until).every(([name, partitions]) => {
    const source = sources.get(name);
    if (source === undefined) return true;
    return Object.keys(partitions).every((partition) => {
      const after = positions.get(name)?.get(partition);
      return isThrough(until, source, { name, partition, after });
    });
  });
}

/** The one of two places that comes first; undefined comes never. */
export function nearer(
  source: Source,
  left: Position | undefined,
  right: Position | undefined,
): Position | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return source.compare(left, right) <= 0 ? left : right;
}

/** Positions of partitions that are not at their beginning. */
export function knownPositions(
  partitions: ReadonlyMap<string, Position | undefined> | undefined,
): ReadonlyMap<string, Position> {
  const known = new Map<string, Position>();
  for (const [partition, at] of partitions ?? []) if (at !== undefined) known.set(partition, at);
  return known;
}

/** What another machine would go on from: sources may let go of nothing behind that. */
export function keptPositions(
  sources: readonly ManifestSource[],
  name: string,
): ReadonlyMap<string, Position> {
  const positions = sources.find((source) => source.name === name)?.positions ?? {};
  const known = Object.entries(positions).flatMap(([partition, at]) =>
    at === null ? [] : [[partition, position(at)] as const],
  );
  return new Map(known);
}
