import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import { cacheFailure, checkLength } from './cache-failure.ts';
import { fileFailure } from './file-failure.ts';
import type { HeldFile } from './storage.ts';
import { fileCrc32 } from './file-crc32.ts';
import { type Fetching, PartFile, type PartFetch } from './part-file.ts';

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

/** Downloads, of files or of ranges, that run at one time. */
const fetchesMax = 16;

/**
 * Objects of remote stores as local files. The names of whole ones say which object they are and
 * what the CRC-32 of their bytes is:
 *
 *     KEY-LENGTH-CRC.parquet      KEY: SHA-256 of location, path, length and tag
 *     UUID-part.parquet           known to this process alone; the next one removes it
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
    return this.#held(key, entry);
  }

  /**
   * The same where only some of the bytes are needed: others may be zeros. What is fetched in parts
   * goes with the process; a file of which most is needed, or that changes under our hands, is
   * fetched whole.
   */
  async holdPart(
    object: CachedObject,
    { choose, fetchRange, fetch }: PartFetch,
  ): Promise<HeldFile> {
    const key = keyOf(object);
    if (this.#entries.has(key)) return await this.hold(object, fetch);
    const partKey = `${key}-part`;
    const entry = this.#entries.get(partKey) ?? this.#addPart(partKey, object);
    const part = this.#held(partKey, entry);
    try {
      if (await this.#provide(partKey, entry, { choose, fetchRange })) return part;
    } catch (thrown) {
      part.release();
      throw cacheFailure(fileFailure(thrown, entry.path), object);
    } finally {
      await this.#measure(partKey, entry);
    }
    await this.#forget(partKey, entry);
    part.release();
    return await this.hold(object, fetch);
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

  /** It stays until it is released. */
  #held(key: string, entry: Entry): HeldFile {
    entry.holders += 1;
    this.#touch(key, entry);
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      entry.holders -= 1;
      const isForgotten = entry.part !== undefined && this.#entries.get(key) !== entry;
      if (isForgotten && entry.holders === 0) void rm(entry.path, { force: true });
      void this.#evict(0, this.#options.bytesMax);
    };
    return { path: entry.path, release };
  }

  #addPart(key: string, object: CachedObject): Entry {
    const path = join(this.#options.directory, `${randomUUID()}-part${extensionOf(object)}`);
    const part = PartFile.create(path, object.byteLength);
    const entry: Entry = { path, byteLength: 0, isChecked: true, holders: 0, part };
    this.#add(key, entry);
    return entry;
  }

  /** Whether the chosen bytes are there now; the whole file is to be had where they are not. */
  async #provide(
    key: string,
    entry: Entry,
    { choose, fetchRange }: Pick<PartFetch, 'choose' | 'fetchRange'>,
  ): Promise<boolean> {
    const part = await entry.part?.catch(async (thrown: unknown) => {
      await this.#forget(key, entry);
      throw thrown;
    });
    assert(part !== undefined, 'only parts are provided with bytes');
    const before = part.presentBytes;
    const fetching: Fetching = {
      fetchRange: async (range, tag) =>
        await this.#inTurn(async () => await fetchRange(range, tag)),
      makeRoom: async (byteLength) => await this.#evict(byteLength, await this.#limit()),
    };
    const outcome = await part.provide(choose, fetching).catch(async (thrown: unknown) => {
      if (fileFailure(thrown, entry.path).code !== 'disk_full') throw thrown;
      await this.#evict(0, 0);
      return await part.provide(choose, fetching);
    });
    if (outcome !== 'there') return false;
    if (part.presentBytes === before) this.#hits += 1;
    else this.#misses += 1;
    return true;
  }

  /** Notes what a part has by now. */
  async #measure(key: string, entry: Entry): Promise<void> {
    const bytes = (await entry.part?.catch(() => undefined))?.presentBytes ?? 0;
    if (this.#entries.get(key) !== entry) return;
    this.#bytes += bytes - entry.byteLength;
    this.#bytesFetched += bytes - entry.byteLength;
    entry.byteLength = bytes;
  }

  /** Nobody is given it any more; those who hold it have it until they release it. */
  async #forget(key: string, entry: Entry): Promise<void> {
    if (this.#entries.get(key) !== entry) return;
    if (entry.holders === 0) return await this.#remove(key, entry);
    this.#entries.delete(key);
    this.#bytes -= entry.byteLength;
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
    const name = `${key}-${object.byteLength}-${crc}${extensionOf(object)}`;
    return join(this.#options.directory, name);
  }
}

type Entry = {
  readonly path: string;
  /** What it takes of the disk. */
  byteLength: number;
  /** Its bytes were looked through by this process. */
  isChecked: boolean;
  holders: number;
  /** Undefined where the file is whole. */
  readonly part?: Promise<PartFile> | undefined;
};

const fileName = /^(?<key>[0-9a-f]{64})-(?<length>\d+)-(?<crc>[0-9a-f]{8})(?:\.\w+)?$/;

function extensionOf({ path }: CachedObject): string {
  return /\.\w{1,10}$/.exec(path)?.[0] ?? '';
}

function keyOf({ location, path, byteLength, tag }: CachedObject): string {
  const parts = [location, path, byteLength, ...(tag === undefined ? [] : [tag])];
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
