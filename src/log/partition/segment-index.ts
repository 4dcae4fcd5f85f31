import { crc32 } from 'node:zlib';
import { HeliosError } from '../../base/errors.ts';
import type { LogFile, LogFiles } from '../files.ts';
import { decodeEntry, entryBytes } from './index-entry.ts';
import type { IndexEntry } from './index-entry.ts';
import { indexPath } from './segment.ts';
import type { Segment } from './segment.ts';

/** The entries of one segment up to some offset, each checked by its own checksum and its place. */
export class SegmentIndex {
  readonly #base: number;
  readonly #path: string;
  #bytes: Buffer = Buffer.alloc(0);
  #entryCount = 0;
  #end: number;

  constructor(base: number, path: string) {
    this.#base = base;
    this.#path = path;
    this.#end = base;
  }

  /** Offset up to which the entries are known. */
  get end(): number {
    return this.#end;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  /**
   * Reads on until the entries reach `end`, which must be where one of them ends.
   * What follows belongs to nobody: a group being written, or one that failed. `corrupt_data`.
   */
  async extend(file: LogFile, end: number): Promise<void> {
    const known = this.#entryCount * entryBytes;
    const more = Buffer.alloc(Math.max(0, (await file.byteLength()) - known));
    const length = await file.read(more, known);
    this.#bytes = Buffer.concat([this.#bytes.subarray(0, known), more.subarray(0, length)]);
    while (this.#end < end) this.#accept(this.#decode(this.#entryCount), end);
  }

  /** Number of the entry that holds the byte at `offset`. */
  find(offset: number): number {
    let low = 0;
    let high = this.#entryCount - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.entry(middle);
      if (entry.offset + entry.byteLength > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  entry(number: number): IndexEntry {
    const entry = this.#decode(number);
    if (entry === undefined) throw corruptEntry(this.#path, number);
    return entry;
  }

  /** Checks the bytes of every entry that has some in [from, to); else `corrupt_data`. */
  async verify(data: LogFile, from: number, to: number): Promise<void> {
    for (let number = this.find(from); number < this.#entryCount;) {
      const run = this.#run(number, to);
      const [first] = run;
      if (first === undefined) return;
      const damaged =
        run.length > 1
          ? await damagedOf(data, run, this.#base)
          : await damagedAlone(data, first, this.#base);
      if (damaged) throw corruptBytes(this.#path, damaged);
      number += run.length;
    }
  }

  /** Entries from `number` on that begin before `to`: as many as one read takes, at least one. */
  #run(number: number, to: number): readonly IndexEntry[] {
    const run: IndexEntry[] = [];
    let byteLength = 0;
    while (number + run.length < this.#entryCount) {
      const entry = this.entry(number + run.length);
      byteLength += entry.byteLength;
      if (entry.offset >= to || (run.length > 0 && byteLength > chunkBytes)) break;
      run.push(entry);
    }
    return run;
  }

  #decode(number: number): IndexEntry | undefined {
    const at = number * entryBytes;
    return at + entryBytes > this.#bytes.byteLength ? undefined : decodeEntry(this.#bytes, at);
  }

  #accept(entry: IndexEntry | undefined, end: number): void {
    const isNext = entry?.offset === this.#end && entry.offset + entry.byteLength <= end;
    if (entry === undefined || !isNext) throw corruptEntry(this.#path, this.#entryCount);
    this.#end += entry.byteLength;
    this.#entryCount += 1;
  }
}

/** All entries of a segment up to its end. */
export async function readSegmentIndex(
  files: LogFiles,
  directory: string,
  { base, end }: Segment,
): Promise<SegmentIndex> {
  const path = indexPath(directory, base);
  const index = new SegmentIndex(base, path);
  const file = await files.open(path, 'read');
  try {
    await index.extend(file, end);
  } finally {
    await file.close();
  }
  return index;
}

/** Whether the bytes that an entry describes are there and are what was written. */
export async function isIntact(data: LogFile, entry: IndexEntry, base: number): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(Math.min(entry.byteLength, chunkBytes));
  let crc = 0;
  for (let done = 0; done < entry.byteLength;) {
    const chunk = buffer.subarray(0, Math.min(chunkBytes, entry.byteLength - done));
    const length = await data.read(chunk, entry.offset - base + done);
    if (length < chunk.byteLength) return false;
    crc = crc32(chunk, crc);
    done += length;
  }
  return crc === entry.crc;
}

async function damagedAlone(
  data: LogFile,
  entry: IndexEntry,
  base: number,
): Promise<IndexEntry | undefined> {
  return (await isIntact(data, entry, base)) ? undefined : entry;
}

/** The first of some adjacent entries whose bytes are not what was written; reads them at once. */
async function damagedOf(
  data: LogFile,
  run: readonly IndexEntry[],
  base: number,
): Promise<IndexEntry | undefined> {
  const start = run[0]?.offset ?? base;
  const bytes = Buffer.alloc(run.reduce((sum, entry) => sum + entry.byteLength, 0));
  await data.read(bytes, start - base);
  return run.find(({ offset, byteLength, crc }) => {
    return crc32(bytes.subarray(offset - start, offset - start + byteLength)) !== crc;
  });
}

export function corruptEntry(path: string, number: number): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `The log's index ${path} is damaged at byte ${number * entryBytes}.`,
    { hint: corruptHint, details: { path, byte_offset: number * entryBytes } },
  );
}

export function corruptBytes(indexFile: string, entry: IndexEntry): HeliosError {
  const path = indexFile.replace(/\.index$/, '.ndjson');
  return new HeliosError(
    'corrupt_data',
    `The log's file ${path} is damaged: the ${entry.byteLength} bytes from offset ` +
      `${entry.offset} are not those that were written.`,
    { hint: corruptHint, details: { path, offset: entry.offset, byte_length: entry.byteLength } },
  );
}

export const corruptHint: string =
  'The disk has lost or changed bytes that were stored. Restore the file from a copy, or move ' +
  "the stream's folder away to go on without it.";

const chunkBytes = 1024 * 1024;
