import { HeliosError } from '../../base/errors.ts';
import type { EpochMs } from '../../event/record.ts';
import type { LogFile, LogFiles } from '../files.ts';
import { decodeEntry, entryBytes } from './index-entry.ts';
import type { IndexEntry } from './index-entry.ts';
import { corruptBytes, corruptEntry, corruptHint, isIntact } from './segment-index.ts';
import { basesOf, dataPath, indexPath, SegmentWriter } from './segment.ts';
import type { Segment } from './segment.ts';

/** A partition as a crash may have left it, put right. */
export type Recovered = {
  /** Oldest first, without gaps. */
  readonly segments: readonly Segment[];
  /** Goes on with the newest segment; undefined where there is none. */
  readonly writer: SegmentWriter | undefined;
  /** When the newest segment's first bytes arrived, if it has any. */
  readonly writerSinceMs?: EpochMs | undefined;
  /** Segments whose data is deleted and whose index stays for its keys. */
  readonly keptIndexes: readonly Segment[];
  /** Bytes of requests that were never acknowledged, cut off the end. */
  readonly cutBytes: number;
};

/**
 * Reads a partition's folder and cuts a torn tail off its newest segment. Damage to anything that
 * was durable before the newest group is `corrupt_data`, and nothing is changed.
 */
export async function recoverPartition(files: LogFiles, directory: string): Promise<Recovered> {
  const names = await files.list(directory);
  const bases = basesOf(names, '.ndjson');
  const segments: Segment[] = [];
  for (const [number, base] of bases.entries()) {
    const end = bases[number + 1];
    if (end !== undefined) segments.push(await closedSegment(files, directory, { base, end }));
  }
  const keptIndexes = await indexesWithoutData(files, directory, names);
  const newest = bases.at(-1);
  if (newest === undefined) return { segments, writer: undefined, keptIndexes, cutBytes: 0 };
  const recovered = await recoverNewest(files, directory, newest);
  return { segments: [...segments, recovered.segment], keptIndexes, ...recovered };
}

type Range = { readonly base: number; readonly end: number };

/** A segment that has a successor ends where that begins; anything after it was abandoned. */
async function closedSegment(files: LogFiles, directory: string, range: Range): Promise<Segment> {
  const path = dataPath(directory, range.base);
  const data = await files.open(path, 'read');
  try {
    const byteLength = await data.byteLength();
    if (byteLength < range.end - range.base) throw missingBytes(path, byteLength, range);
  } finally {
    await data.close();
  }
  return { ...range, newestArrivedAtMs: await newestArrival(files, directory, range) };
}

async function newestArrival(
  files: LogFiles,
  directory: string,
  range: Range,
): Promise<number | undefined> {
  const index = Buffer.from(await readIndex(files, directory, range.base));
  for (let at = lastEntryAt(index); at >= 0; at -= entryBytes) {
    const entry = decodeEntry(index, at);
    if (!entry || entry.kind === 'closed') continue;
    if (entry.offset + entry.byteLength <= range.end) return entry.arrivedAtMs;
  }
  if (range.end > range.base) throw corruptEntry(indexPath(directory, range.base), 0);
  return undefined;
}

async function readIndex(files: LogFiles, directory: string, base: number): Promise<Uint8Array> {
  const path = indexPath(directory, base);
  try {
    return await files.readAll(path);
  } catch (thrown) {
    throw new HeliosError('corrupt_data', `The log's index ${path} can't be read.`, {
      hint: corruptHint,
      cause: thrown,
      details: { path },
    });
  }
}

function lastEntryAt(index: Buffer): number {
  return (Math.floor(index.byteLength / entryBytes) - 1) * entryBytes;
}

/** Indexes below the first segment stay for their keys; one anywhere else has lost its data. */
async function indexesWithoutData(
  files: LogFiles,
  directory: string,
  names: readonly string[],
): Promise<readonly Segment[]> {
  const dataBases = basesOf(names, '.ndjson');
  const start = dataBases[0] ?? 0;
  const kept: Segment[] = [];
  const indexBases = basesOf(names, '.index');
  for (const [number, base] of indexBases.entries()) {
    if (dataBases.includes(base)) continue;
    if (base >= start) {
      await removeEmptyIndex(files, directory, base);
      continue;
    }
    const end = indexBases[number + 1] ?? start;
    kept.push({
      base,
      end,
      newestArrivedAtMs: await newestArrival(files, directory, { base, end }),
    });
  }
  return kept;
}

/** A crash while a segment was being created may leave the one file without the other. */
async function removeEmptyIndex(files: LogFiles, directory: string, base: number): Promise<void> {
  const index = await readIndex(files, directory, base);
  const path = dataPath(directory, base);
  if (index.byteLength > 0) throw missingBytes(path, 0, { base, end: base + 1 });
  await files.remove(indexPath(directory, base));
}

function missingBytes(path: string, byteLength: number, range: Range): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `The log's file ${path} holds ${byteLength} bytes, and should hold ` +
      `${range.end - range.base} from offset ${range.base} on.`,
    { hint: corruptHint, details: { path, offset: range.base + byteLength } },
  );
}

type RecoveredNewest = {
  readonly segment: Segment;
  readonly writer: SegmentWriter;
  readonly writerSinceMs: EpochMs | undefined;
  readonly cutBytes: number;
};

async function recoverNewest(
  files: LogFiles,
  directory: string,
  base: number,
): Promise<RecoveredNewest> {
  const data = await files.open(dataPath(directory, base), 'write');
  try {
    const index = await openIndex(files, directory, base, data);
    try {
      return await cutTornTail({ data, index, base, path: indexPath(directory, base) });
    } catch (thrown) {
      await index.close();
      throw thrown;
    }
  } catch (thrown) {
    await data.close();
    throw thrown;
  }
}

async function openIndex(
  files: LogFiles,
  directory: string,
  base: number,
  data: LogFile,
): Promise<LogFile> {
  const path = indexPath(directory, base);
  const isMissing = !(await files.list(directory)).includes(path.slice(directory.length + 1));
  if (!isMissing) return await files.open(path, 'write');
  // An index is created, and its folder synced, before the first byte of data is written.
  if ((await data.byteLength()) > 0) throw corruptEntry(path, 0);
  const index = await files.open(path, 'create');
  await files.syncDirectory(directory);
  return index;
}

type Newest = {
  readonly data: LogFile;
  readonly index: LogFile;
  readonly base: number;
  readonly path: string;
};

async function cutTornTail(newest: Newest): Promise<RecoveredNewest> {
  const { data, index, base } = newest;
  const buffer = Buffer.alloc(await index.byteLength());
  await index.read(buffer, 0);
  const good = await goodEntries(newest, buffer);
  const cutBytes = (await data.byteLength()) - (good.end - base);
  await data.truncate(good.end - base);
  await index.truncate(good.count * entryBytes);
  // What a killed process had written and not yet synced is served from here on, so it must last.
  await data.sync();
  await index.sync();
  const state = { dataBytes: good.end - base, entryCount: good.count };
  return {
    segment: { base, end: good.end, newestArrivedAtMs: good.newestArrivedAtMs },
    writer: SegmentWriter.resume(base, { data, index }, state),
    writerSinceMs: good.count > 0 ? decodeEntry(buffer, 0)?.arrivedAtMs : undefined,
    cutBytes,
  };
}

type GoodEntries = {
  readonly count: number;
  readonly end: number;
  readonly newestArrivedAtMs: number | undefined;
};

/** The entries before the first bad one; see `index-entry.ts` for what may be bad. */
async function goodEntries(newest: Newest, index: Buffer): Promise<GoodEntries> {
  const entries = decodeAll(index);
  const durableCount = entries.reduce((most, entry) => Math.max(most, entry?.group ?? 0), 0);
  let end = newest.base;
  let newestArrivedAtMs: number | undefined;
  const dataBytes = await newest.data.byteLength();
  for (const [count, entry] of entries.entries()) {
    const isDurable = count < durableCount;
    const isInPlace = entry?.offset === end;
    if (entry === undefined || !isInPlace) {
      if (isDurable) throw corruptEntry(newest.path, count);
      return { count, end, newestArrivedAtMs };
    }
    const isThere = entry.offset + entry.byteLength - newest.base <= dataBytes;
    // Bytes of durable entries are checked when they are read; the newest group's, here.
    if (!isThere || (!isDurable && !(await isIntact(newest.data, entry, newest.base)))) {
      if (isDurable) throw corruptBytes(newest.path, entry);
      return { count, end, newestArrivedAtMs };
    }
    end += entry.byteLength;
    if (entry.kind !== 'closed') newestArrivedAtMs = entry.arrivedAtMs;
  }
  return { count: entries.length, end, newestArrivedAtMs };
}

function decodeAll(index: Buffer): readonly (IndexEntry | undefined)[] {
  const entries: (IndexEntry | undefined)[] = [];
  for (let at = 0; at + entryBytes <= index.byteLength; at += entryBytes) {
    entries.push(decodeEntry(index, at));
  }
  return entries;
}
