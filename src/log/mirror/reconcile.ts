import { HeliosError } from '../../base/errors.ts';
import type { LogFiles } from '../files.ts';
import type { IndexEntry } from '../partition/index-entry.ts';
import type { Partition } from '../partition/partition.ts';
import { bytesOf, entriesAfter, newestGroupBase } from '../partition/raw-range.ts';
import { byteLengthOf } from './log-object.ts';
import type { LogObject } from './log-object.ts';
import { gapAt } from './object-names.ts';
import type { RangeObject } from './object-names.ts';
import type { PartitionObjects } from './partition-objects.ts';

export type Reconciled = {
  readonly partition: Partition;
  readonly objects: PartitionObjects;
  readonly files: LogFiles;
};

/** What was done so that the disk and the store hold the same. */
export type Reconciliation = {
  /** Bytes that the store had and this disk did not. */
  readonly takenBytes: number;
  /** Bytes that this disk had and the store did not. */
  readonly putBytes: number;
  /** Bytes of this disk that nobody acknowledged, and in whose place the store has others. */
  readonly cutBytes: number;
};

/** Objects that are read ahead of the one that is taken in. */
const readAheadMax = 16;

/** What is taken in, or put, at once. */
const chunkBytes = 16 * 1024 * 1024;

/**
 * Makes a partition and its objects hold the same: takes in what the store has after the disk's
 * end, puts what the disk has after the store's. `corrupt_data` for a gap, and `fenced` where disk
 * and store went on differently with more than one group, which was never acknowledged.
 */
export async function reconcile(place: Reconciled): Promise<Reconciliation> {
  const { objects, partition, files } = place;
  const { objects: chain } = await objects.list();
  const oldest = chain[0];
  const began = { takenBytes: 0, putBytes: 0, cutBytes: 0 };
  if (oldest === undefined) {
    return { ...began, putBytes: await putAfter(place, partition.startOffset) };
  }
  const storeEnd = await endOf(place, chain);
  if (storeEnd < partition.startOffset) {
    // Events between them are past their retention; the store was not kept up to date.
    for (const { path } of chain) await objects.context.storage.delete(path);
    return { ...began, putBytes: await putAfter(place, partition.startOffset) };
  }
  if (partition.endOffset === 0) await partition.beginAt(oldest.base);
  if (partition.endOffset < oldest.base) throw isBehind(place, oldest.base);
  const common = await commonEnd(place, chain);
  const cutBytes = partition.endOffset - common;
  if (common === storeEnd) return { ...began, putBytes: await putAfter(place, common) };
  if (cutBytes > 0) {
    if ((await newestGroupBase(files, partition)) > common) throw hasParted(place, common);
    await partition.cutTo(common);
  }
  return { ...began, cutBytes, takenBytes: await takeAfter(place, chain) };
}

/** Up to where the disk holds what the store holds. */
async function commonEnd(place: Reconciled, chain: readonly RangeObject[]): Promise<number> {
  const { partition, objects } = place;
  const { startOffset, endOffset } = partition;
  for (const object of chain.toReversed()) {
    if (object.base >= endOffset) continue;
    const common = await commonWith(place, await objects.read(object));
    if (common !== undefined) return common;
  }
  const [oldest] = chain;
  if (oldest?.base === endOffset) return endOffset;
  throw hasParted(place, startOffset);
}

/** Where the disk's entries stop to be those of an object; undefined where none is the same. */
async function commonWith(
  { files, partition }: Reconciled,
  object: LogObject,
): Promise<number | undefined> {
  const from = Math.max(object.base, partition.startOffset);
  const stored = object.entries.filter(({ offset }) => offset >= from);
  // The disk has deleted all that could be compared.
  if (stored.length === 0) return object.end;
  let common: number | undefined;
  const local = entriesAfter(files, partition, from)[Symbol.asyncIterator]();
  for (const entry of stored) {
    const { value, done } = await local.next();
    if (done === true || !isSame(value, entry)) break;
    common = entry.offset + entry.byteLength;
  }
  await local.return?.();
  return common;
}

function isSame(one: IndexEntry, other: IndexEntry): boolean {
  const { offset, byteLength, crc, arrivedAtMs } = other;
  const isSamePlace = one.offset === offset && one.byteLength === byteLength;
  return isSamePlace && one.crc === crc && one.arrivedAtMs === arrivedAtMs;
}

async function endOf({ objects }: Reconciled, chain: readonly RangeObject[]): Promise<number> {
  const newest = chain.at(-1);
  if (newest === undefined) return 0;
  return newest.end ?? (await objects.read(newest)).end;
}

async function putAfter(place: Reconciled, from: number): Promise<number> {
  const { files, partition, objects } = place;
  let entries: IndexEntry[] = [];
  let putBytes = 0;
  async function flush(): Promise<void> {
    if (entries.length === 0) return;
    const chunks: Buffer[] = [];
    for (const entry of entries) chunks.push(await bytesOf(files, partition, entry));
    await objects.put({ entries, chunks }, (failure) => {
      // Nobody waits for an answer yet: who starts Helios is told at once.
      throw failure;
    });
    putBytes += byteLengthOf(entries);
    entries = [];
  }
  for await (const entry of entriesAfter(files, partition, from)) {
    if (byteLengthOf(entries) + entry.byteLength > chunkBytes) await flush();
    entries.push(entry);
  }
  await flush();
  return putBytes;
}

async function takeAfter(place: Reconciled, chain: readonly RangeObject[]): Promise<number> {
  const { partition, objects } = place;
  const from = partition.endOffset;
  let at = from;
  let entries: IndexEntry[] = [];
  let chunks: Buffer[] = [];
  async function flush(): Promise<void> {
    if (entries.length > 0) await partition.takeIn(entries, Buffer.concat(chunks));
    entries = [];
    chunks = [];
  }
  const wanted = chain.filter(({ end }) => end === undefined || end > from);
  for await (const object of readAhead(objects, wanted)) {
    if (object.base > at) throw gapAt(objects.prefix, at);
    const news = object.entries.filter(({ offset }) => offset >= at);
    if (news.length === 0) continue;
    if (news[0]?.offset !== at) throw gapAt(objects.prefix, at);
    entries.push(...news);
    chunks.push(object.data.subarray(at - object.base));
    at = object.end;
    if (byteLengthOf(entries) >= chunkBytes) await flush();
  }
  await flush();
  return at - from;
}

async function* readAhead(
  objects: PartitionObjects,
  wanted: readonly RangeObject[],
): AsyncIterable<LogObject> {
  const reads: Promise<LogObject>[] = [];
  for (const object of wanted) {
    const reading = objects.read(object);
    reading.catch(() => undefined);
    reads.push(reading);
    const first = reads.length < readAheadMax ? undefined : reads.shift();
    if (first !== undefined) yield await first;
  }
  for (const reading of reads) yield await reading;
}

function isBehind({ partition, objects }: Reconciled, base: number): HeliosError {
  const where = `${objects.context.storage.location}/${objects.prefix}`;
  return new HeliosError(
    'fenced',
    `${partition.directory} ends at offset ${partition.endOffset}, and ${where} begins at ` +
      `${base}: another machine went on with this stream long ago.`,
    { hint: movedAway, details: { offset: partition.endOffset } },
  );
}

function hasParted({ partition, objects }: Reconciled, offset: number): HeliosError {
  const where = `${objects.context.storage.location}/${objects.prefix}`;
  return new HeliosError(
    'fenced',
    `${partition.directory} and ${where} hold different events after offset ${offset}: ` +
      `another machine went on with this stream, and this one did too.`,
    { hint: movedAway, details: { offset } },
  );
}

const movedAway =
  "Move the data directory's folder log away: it is made again from the store. Events that only " +
  'this disk has are in that folder, one a line.';
