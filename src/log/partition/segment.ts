import type { EpochMs } from '../../event/record.ts';
import { assert } from '../../base/assert.ts';
import { crashPoint } from '../../base/crash-point.ts';
import { systemCode } from '../../base/errors.ts';
import type { LogFile, LogFiles } from '../files.ts';
import type { Group } from './group.ts';
import { entryBytes } from './index-entry.ts';

/** A range of a partition's log that has its own file. */
export type Segment = {
  readonly base: number;
  readonly end: number;
  /** Undefined where it has never held anything. */
  readonly newestArrivedAtMs: EpochMs | undefined;
};

export function dataPath(directory: string, base: number): string {
  return `${directory}/${baseName(base)}.ndjson`;
}

export function indexPath(directory: string, base: number): string {
  return `${directory}/${baseName(base)}.index`;
}

/** The bases of the files with this ending in a directory's listing, ascending. */
export function basesOf(names: readonly string[], ending: '.ndjson' | '.index'): readonly number[] {
  return names
    .filter((name) => name.length === 20 + ending.length && name.endsWith(ending))
    .map((name) => Number(name.slice(0, 20)))
    .toSorted((a, b) => a - b);
}

function baseName(base: number): string {
  return String(base).padStart(20, '0');
}

type WriterState = { readonly dataBytes: number; readonly entryCount: number };

/**
 * Appends groups to one segment. `dataBytes` and `entryCount` count what is durable; after a write
 * or sync that failed, the writer is only good for `abandon`: whether the kernel still holds or has
 * already dropped pages whose sync failed can't be known, and a second fsync may succeed without
 * having written them (see "Can applications recover from fsync failures?", USENIX ATC 2020).
 */
export class SegmentWriter {
  readonly base: number;
  readonly #data: LogFile;
  readonly #index: LogFile;
  #dataBytes: number;
  #entryCount: number;

  private constructor(base: number, open: OpenFiles, state: WriterState) {
    this.base = base;
    this.#data = open.data;
    this.#index = open.index;
    this.#dataBytes = state.dataBytes;
    this.#entryCount = state.entryCount;
  }

  /**
   * Makes an empty segment. Files that are there already hold nothing good: they are emptied and
   * not removed, because an empty segment may be all that says where the partition's log ends.
   */
  static async create(files: LogFiles, directory: string, base: number): Promise<SegmentWriter> {
    const data = await openEmpty(files, dataPath(directory, base));
    try {
      const index = await openEmpty(files, indexPath(directory, base));
      await files.syncDirectory(directory).catch(async (thrown: unknown) => {
        await index.close();
        throw thrown;
      });
      return new SegmentWriter(base, { data, index }, { dataBytes: 0, entryCount: 0 });
    } catch (thrown) {
      await data.close();
      throw thrown;
    }
  }

  /** Goes on with a segment that recovery has brought to `state`. */
  static resume(base: number, open: OpenFiles, state: WriterState): SegmentWriter {
    return new SegmentWriter(base, open, state);
  }

  get dataBytes(): number {
    return this.#dataBytes;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  /** Resolves once the whole group is durable. Rejects after both files' operations have ended. */
  async write(group: Group): Promise<void> {
    const results = await Promise.allSettled([
      writeAndSync(this.#data, group.blocks, this.#dataBytes),
      writeAndSync(this.#index, [group.index], this.#entryCount * entryBytes),
    ]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    this.#dataBytes += group.byteLength;
    this.#entryCount += group.entryCount;
  }

  /** Writes the entry that proves all before it durable; see `index-entry.ts`. */
  async seal(entry: Buffer): Promise<void> {
    assert(entry.byteLength === entryBytes, 'a seal is one entry');
    await writeAndSync(this.#index, [entry], this.#entryCount * entryBytes);
    this.#entryCount += 1;
  }

  /**
   * Cuts off what a failed write may have left, as far as the disk allows, and closes. Recovery
   * does not depend on it: the next segment's base says where this one ends.
   */
  async abandon(): Promise<void> {
    await Promise.allSettled([
      this.#data.truncate(this.#dataBytes),
      this.#index.truncate(this.#entryCount * entryBytes),
    ]);
    await this.close();
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#data.close(), this.#index.close()]);
  }
}

export type OpenFiles = { readonly data: LogFile; readonly index: LogFile };

async function openEmpty(files: LogFiles, path: string): Promise<LogFile> {
  try {
    return await files.open(path, 'create');
  } catch (thrown) {
    if (systemCode(thrown) !== 'EEXIST') throw thrown;
  }
  const file = await files.open(path, 'write');
  await file.truncate(0).catch(async (thrown: unknown) => {
    await file.close();
    throw thrown;
  });
  return file;
}

async function writeAndSync(
  file: LogFile,
  chunks: readonly Uint8Array[],
  offset: number,
): Promise<void> {
  if (chunks.length > 0) await file.write(chunks, offset);
  crashPoint('during-log-append');
  await file.sync();
}
