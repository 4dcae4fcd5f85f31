import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Batch, Position } from '../../event/record.ts';
import type { Compression } from '../../sql/script.ts';
import { waitBounded } from '../bounded-wait.ts';
import { checkReadable, codecOf, statFile } from '../file-failure.ts';
import { LineFile } from '../line-file.ts';
import { bytesUntil, compareOffsets } from '../read-limit.ts';
import type { Positions, ReadRequest, Source } from '../source.ts';

export type SingleFileOptions = {
  /** Absolute path of the file. */
  readonly path: string;
  readonly compression: Compression;
  /** A folder for the batches' files; it is made. */
  readonly spoolDirectory: string;
};

/** The only partition. */
const partition = '0';

/**
 * The lines of one file, from its start to its end. A position is an offset in decompressed bytes.
 */
export class SingleFileSource implements Source {
  readonly kind = 'single_file';
  readonly isBounded = true;
  readonly identity: string;
  readonly #file: LineFile;

  private constructor(path: string, file: LineFile) {
    this.identity = `file ${path}`;
    this.#file = file;
  }

  /** `not_found`, `not_allowed` or `invalid_config` when there is no file to read. */
  static async open(options: SingleFileOptions): Promise<SingleFileSource> {
    const { path, spoolDirectory } = options;
    await statFile(path);
    await checkReadable(path);
    await mkdir(spoolDirectory, { recursive: true });
    const codec = codecOf(path, options.compression);
    const newName = (): string => `file-${randomUUID()}.lines`;
    const file = new LineFile({ path, codec, partition, spoolDirectory, newName });
    return new SingleFileSource(path, file);
  }

  async partitions(): Promise<readonly string[]> {
    return await Promise.resolve([partition]);
  }

  async startPosition(): Promise<Position | undefined> {
    return await Promise.resolve(undefined);
  }

  compare(left: Position | undefined, right: Position | undefined): number {
    return compareOffsets(left, right);
  }

  async read(request: ReadRequest): Promise<Batch | undefined> {
    const bytesMax = bytesUntil(request);
    return bytesMax === 0 ? undefined : await this.#file.read({ ...request, bytesMax });
  }

  async waitForRecords(positions: Positions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await waitBounded(await this.hasEnded(positions), signal);
  }

  async hasEnded(positions: Positions): Promise<boolean> {
    return await this.#file.isAtEnd(positions.get(partition));
  }

  async bytesBehind(positions: Positions): Promise<number | undefined> {
    return await this.#file.bytesBehind(positions.get(partition));
  }

  /** A file is not ours to shorten. */
  async release(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
