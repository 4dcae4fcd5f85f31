import { randomUUID } from 'node:crypto';
import { link, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { position, type Batch, type Position } from '../../event/record.ts';
import type { Compression } from '../../sql/script.ts';
import { waitBounded } from '../bounded-wait.ts';
import { codecOf, statFile } from '../file-failure.ts';
import { LineFile } from '../line-file.ts';
import { bytesUntil, compareOffsets } from '../read-limit.ts';
import type { Positions, ReadRequest, Source } from '../source.ts';
import { listFiles, type ListedFile } from './file-listing.ts';

export type FilesystemOptions = {
  /** Absolute path of a folder, read with all below it, or of a file. */
  readonly path: string;
  /** Only files whose path below `path` matches. */
  readonly pattern: RegExp | undefined;
  readonly compression: Compression;
  readonly content: 'lines' | 'parquet';
  /** A folder for the batches' files; it is made. */
  readonly spoolDirectory: string;
};

/** Position of a Parquet file that was read. */
const done = position('done');

/**
 * The files of a folder as they are when the source is opened, each a partition of its own.
 * Positions are those of `LineFile`; a Parquet file is read as a whole.
 */
export class FilesystemSource implements Source {
  readonly kind = 'filesystem';
  readonly isBounded = true;
  readonly identity: string;
  readonly #options: FilesystemOptions;
  readonly #files: ReadonlyMap<string, ListedFile>;
  /** Files that were looked into; those read to their end are closed. */
  readonly #opened = new Map<string, LineFile>();

  private constructor(options: FilesystemOptions, files: readonly ListedFile[]) {
    this.identity = `files ${options.path}`;
    this.#options = options;
    this.#files = new Map(files.map((file) => [file.name, file]));
  }

  /** `not_found` or `not_allowed` when the path can't be read. */
  static async open(options: FilesystemOptions): Promise<FilesystemSource> {
    const files = await listFiles(options.path, options.pattern);
    await mkdir(options.spoolDirectory, { recursive: true });
    return new FilesystemSource(options, files);
  }

  async partitions(): Promise<readonly string[]> {
    return await Promise.resolve([...this.#files.keys()]);
  }

  async startPosition(): Promise<Position | undefined> {
    return await Promise.resolve(undefined);
  }

  compare(left: Position | undefined, right: Position | undefined): number {
    if (this.#options.content === 'lines') return compareOffsets(left, right);
    return Number(left === done) - Number(right === done);
  }

  async read(request: ReadRequest): Promise<Batch | undefined> {
    request.signal.throwIfAborted();
    const file = this.#file(request.partition);
    if (this.#options.content === 'parquet') {
      return request.after === done ? undefined : await this.#wholeFile(file);
    }
    const bytesMax = bytesUntil(request);
    if (bytesMax === 0) return undefined;
    const batch = await this.#lines(file).read({ ...request, bytesMax });
    if (batch === undefined) await this.#lines(file).close();
    return batch;
  }

  async waitForRecords(positions: Positions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await waitBounded(await this.hasEnded(positions), signal);
  }

  async hasEnded(positions: Positions): Promise<boolean> {
    for (const file of this.#files.values()) {
      if (!(await this.#isAtEnd(file, positions.get(file.name)))) return false;
    }
    return true;
  }

  async bytesBehind(positions: Positions): Promise<number | undefined> {
    let total = 0;
    for (const file of this.#files.values()) {
      const behind = await this.#behind(file, positions.get(file.name));
      if (behind === undefined) return undefined;
      total += behind;
    }
    return total;
  }

  /** Files are not ours to delete. */
  async release(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    for (const file of this.#opened.values()) await file.close();
  }

  #file(partition: string): ListedFile {
    const file = this.#files.get(partition);
    if (file !== undefined) return file;
    throw new HeliosError('not_found', `${join(this.#options.path, partition)} does not exist.`, {
      hint: 'A file that a pipeline reads has to stay until it was read.',
    });
  }

  #lines(file: ListedFile): LineFile {
    const opened = this.#opened.get(file.name) ?? this.#newLines(file);
    this.#opened.set(file.name, opened);
    return opened;
  }

  #newLines({ name, path }: ListedFile): LineFile {
    return new LineFile({
      path,
      codec: codecOf(path, this.#options.compression),
      partition: name,
      spoolDirectory: this.#options.spoolDirectory,
      newName: () => `file-${randomUUID()}.lines`,
    });
  }

  async #isAtEnd(file: ListedFile, after: Position | undefined): Promise<boolean> {
    if (this.#options.content === 'parquet') return after === done;
    const isAtEnd = await this.#lines(file).isAtEnd(after);
    if (isAtEnd) await this.#lines(file).close();
    return isAtEnd;
  }

  async #behind(file: ListedFile, after: Position | undefined): Promise<number | undefined> {
    if (this.#options.content === 'lines') return await this.#lines(file).bytesBehind(after);
    return after === done ? 0 : (await statFile(file.path)).size;
  }

  /** The file under a name in the spool folder, which DuckDB can't take for a pattern. */
  async #wholeFile(file: ListedFile): Promise<Batch> {
    const { mtimeMs } = await statFile(file.path);
    const path = join(this.#options.spoolDirectory, `file-${randomUUID()}.parquet`);
    const target = await realpath(file.path);
    try {
      await link(target, path);
    } catch (thrown) {
      if (systemCode(thrown) === undefined) throw thrown;
      await symlink(target, path);
    }
    return {
      partition: file.name,
      from: undefined,
      to: done,
      content: { kind: 'parquet', path },
      arrivedAtMs: Math.max(1, Math.floor(mtimeMs)),
      positionAt: () => done,
      release: async () => await rm(path, { force: true }),
    };
  }
}
