import { constants } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { HeliosError, systemCode } from '../base/errors.ts';

/** One open file. Positions are explicit: a failed write leaves no hidden cursor behind. */
export interface LogFile {
  /** Writes all of it at `offset`, or throws; then any part of it may have been written. */
  write(chunks: readonly Uint8Array[], offset: number): Promise<void>;
  /** Fills `into` from `offset`; fewer bytes only at the file's end. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** The file's bytes and length survive a power failure once this resolves. */
  sync(): Promise<void>;
  truncate(byteLength: number): Promise<void>;
  byteLength(): Promise<number>;
  close(): Promise<void>;
}

/** The file system as the log needs it: a parameter, so that tests can make any call fail. */
export interface LogFiles {
  /** `create` makes a new, empty file and fails where there is one already. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<LogFile>;
  readAll(path: string): Promise<Uint8Array>;
  /** Names in a directory, sorted; none where it does not exist. */
  list(directory: string): Promise<readonly string[]>;
  makeDirectory(path: string): Promise<void>;
  /** Makes creations, renames and removals in `path` durable. */
  syncDirectory(path: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; no error where there is none. */
  remove(path: string): Promise<void>;
  removeTree(path: string): Promise<void>;
}

export const nodeFiles: LogFiles = {
  async open(path, mode) {
    return new NodeFile(await open(path, openFlags[mode], 0o600));
  },
  async readAll(path) {
    return await readFile(path);
  },
  async list(directory) {
    try {
      return (await readdir(directory)).toSorted();
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return [];
      throw thrown;
    }
  },
  async makeDirectory(path) {
    await mkdir(path, { recursive: true });
  },
  async syncDirectory(path) {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
  async link(from, to) {
    await link(from, to);
  },
  async rename(from, to) {
    await rename(from, to);
  },
  async remove(path) {
    try {
      await unlink(path);
    } catch (thrown) {
      if (systemCode(thrown) !== 'ENOENT') throw thrown;
    }
  },
  async removeTree(path) {
    await rm(path, { recursive: true, force: true });
  },
};

/** What a failed file operation is to the caller; `doing` completes "could not …". */
export function storageError(thrown: unknown, doing: string): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const code = systemCode(thrown);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HeliosError('disk_full', `The disk is full: could not ${doing}.`, {
      hint: 'Free some space, or shorten the retention of a stream. Nothing stored was lost.',
      cause: thrown,
    });
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new HeliosError('storage_failed', `Could not ${doing}: ${reason}.`, {
    hint: 'Check the disk under the data directory, then try again. Nothing stored was lost.',
    cause: thrown,
  });
}

/** Runs file operations; what fails is told as in `storageError`. */
export async function onStorage<T>(doing: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    throw storageError(thrown, doing);
  }
}

/** Replaces a small file atomically and durably. */
export async function replaceFile(files: LogFiles, path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await files.remove(temporary);
  const file = await files.open(temporary, 'create');
  try {
    await file.write([Buffer.from(text)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, path);
  await files.syncDirectory(path.slice(0, path.lastIndexOf('/')));
}

const openFlags = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  write: constants.O_RDWR,
  read: constants.O_RDONLY,
} as const;

class NodeFile implements LogFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(chunks: readonly Uint8Array[], offset: number): Promise<void> {
    let rest = [...chunks];
    let at = offset;
    // A disk that fills up writes a part without an error; only the next call says why.
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, at);
      at += bytesWritten;
      rest = withoutPrefix(rest, bytesWritten);
    }
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let filled = 0;
    while (filled < into.byteLength) {
      const length = into.byteLength - filled;
      const { bytesRead } = await this.#handle.read(into, filled, length, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async truncate(byteLength: number): Promise<void> {
    await this.#handle.truncate(byteLength);
  }

  async byteLength(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function withoutPrefix(chunks: readonly Uint8Array[], byteLength: number): Uint8Array[] {
  let skip = byteLength;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (skip >= chunk.byteLength) skip -= chunk.byteLength;
    else {
      rest.push(skip === 0 ? chunk : chunk.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}
