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
import { listStoredFiles, type StoredPlace } from './stored-files.ts';

export type FilesystemOptions = {
  /** Absolute path of a folder, read with all below it, or of a file; or the URL of either. */
  readonly path: string;
  /** How to reach what the URL names. */
  readonly storage?: Omit<StoredPlace, 'location'> | undefined;
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
  readonly #opened = new Map<string, Promise<OpenedFile>>();
  /** Where compressed ones of a store were found to end: they need not be fetched again. */
  readonly #ends = new Map<string, Position>();

  private constructor(options: FilesystemOptions, files: readonly ListedFile[]) {
    this.identity = `files ${options.path}`;
    this.#options = options;
    this.#files = new Map(files.map((file) => [file.name, file]));
  }

  /** `not_found` or `not_allowed` when the path can't be read. */
  static async open(options: FilesystemOptions): Promise<FilesystemSource> {
    const { path, pattern, storage } = options;
    const files =
      storage === undefined
        ? await listFiles(path, pattern)
        : await listStoredFiles({ ...storage, location: path }, pattern);
    await mkdir(options.spoolDirectory, { recursive: true });
    return new FilesystemSource(
      options,
      files.filter(({ name }) => !isOwn(name)),
    );
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
    const { lines } = await this.#open(file);
    const batch = await lines.read({ ...request, bytesMax });
    if (batch === undefined) await this.#end(file, request.after);
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
    for (const name of this.#opened.keys()) await this.#close(name);
  }

  #file(partition: string): ListedFile {
    const file = this.#files.get(partition);
    if (file !== undefined) return file;
    throw new HeliosError('not_found', `${this.#options.path}/${partition} does not exist.`, {
      hint: 'A file that a pipeline reads has to stay until it was read.',
    });
  }

  async #open(file: ListedFile): Promise<OpenedFile> {
    const opened = this.#opened.get(file.name) ?? this.#newLines(file);
    this.#opened.set(file.name, opened);
    // One that can't be fetched now is tried again by the next one to ask.
    opened.catch(() => this.#opened.delete(file.name));
    return await opened;
  }

  async #newLines({ name, path, stored }: ListedFile): Promise<OpenedFile> {
    const held = await stored?.hold();
    const lines = new LineFile({
      path: held?.path ?? path,
      original: stored && { path, modifiedAtMs: stored.modifiedAtMs },
      codec: codecOf(path, this.#options.compression),
      partition: name,
      spoolDirectory: this.#options.spoolDirectory,
      newName: () => `file-${randomUUID()}.lines`,
    });
    return { lines, release: () => held?.release() };
  }

  /** Nothing comes after this position: a file of a store may go from this machine. */
  async #end(file: ListedFile, after: Position | undefined): Promise<void> {
    if (file.stored === undefined) return await (await this.#open(file)).lines.close();
    if (after !== undefined) this.#ends.set(file.name, after);
    await this.#close(file.name);
  }

  async #close(name: string): Promise<void> {
    const opened = await this.#opened.get(name)?.catch(() => undefined);
    this.#opened.delete(name);
    await opened?.lines.close();
    opened?.release();
  }

  async #isAtEnd(file: ListedFile, after: Position | undefined): Promise<boolean> {
    if (this.#options.content === 'parquet') return after === done;
    const known = this.#knownBehind(file, after);
    if (known !== undefined) return known === 0;
    const { lines } = await this.#open(file);
    const isAtEnd = await lines.isAtEnd(after);
    if (isAtEnd) await this.#end(file, after);
    return isAtEnd;
  }

  async #behind(file: ListedFile, after: Position | undefined): Promise<number | undefined> {
    if (this.#options.content === 'parquet') {
      if (after === done) return 0;
      return file.stored?.byteLength ?? (await statFile(file.path)).size;
    }
    const known = this.#knownBehind(file, after);
    if (known !== undefined) return known;
    if (file.stored !== undefined && !this.#opened.has(file.name)) return undefined;
    return await (await this.#open(file)).lines.bytesBehind(after);
  }

  /** What a store's listing tells of how much lies behind a position. */
  #knownBehind(
    { name, path, stored }: ListedFile,
    after: Position | undefined,
  ): number | undefined {
    if (stored === undefined) return undefined;
    if (after === undefined || stored.byteLength === 0) return stored.byteLength;
    const end = this.#ends.get(name);
    if (end !== undefined && compareOffsets(after, end) >= 0) return 0;
    if (codecOf(path, this.#options.compression) !== 'none') return undefined;
    return Math.max(0, stored.byteLength - Number(after));
  }

  /** The file under a name in the spool folder, which DuckDB can't take for a pattern. */
  async #wholeFile(file: ListedFile): Promise<Batch> {
    const held = await file.stored?.hold();
    const original = held?.path ?? file.path;
    const modifiedAtMs = file.stored?.modifiedAtMs ?? (await statFile(original)).mtimeMs;
    const path = join(this.#options.spoolDirectory, `file-${randomUUID()}.parquet`);
    const target = await realpath(original);
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
      arrivedAtMs: Math.max(1, Math.floor(modifiedAtMs)),
      positionAt: () => done,
      release: async () => {
        await rm(path, { force: true });
        held?.release();
      },
    };
  }
}

type OpenedFile = { readonly lines: LineFile; readonly release: () => void };

/** What Helios keeps beside the files of a folder that it writes. */
function isOwn(name: string): boolean {
  return /(?:^|\/)(?:_helios|\.helios-tmp)\//.test(name);
}
