import { HeliosError } from '../../base/errors.ts';
import type { EpochMs, Position } from '../../event/record.ts';
import type { Source, StartPoint } from '../../source/source.ts';
import { knownOrder, resolveTargets, type RestartPoint } from '../reposition.ts';

/** Which records are read: all of files, and of streams those between two points. */
export type RecordRange = {
  /** Undefined: where each table says. */
  readonly from: RestartPoint | undefined;
  /** Undefined: whatever comes is read, without an end. */
  readonly until: StartPoint | undefined;
};

/** Source name → partition → position; undefined is the partition's beginning. */
export type RangeStarts = ReadonlyMap<string, ReadonlyMap<string, Position | undefined>>;

/** Source name → partition → where reading ends; sources that aren't here end by themselves. */
export type RangeEnds = ReadonlyMap<string, ReadonlyMap<string, Position>>;

export type ResolvedRange = { readonly starts: RangeStarts; readonly ends: RangeEnds };

type Sources = ReadonlyMap<string, Source>;

/** Asks the sources where a range lies in each partition now. */
export async function resolveRange(
  sources: Sources,
  { from, until }: RecordRange,
  nowMs: EpochMs,
): Promise<ResolvedRange> {
  const streams = new Map([...sources].filter(([, source]) => source.positionsAt !== undefined));
  const isNamed = typeof from === 'object' && 'positions' in from;
  const targets =
    from === undefined ? new Map() : await resolveTargets(from, isNamed ? sources : streams, nowMs);
  const starts = new Map<string, ReadonlyMap<string, Position | undefined>>();
  for (const [name, source] of sources) {
    starts.set(name, await startsOf(source, targets.get(name)));
  }
  const ends = new Map<string, ReadonlyMap<string, Position>>();
  if (until === undefined) return { starts, ends };
  if (typeof until === 'object' && until.atMs > nowMs) throw endsInFuture(until.atMs);
  for (const [name, source] of streams) {
    ends.set(name, await endsOf(source, starts.get(name), until));
  }
  return { starts, ends };
}

async function startsOf(
  source: Source,
  target: ReadonlyMap<string, Position | undefined> | undefined,
): Promise<ReadonlyMap<string, Position | undefined>> {
  const starts = new Map<string, Position | undefined>();
  for (const partition of await source.partitions()) {
    const isGiven = target?.has(partition) === true;
    const start = isGiven ? target.get(partition) : await source.startPosition(partition);
    starts.set(partition, start);
  }
  return starts;
}

async function endsOf(
  source: Source,
  starts: ReadonlyMap<string, Position | undefined> | undefined,
  until: StartPoint,
): Promise<ReadonlyMap<string, Position>> {
  const ends = new Map<string, Position>();
  for (const [partition, end] of (await source.positionsAt?.(until)) ?? []) {
    if (end === undefined) continue;
    const order = knownOrder(source, starts?.get(partition), end);
    if (order === undefined || order < 0) ends.set(partition, end);
  }
  return (await source.readingEnds?.(ends)) ?? ends;
}

function endsInFuture(atMs: EpochMs): HeliosError {
  const at = new Date(atMs).toISOString();
  return new HeliosError('invalid_request', `${at}, where reading shall end, is in the future.`, {
    hint: 'Leave the end out to read what comes.',
  });
}
