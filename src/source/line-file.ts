import { link, open, realpath, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError, systemCode } from '../base/errors.ts';
import { position, type Batch, type EpochMs, type Position } from '../event/record.ts';
import { openCursor, type ByteCursor, type Codec } from './byte-cursor.ts';
import { fileFailure, statFile } from './file-failure.ts';

export type LineFileOptions = {
  readonly path: string;
  /** What it is a copy of, for people, and since when that is as it is. */
  readonly original?: { readonly path: string; readonly modifiedAtMs: EpochMs } | undefined;
  readonly codec: Codec;
  /** Name of the partition that the file is. */
  readonly partition: string;
  /** An existing folder for the batches' files. */
  readonly spoolDirectory: string;
  /** A name in that folder that nobody else uses. */
  readonly newName: () => string;
};

export type LineRead = {
  readonly after: Position | undefined;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
};

/** A line longer than this stops the source: it would not fit in memory to be rejected. */
const lineBytesLimit = 1024 * 1024 * 1024;
const lineFeed = 10;

/**
 * The lines of one file, which does not change while it is read. A position is the offset, in
 * decompressed bytes, of the first byte that was not read. Compressed files are read forward by one
 * cursor, which stays open between batches; another position begins from the file's start.
 */
export class LineFile {
  readonly #options: LineFileOptions;
  #cursor: ByteCursor | undefined;
  /** Where a compressed file was found to end. */
  #endOffset: number | undefined;

  constructor(options: LineFileOptions) {
    this.#options = options;
  }

  async read(read: LineRead): Promise<Batch | undefined> {
    read.signal.throwIfAborted();
    const { path, spoolDirectory, newName, original } = this.#options;
    const { size, mtimeMs: copiedAtMs } = await statFile(path);
    const mtimeMs = original?.modifiedAtMs ?? copiedAtMs;
    const start = this.#offsetOf(read.after);
    const spool = join(spoolDirectory, newName());
    const isWhole = this.#options.codec === 'none' && start === 0 && size > 1;
    if (isWhole && size <= read.bytesMax && (await isLinked(path, spool))) {
      return this.#batch(read.after, { spool, start, byteLength: size, mtimeMs });
    }
    const byteLength = await this.#copy(start, spool, read);
    if (byteLength > 0) return this.#batch(read.after, { spool, start, byteLength, mtimeMs });
    await rm(spool, { force: true });
    if (this.#options.codec !== 'none') await this.#end(start);
    return undefined;
  }

  /** Whether nothing lies after this position. */
  async isAtEnd(after: Position | undefined): Promise<boolean> {
    const start = this.#offsetOf(after);
    if (this.#options.codec === 'none') return start >= (await statFile(this.#options.path)).size;
    if (this.#endOffset !== undefined) return start >= this.#endOffset;
    return await this.#guard(start, async () => {
      const cursor = await this.#cursorAt(start);
      const taken = await cursor.take();
      if (taken === undefined) await this.#end(start);
      else cursor.untake(taken);
      return taken === undefined;
    });
  }

  /** Bytes after this position; of a compressed file its stored bytes, as far as they are known. */
  async bytesBehind(after: Position | undefined): Promise<number | undefined> {
    const { size } = await statFile(this.#options.path);
    const start = this.#offsetOf(after);
    if (this.#options.codec === 'none') return Math.max(0, size - start);
    if (start === 0) return size;
    if (this.#endOffset !== undefined && start >= this.#endOffset) return 0;
    if (this.#cursor?.offset !== start) return undefined;
    return Math.max(1, size - this.#cursor.storedBytesRead);
  }

  async close(): Promise<void> {
    await this.#cursor?.close();
    this.#cursor = undefined;
  }

  /** Remembers where a compressed file ends, and lets go of it. */
  async #end(offset: number): Promise<void> {
    this.#endOffset = offset;
    await this.close();
  }

  /** Copies whole lines from `start` on; gives their bytes, 0 at the file's end. */
  async #copy(start: number, spool: string, read: LineRead): Promise<number> {
    await using target = await open(spool, 'w');
    const copied = { byteLength: 0, linesLength: 0 };
    try {
      const cursor = await this.#cursorAt(start);
      await copyLines(cursor, target, { ...read, copied });
      // DuckDB's JSON reader finds nothing in a file of one byte, and so would lose a record.
      if (copied.byteLength === 1) await target.write('\n');
      return copied.byteLength;
    } catch (thrown) {
      await this.close();
      read.signal.throwIfAborted();
      if (copied.linesLength === 0) throw this.#damage(start + copied.byteLength, thrown);
      // What came before the damage is good; the next read meets the damage again, and says so.
      await target.truncate(copied.linesLength);
      return copied.linesLength;
    }
  }

  async #cursorAt(offset: number): Promise<ByteCursor> {
    if (this.#cursor?.offset === offset) return this.#cursor;
    await this.close();
    this.#cursor = await openCursor(this.#options.path, this.#options.codec, offset);
    return this.#cursor;
  }

  async #guard<T>(start: number, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (thrown) {
      await this.close();
      throw this.#damage(start, thrown);
    }
  }

  #batch(
    from: Position | undefined,
    read: {
      readonly spool: string;
      readonly start: number;
      readonly byteLength: number;
      readonly mtimeMs: number;
    },
  ): Batch {
    return {
      partition: this.#options.partition,
      from,
      to: position(String(read.start + read.byteLength)),
      content: { kind: 'lines', path: read.spool, byteLength: read.byteLength },
      arrivedAtMs: Math.max(1, Math.floor(read.mtimeMs)),
      positionAt: (byteOffset) => position(String(read.start + byteOffset)),
      release: async () => await rm(read.spool, { force: true }),
    };
  }

  #offsetOf(after: Position | undefined): number {
    if (after === undefined) return 0;
    const offset = Number(after);
    if (/^\d{1,16}$/.test(after) && Number.isSafeInteger(offset)) return offset;
    throw new HeliosError('corrupt_data', `"${after}" is no position in a file.`);
  }

  #damage(offset: number, thrown: unknown): HeliosError {
    if (thrown instanceof HeliosError) return thrown;
    const { codec, original } = this.#options;
    const { path } = original ?? this.#options;
    if (codec === 'none' || systemCode(thrown)?.startsWith('E')) return fileFailure(path, thrown);
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return new HeliosError(
      'corrupt_data',
      `${path} is damaged: it is no ${codec} after ${offset} decompressed bytes (${why}).`,
      { hint: 'Everything before that was read. Mend or remove the file.', cause: thrown },
    );
  }
}

type CopyLimits = LineRead & {
  /** Counts what was written: all of it, and up to the end of the last whole line. */
  readonly copied: { byteLength: number; linesLength: number };
};

/** Writes to `target` up to the end of the line that reaches the limit, or of the file. */
async function copyLines(
  cursor: ByteCursor,
  target: FileHandle,
  { bytesMax, signal, copied }: CopyLimits,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const bytes = await cursor.take();
    if (bytes === undefined) return;
    const searchFrom = Math.max(0, bytesMax - copied.byteLength - 1);
    const feed = searchFrom < bytes.length ? bytes.indexOf(lineFeed, searchFrom) : -1;
    const written = feed < 0 ? bytes : bytes.subarray(0, feed + 1);
    await target.write(written);
    const lastFeed = written.lastIndexOf(lineFeed);
    if (lastFeed >= 0) copied.linesLength = copied.byteLength + lastFeed + 1;
    copied.byteLength += written.length;
    if (feed >= 0) {
      if (written.length < bytes.length) cursor.untake(bytes.subarray(written.length));
      return;
    }
    if (copied.byteLength - copied.linesLength > lineBytesLimit) {
      throw new HeliosError('too_large', `A line is longer than ${lineBytesLimit} bytes.`, {
        hint: 'The file has no line ends there: it is not newline-delimited.',
      });
    }
  }
}

/** A name of its own for the whole file, where the file system allows it. */
async function isLinked(path: string, spool: string): Promise<boolean> {
  try {
    await link(await realpath(path), spool);
    return (await stat(spool)).isFile();
  } catch (thrown) {
    // Another file system, or one without hard links, or a file of another owner: copied instead.
    if (systemCode(thrown) === undefined) throw thrown;
    return false;
  }
}
