import { HeliosError, systemCode } from '../../base/errors.ts';
import type { LogFile, LogFiles } from '../files.ts';
import type { LogBatch, LogLine } from '../log.ts';
import type { Spool, SpoolFile } from '../spool.ts';
import { corruptHint, SegmentIndex } from './segment-index.ts';
import { dataPath, indexPath } from './segment.ts';
import type { Segment } from './segment.ts';
import { Turns } from './turns.ts';

export type SegmentRead = {
  readonly segment: Segment;
  /** Nothing is ever appended to the segment's file again. */
  readonly isClosed: boolean;
  readonly from: number;
  /** The batch ends with the line that holds the byte before this offset. */
  readonly target: number;
};

/**
 * Reads batches back from the segments of one partition. Bytes are checked against their checksums
 * when a reader passes over them: as it goes on, it checks nothing twice.
 */
export class SegmentReader {
  readonly #files: LogFiles;
  readonly #directory: string;
  readonly #spool: Spool;
  #current: { readonly base: number; readonly index: SegmentIndex } | undefined;
  /** One at a time: they share the index and what is checked. */
  readonly #reads = new Turns();
  #checked = { from: 0, to: 0 };

  constructor(files: LogFiles, directory: string, spool: Spool) {
    this.#files = files;
    this.#directory = directory;
    this.#spool = spool;
  }

  async read(request: SegmentRead): Promise<LogBatch> {
    return await this.#reads.run(async () => await this.#read(request));
  }

  /** The first line that begins at `near` or after it; undefined where the segment has none. */
  async lineAt(segment: Segment, near: number): Promise<LogLine | undefined> {
    return await this.#reads.run(async () => {
      const data = await this.#open(dataPath(this.#directory, segment.base), near);
      try {
        const isStart = near === segment.base;
        const offset = isStart ? near : await lineEnd(data, { segment, target: near });
        if (offset >= segment.end) return undefined;
        const index = await this.#indexOf(segment);
        return { offset, arrivedAtMs: index.entry(index.find(offset)).arrivedAtMs };
      } finally {
        await data.close();
      }
    });
  }

  async #read(request: SegmentRead): Promise<LogBatch> {
    const path = dataPath(this.#directory, request.segment.base);
    const data = await this.#open(path, request.from);
    try {
      await this.#checkLineStart(data, request);
      const to = await lineEnd(data, request);
      const index = await this.#indexOf(request.segment);
      await this.#verify(index, data, request.from, to);
      const file = await this.#spooled(data, path, request, to);
      const arrivedAtMs = index.entry(index.find(to - 1)).arrivedAtMs;
      return { from: request.from, to, byteLength: to - request.from, arrivedAtMs, ...file };
    } finally {
      await data.close();
    }
  }

  async #open(path: string, from: number): Promise<LogFile> {
    try {
      return await this.#files.open(path, 'read');
    } catch (thrown) {
      if (systemCode(thrown) !== 'ENOENT') throw thrown;
      throw new HeliosError('not_found', `The log no longer keeps offset ${from} (${path}).`, {
        hint: 'Retention deleted it. Read from the earliest offset that is kept.',
        cause: thrown,
      });
    }
  }

  /** A position that is not at a line's start belongs to another log, or is a defect. */
  async #checkLineStart(data: LogFile, { segment, from }: SegmentRead): Promise<void> {
    if (from === segment.base) return;
    const before = Buffer.alloc(1);
    await data.read(before, from - segment.base - 1);
    if (before[0] === newline) return;
    const path = dataPath(this.#directory, segment.base);
    throw new HeliosError('corrupt_data', `No line of ${path} begins at offset ${from}.`, {
      hint: corruptHint,
      details: { path, offset: from },
    });
  }

  async #indexOf(segment: Segment): Promise<SegmentIndex> {
    const path = indexPath(this.#directory, segment.base);
    const index =
      this.#current?.base === segment.base
        ? this.#current.index
        : new SegmentIndex(segment.base, path);
    if (index.end < segment.end) {
      const file = await this.#files.open(path, 'read');
      try {
        await index.extend(file, segment.end);
      } finally {
        await file.close();
      }
    }
    this.#current = { base: segment.base, index };
    return index;
  }

  async #verify(index: SegmentIndex, data: LogFile, from: number, to: number): Promise<void> {
    const { from: checkedFrom, to: checkedTo } = this.#checked;
    const isAdjacent = checkedFrom <= from && from <= checkedTo;
    const start = isAdjacent ? checkedTo : from;
    if (start >= to) return;
    await index.verify(data, start, to);
    const first = index.entry(index.find(start));
    const last = index.entry(index.find(to - 1));
    this.#checked = {
      from: isAdjacent ? checkedFrom : first.offset,
      to: last.offset + last.byteLength,
    };
  }

  async #spooled(
    data: LogFile,
    path: string,
    request: SegmentRead,
    to: number,
  ): Promise<SpoolFile> {
    const { segment, from } = request;
    const isWhole = request.isClosed && from === segment.base && to === segment.end;
    // An abandoned segment may hold bytes after its end.
    if (isWhole && (await data.byteLength()) === to - from) return await this.#spool.link(path);
    return await this.#spool.copy(data, from - segment.base, to - segment.base);
  }
}

const newline = 0x0a;
const searchBytes = 64 * 1024;

/** Offset after the line that holds the byte before `target`. */
async function lineEnd(
  data: LogFile,
  { segment, target }: Pick<SegmentRead, 'segment' | 'target'>,
): Promise<number> {
  if (target >= segment.end) return segment.end;
  const buffer = Buffer.alloc(searchBytes);
  for (let at = target - 1; at < segment.end;) {
    const chunk = buffer.subarray(0, Math.min(searchBytes, segment.end - at));
    const length = await data.read(chunk, at - segment.base);
    const found = chunk.subarray(0, length).indexOf(newline);
    if (found >= 0) return at + found + 1;
    if (length === 0) break;
    at += length;
  }
  return segment.end;
}
