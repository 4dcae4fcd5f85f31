import { asHeliosError, HeliosError } from '../base/errors.ts';
import type { PeekAnswer, PeekedRecord, PeekRequest } from './look.ts';

/** What one partition gave, in its own order; `failure` where that isn't all. */
export type PartitionPeek = {
  readonly partition: string;
  readonly records: readonly PeekedRecord[];
  readonly failure: HeliosError | undefined;
};

/**
 * Looks at each partition, some at a time. A look that fails is that partition's; the signal's
 * reason is everybody's.
 */
export async function peekEach(
  partitions: readonly string[],
  { signal }: Pick<PeekRequest, 'signal'>,
  look: (partition: string) => Promise<PartitionPeek>,
): Promise<readonly PartitionPeek[]> {
  const found: PartitionPeek[] = [];
  const waiting = [...partitions];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      found.push(await guarded(next, signal, look));
    }
  };
  await Promise.all(Array.from({ length: atOnceMax }, work));
  return found;
}

/** Requests that wait at once; a client has a socket for each. */
const atOnceMax = 16;

async function guarded(
  partition: string,
  signal: AbortSignal,
  look: (partition: string) => Promise<PartitionPeek>,
): Promise<PartitionPeek> {
  try {
    return await look(partition);
  } catch (thrown) {
    signal.throwIfAborted();
    return { partition, records: [], failure: asHeliosError(thrown) };
  }
}

/** Bytes of values that a look holds of all partitions, about. */
const peekBytesMax = 64 * 1024 * 1024;
const partitionBytesMin = 1024 * 1024;

export type KeepLimits = {
  readonly countMax: number;
  readonly bytesMax: number;
  /** Which to keep where there are more. */
  readonly keep: 'first' | 'last';
};

/** What each of so many partitions may hold. */
export function partitionBytes(partitionCount: number): number {
  return Math.max(partitionBytesMin, Math.floor(peekBytesMax / Math.max(1, partitionCount)));
}

/**
 * As many records as the limits allow, one at least; `isCut` where bytes were the limit.
 */
export function keptRecords(
  records: readonly PeekedRecord[],
  { countMax, bytesMax, keep }: KeepLimits,
): { readonly records: readonly PeekedRecord[]; readonly isCut: boolean } {
  const wanted = keep === 'first' ? records : records.toReversed();
  let bytes = 0;
  let count = 0;
  for (const { value } of wanted) {
    bytes += value?.length ?? 0;
    if (count === countMax || (count > 0 && bytes > bytesMax)) break;
    count++;
  }
  const kept = keep === 'first' ? records.slice(0, count) : records.slice(records.length - count);
  return { records: kept, isCut: count < Math.min(countMax, records.length) };
}

/** Told of a partition whose records were cut. */
export function tooLarge(count: number): HeliosError {
  return new HeliosError('too_large', `Its records are large: no more than ${count} are shown.`, {
    hint: 'Look at one partition, or at fewer records.',
  });
}

/**
 * Chooses the records that were asked for of what partitions gave, and puts them in order. Throws
 * the failure where no partition could be looked at.
 */
export function peekAnswer(
  peeks: readonly PartitionPeek[],
  request: Pick<PeekRequest, 'from' | 'count' | 'spread'>,
  cost?: string,
): PeekAnswer {
  const failed = peeks.flatMap(({ failure }) => failure ?? []);
  const hasNone = peeks.every(({ records }) => records.length === 0);
  const [first] = failed;
  if (first !== undefined && hasNone && failed.length === peeks.length) throw first;
  const inOrder = peeks.toSorted((left, right) => byName(left.partition, right.partition));
  const chosen = request.spread === 'even' ? evenly(inOrder, request) : byTime(inOrder, request);
  return {
    records: chosen,
    silent: inOrder
      .filter(({ records, failure }) => records.length === 0 && failure === undefined)
      .map(({ partition }) => partition),
    problems: inOrder.flatMap(({ partition, failure }) =>
      failure === undefined ? [] : [{ partition, message: failure.message }],
    ),
    cost,
  };
}

/** Numbers by value, all else by its letters. */
function byName(left: string, right: string): number {
  const areNumbers = /^\d+$/.test(left) && /^\d+$/.test(right);
  if (areNumbers) return Number(left) - Number(right);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

type Choice = Pick<PeekRequest, 'from' | 'count'>;

function byTime(peeks: readonly PartitionPeek[], { from, count }: Choice): PeekedRecord[] {
  const merged = mergeByTime(peeks.map(({ records }) => records));
  return from.kind === 'newest' ? merged.slice(-count) : merged.slice(0, count);
}

/** One of each in turn, until there are enough: those that have little give all of it. */
function evenly(peeks: readonly PartitionPeek[], { from, count }: Choice): PeekedRecord[] {
  const taken = peeks.map(() => 0);
  let left = count;
  for (let isAny = true; isAny && left > 0;) {
    isAny = false;
    for (const [index, { records }] of peeks.entries()) {
      const already = taken[index] ?? 0;
      if (left === 0 || already >= records.length) continue;
      taken[index] = already + 1;
      left--;
      isAny = true;
    }
  }
  return mergeByTime(
    peeks.map(({ records }, index) => {
      const some = taken[index] ?? 0;
      return from.kind === 'newest' ? records.slice(records.length - some) : records.slice(0, some);
    }),
  );
}

/**
 * By time, without changing the order within a partition: times of producers may go back. A record
 * without a time comes with the one before it.
 */
export function mergeByTime(lists: readonly (readonly PeekedRecord[])[]): PeekedRecord[] {
  const timed = lists.flatMap((records, list) => {
    let timeMs = 0;
    return records.map((record, index) => {
      timeMs = Math.max(timeMs, record.timestampMs ?? 0);
      return { record, timeMs, list, index };
    });
  });
  timed.sort(
    (left, right) =>
      left.timeMs - right.timeMs || left.list - right.list || left.index - right.index,
  );
  return timed.map(({ record }) => record);
}

/** The partitions to look at; `invalid_request` for one that the stream doesn't have. */
export function chosenPartitions(
  all: readonly string[],
  request: Pick<PeekRequest, 'stream' | 'partitions' | 'from'>,
): readonly string[] {
  const { from, stream } = request;
  const wanted = from.kind === 'position' ? [from.partition] : (request.partitions ?? all);
  const unknown = wanted.find((partition) => !all.includes(partition));
  if (unknown === undefined) return [...new Set(wanted)];
  const shown = all.slice(0, shownMax).join(', ');
  const more = all.length > shownMax ? ` and ${all.length - shownMax} more` : '';
  throw new HeliosError('invalid_request', `${stream} has no partition ${unknown}.`, {
    hint: `It has ${shown}${more}.`,
  });
}

const shownMax = 10;
