import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError } from '../base/errors.ts';
import { fileFailure } from './file-failure.ts';
import type { HeldFile } from './storage.ts';
import { fileCrc32 } from './file-crc32.ts';

export type FileCacheOptions = {
  /** The cache's own folder, made where it isn't there. */
  readonly directory: string;
  /** Files that nobody holds are removed beyond so many bytes, longest unused first. */
  readonly bytesMax: number;
  /** Bytes that the disk has left; asked of the folder's file system unless given. */
  readonly freeBytes?: (() => Promise<number>) | undefined;
};

/** An object that never changes, or one state of it. */
export type CachedObject = {
  /** `Storage.location` */
  readonly location: string;
  readonly path: string;
  readonly byteLength: number;
  /** Of one that may be replaced by another of the same name: `StoredObject.tag`. */
  readonly tag?: string | undefined;
};

/** What the cache is and did since it was opened. */
export type FileCacheFacts = {
  readonly files: number;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly hits: number;
  readonly misses: number;
  readonly bytesFetched: number;
  /** Files that were not what they had been when they were put here, and were fetched again. */
  readonly damaged: number;
};

/** The cache leaves so much of the disk to events, parts and tables. */
const freeBytesMin = 256 * 1024 * 1024;

/** Downloads that run at one time. */
const fetchesMax = 8;

/**
 * Whole objects of remote stores as local files, whose names say which object they are and what the
 * CRC-32 of their bytes is:
 *
 *     KEY-LENGTH-CRC.parquet      KEY: SHA-256 of location, path, length and tag
 *
 * A file is looked through once in the life of a process before it is given out, so that what a
 * broken disk or a curious person did to it between two starts is found and fetched again.
 */
export class FileCache {
  readonly #options: FileCacheOptions;
  /** By key; the one used longest ago first. */
  readonly #entries = new Map<string, Entry>();
  readonly #fetching = new Map<string, Promise<Entry>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #bytes = 0;
  #hits = 0;
  #misses = 0;
  #bytesFetched = 0;
  #damaged = 0;

  private constructor(options: FileCacheOptions) {
    this.#options = options;
  }

  /** Finds what the process before left, and removes what it left half done. */
  static async open(options: FileCacheOptions): Promise<FileCache> {
    const cache = new FileCache(options);
    await cache.#readFolder();
    return cache;
  }

  /**
   * The object as a local file, which stays until it is released. `fetch` writes it to a path where
   * nothing is; what it writes has the object's length, or the fetch fails with `corrupt_data`.
   */
  async hold(object: CachedObject, fetch: (path: string) => Promise<void>): Promise<HeldFile> {
    const key = keyOf(object);
    const known = await this.#known(key);
    if (known === undefined) this.#misses += 1;
    else this.#hits += 1;
    const entry = known ?? (await this.#fetchOnce(key, object, fetch));
    entry.holders += 1;
    this.#touch(key, entry);
    let isReleased = false;
    return {
      path: entry.path,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        entry.holders -= 1;
        void this.#evict(0, this.#options.bytesMax);
      },
    };
  }

  /**
   * Takes in a local file as the object; the caller may delete its own name afterwards. What can't
   * be taken in is fetched when it is wanted.
   */
  async adopt(object: CachedObject, localPath: string): Promise<void> {
    const key = keyOf(object);
    const { byteLength } = object;
    if (this.#entries.has(key) || byteLength > this.#options.bytesMax) return;
    // It takes no room of the disk: it is there already.
    await this.#evict(byteLength, this.#options.bytesMax);
    const path = this.#pathOf(key, object, await fileCrc32(localPath));
    const isLinked = await link(localPath, path).then(
      () => true,
      () => false,
    );
    if (isLinked) this.#add(key, { path, byteLength, isChecked: true, holders: 0 });
  }

  facts(): FileCacheFacts {
    return {
      files: this.#entries.size,
      bytes: this.#bytes,
      bytesMax: this.#options.bytesMax,
      hits: this.#hits,
      misses: this.#misses,
      bytesFetched: this.#bytesFetched,
      damaged: this.#damaged,
    };
  }

  async #readFolder(): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true });
    const found: (Entry & { readonly key: string; readonly usedAtMs: number })[] = [];
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      const facts = await stat(path);
      const parts = fileName.exec(name)?.groups;
      if (parts === undefined || Number(parts['length']) !== facts.size) {
        await rm(path, { recursive: true, force: true });
        continue;
      }
      found.push({
        key: parts['key'] ?? '',
        path,
        byteLength: facts.size,
        isChecked: false,
        holders: 0,
        usedAtMs: facts.mtimeMs,
      });
    }
    found.sort((left, right) => left.usedAtMs - right.usedAtMs);
    for (const { key, usedAtMs: _, ...entry } of found) this.#add(key, entry);
    await this.#evict(0, await this.#limit());
  }

  /** The entry, if it still is what it was. */
  async #known(key: string): Promise<Entry | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.isChecked) return entry;
    const expected = fileName.exec(entry.path.slice(this.#options.directory.length + 1))?.groups;
    const found = await fileCrc32(entry.path).catch(() => undefined);
    if (found !== undefined && found === expected?.['crc']) {
      entry.isChecked = true;
      return entry;
    }
    // Two that ask at the same time find the same damage: it is counted and removed once.
    if (this.#entries.get(key) === entry) {
      this.#damaged += 1;
      await this.#remove(key, entry);
    }
    return undefined;
  }

  async #fetchOnce(
    key: string,
    object: CachedObject,
    fetch: (path: string) => Promise<void>,
  ): Promise<Entry> {
    const running = this.#fetching.get(key);
    if (running !== undefined) return await running;
    const fetching = this.#inTurn(async () => await this.#fetch(key, object, fetch));
    this.#fetching.set(key, fetching);
    try {
      return await fetching;
    } finally {
      this.#fetching.delete(key);
    }
  }

  async #fetch(
    key: string,
    object: CachedObject,
    fetch: (path: string) => Promise<void>,
  ): Promise<Entry> {
    await this.#evict(object.byteLength, await this.#limit());
    const unfinished = join(this.#options.directory, `${randomUUID()}.tmp`);
    try {
      await this.#fetchInto(unfinished, fetch);
      const { size } = await stat(unfinished);
      checkLength(object, size);
      const crc = await fileCrc32(unfinished);
      const path = this.#pathOf(key, object, crc);
      await rename(unfinished, path);
      this.#bytesFetched += size;
      const entry = { path, byteLength: size, isChecked: true, holders: 0 };
      this.#add(key, entry);
      return entry;
    } catch (thrown) {
      await rm(unfinished, { force: true });
      throw cacheFailure(fileFailure(thrown, unfinished), object);
    }
  }

  /** Once more with an empty cache, where the disk is full. */
  async #fetchInto(path: string, fetch: (path: string) => Promise<void>): Promise<void> {
    try {
      await fetch(path);
    } catch (thrown) {
      if (fileFailure(thrown, path).code !== 'disk_full' || this.#bytes === 0) throw thrown;
      await rm(path, { force: true });
      await this.#evict(0, 0);
      await fetch(path);
    }
  }

  /** Bytes that the cache may have now: of its own, and of what the disk has left. */
  async #limit(): Promise<number> {
    const { bytesMax, directory, freeBytes } = this.#options;
    const free = await (freeBytes ?? (async () => await freeBytesOf(directory)))();
    return Math.min(bytesMax, this.#bytes + Math.max(0, free - freeBytesMin));
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    if (this.#running >= fetchesMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#bytes += entry.byteLength;
  }

  #touch(key: string, entry: Entry): void {
    if (!this.#entries.delete(key)) return;
    this.#entries.set(key, entry);
  }

  /** Makes room for so many bytes more. What is held stays, even beyond the limit. */
  async #evict(wantedBytes: number, bytesMax: number): Promise<void> {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes + wantedBytes <= bytesMax) return;
      if (entry.holders === 0) await this.#remove(key, entry);
    }
  }

  async #remove(key: string, entry: Entry): Promise<void> {
    if (!this.#entries.delete(key)) return;
    this.#bytes -= entry.byteLength;
    await rm(entry.path, { force: true });
  }

  #pathOf(key: string, object: CachedObject, crc: string): string {
    const extension = /\.\w{1,10}$/.exec(object.path)?.[0] ?? '';
    const name = `${key}-${object.byteLength}-${crc}${extension}`;
    return join(this.#options.directory, name);
  }
}

type Entry = {
  readonly path: string;
  readonly byteLength: number;
  /** Its bytes were looked through by this process. */
  isChecked: boolean;
  holders: number;
};

const fileName = /^(?<key>[0-9a-f]{64})-(?<length>\d+)-(?<crc>[0-9a-f]{8})(?:\.\w+)?$/;

function keyOf({ location, path, byteLength, tag }: CachedObject): string {
  const parts = [location, path, byteLength, ...(tag === undefined ? [] : [tag])];
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function cacheFailure(
  failure: HeliosError,
  { location, path, byteLength }: CachedObject,
): HeliosError {
  if (failure.code !== 'disk_full') return failure;
  return new HeliosError(
    'disk_full',
    `The disk is too full to fetch the ${byteLength} bytes of ${location}/${path}.`,
    {
      hint:
        'Free some space, ask for less at once (fewer partitions or columns to filter by), or ' +
        'put the data directory on a larger disk.',
      cause: failure,
    },
  );
}

function checkLength({ location, path, byteLength }: CachedObject, found: number): void {
  if (found === byteLength) return;
  throw new HeliosError(
    'corrupt_data',
    `${location}/${path} has ${found} bytes; its table says ${byteLength}.`,
    { hint: 'Something else has replaced the file: restore the table to an earlier version.' },
  );
}
