import { randomUUID } from 'node:crypto';
import { copyFile, link, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { HeldFile, Storage, StoredObject } from '../storage.ts';
import { checkPath, checkPrefix, temporaryFolder } from '../storage-path.ts';
import { fileFailure } from '../file-failure.ts';
import { makeFolderDurably, syncPath, writeDurably } from './durable.ts';
import { listFiles } from './list-files.ts';

/** What an unfinished file may be old before it counts as left behind by a crash. */
const leftoverAgeMs = 3_600_000;

/**
 * `link()` failures that mean "not from there": another file system, not our file, too many names.
 */
const unlinkableCodes: ReadonlySet<string | undefined> = new Set(['EXDEV', 'EPERM', 'EMLINK']);

/**
 * Objects as files under a folder.
 *
 * A file appears under its name by one `link()` or `rename()` of a finished, fsynced temporary
 * file, so a reader sees it whole or not at all, and a crash leaves nothing but files in
 * `.helios-tmp`.
 * `link()` fails where a name exists, which makes `putIfAbsent` have one winner; `rename()` would
 * silently replace.
 */
export class FileStorage implements Storage {
  readonly kind = 'file';
  readonly location: string;
  readonly #clock: Clock;
  readonly #temporaryRoot: string;
  #isPrepared = false;

  constructor(root: string, options: { readonly clock?: Clock } = {}) {
    this.location = resolve(root);
    this.#clock = options.clock ?? systemClock;
    this.#temporaryRoot = join(this.location, temporaryFolder);
  }

  async read(path: string): Promise<Uint8Array> {
    const absolute = this.localPath(path);
    try {
      return await readFile(absolute);
    } catch (thrown) {
      throw fileFailure(thrown, absolute);
    }
  }

  async readRange(path: string, start: number, length: number): Promise<Uint8Array> {
    const absolute = this.localPath(path);
    try {
      await using file = await open(absolute, 'r');
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, start);
      return bytes.subarray(0, bytesRead);
    } catch (thrown) {
      throw fileFailure(thrown, absolute);
    }
  }

  async download(path: string, localPath: string): Promise<void> {
    const absolute = this.localPath(path);
    try {
      await copyFile(absolute, localPath);
    } catch (thrown) {
      throw fileFailure(thrown, absolute);
    }
  }

  async stat(path: string): Promise<StoredObject | undefined> {
    const absolute = this.localPath(path);
    try {
      const facts = await stat(absolute);
      if (!facts.isFile()) return undefined;
      return { path, byteLength: facts.size, modifiedAtMs: Math.floor(facts.mtimeMs) };
    } catch (thrown) {
      const failure = fileFailure(thrown, absolute);
      if (failure.code === 'not_found') return undefined;
      throw failure;
    }
  }

  async *list(
    prefix: string,
    options: { readonly startAfter?: string } = {},
  ): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    yield* listFiles(this.location, prefix, options.startAfter);
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    return await this.#write(path, async (target) => {
      return await this.#withTemporary(async (temporary) => {
        await writeDurably(temporary, bytes);
        return await linkIfAbsent(temporary, target);
      });
    });
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#write(path, async (target) => {
      await this.#withTemporary(async (temporary) => {
        await writeDurably(temporary, bytes);
        await rename(temporary, target);
      });
    });
  }

  async putFile(path: string, localPath: string): Promise<void> {
    await syncPath(localPath).catch((thrown: unknown) => {
      throw fileFailure(thrown, localPath);
    });
    const outcome = await this.#write(path, async (target) => {
      try {
        return await linkIfAbsent(localPath, target);
      } catch (thrown) {
        if (!unlinkableCodes.has(systemCode(thrown))) throw thrown;
        return await this.#copyIfAbsent(localPath, target);
      }
    });
    if (outcome === 'put') return;
    throw new HeliosError('already_exists', `${this.location} already has a file ${path}.`);
  }

  localPath(path: string): string {
    checkPath(path);
    return join(this.location, path);
  }

  async hold(path: string): Promise<HeldFile> {
    return { path: this.localPath(path), release: () => undefined };
  }

  async settle(folder: string): Promise<void> {
    const absolute = this.localPath(folder);
    try {
      await syncPath(absolute);
    } catch (thrown) {
      throw fileFailure(thrown, absolute);
    }
  }

  async delete(path: string): Promise<void> {
    const absolute = this.localPath(path);
    try {
      await unlink(absolute);
      await syncPath(dirname(absolute));
    } catch (thrown) {
      const failure = fileFailure(thrown, absolute);
      if (failure.code !== 'not_found') throw failure;
    }
  }

  /** Runs `action` in folders that exist, then forces the target's name to disk. */
  async #write<T>(path: string, action: (target: string) => Promise<T>): Promise<T> {
    const target = this.localPath(path);
    try {
      await this.#prepare();
      const outcome = await action(target).catch(async (thrown: unknown) => {
        if (systemCode(thrown) !== 'ENOENT') throw thrown;
        await makeFolderDurably(this.#temporaryRoot);
        await makeFolderDurably(dirname(target));
        return await action(target);
      });
      // Also where another writer won: its own fsync may not have happened yet.
      await syncPath(dirname(target));
      return outcome;
    } catch (thrown) {
      throw fileFailure(thrown, target);
    }
  }

  async #withTemporary<T>(action: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = join(this.#temporaryRoot, randomUUID());
    try {
      return await action(temporary);
    } finally {
      await unlinkIfThere(temporary);
    }
  }

  async #copyIfAbsent(source: string, target: string): Promise<'put' | 'exists'> {
    return await this.#withTemporary(async (temporary) => {
      await copyFile(source, temporary);
      await syncPath(temporary);
      return await linkIfAbsent(temporary, target);
    });
  }

  /**
   * Before an instance's first write: removes what crashed writers left behind an hour ago or more.
   */
  async #prepare(): Promise<void> {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    await makeFolderDurably(this.#temporaryRoot);
    const oldestMs = this.#clock.nowMs() - leftoverAgeMs;
    for (const name of await readdir(this.#temporaryRoot)) {
      const path = join(this.#temporaryRoot, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts !== undefined && facts.mtimeMs < oldestMs) await unlinkIfThere(path);
    }
  }
}

async function linkIfAbsent(existing: string, target: string): Promise<'put' | 'exists'> {
  try {
    await link(existing, target);
    return 'put';
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return 'exists';
    throw thrown;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  }
}
