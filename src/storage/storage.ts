import type { Choose } from './part-file.ts';

export type StoredObject = {
  /** Relative to the storage's root, with `/` between parts. */
  readonly path: string;
  readonly byteLength: number;
  readonly modifiedAtMs: number;
  /** Changes with the content, where the store has such a thing (S3's ETag). */
  readonly tag?: string | undefined;
};

/** A local file that stays where it is until it is released. */
export type HeldFile = { readonly path: string; readonly release: () => void };

/**
 * Objects under one root. Paths are relative, `/`-separated, never `..`, never absolute.
 *
 * A method that resolved has made its effect durable (fsync of file and directory, or the store's
 * acknowledgement). Readers see an object whole or not at all. All methods may be retried; after an
 * ambiguous failure of `putIfAbsent` the caller reads the object to learn who won.
 */
export interface Storage {
  readonly kind: 'file' | 'memory' | 's3';
  /** The root for people: an absolute path or a URL. */
  readonly location: string;
  /** The whole object; `not_found` when there is none. */
  read(path: string): Promise<Uint8Array>;
  /** `length` bytes from `start`, fewer at the object's end; `not_found` when there is none. */
  readRange(path: string, start: number, length: number): Promise<Uint8Array>;
  /** Writes the whole object to a local file, replacing it; `not_found` when there is none. */
  download(path: string, localPath: string): Promise<void>;
  /** What is there, or undefined. */
  stat(path: string): Promise<StoredObject | undefined>;
  /**
   * All objects whose path starts with `prefix`, in ascending order of their paths' UTF-8 bytes.
   */
  list(prefix: string, options?: { readonly startAfter?: string }): AsyncIterable<StoredObject>;
  /** Writes only where nothing is: exactly one of any number of racing writers gets 'put'. */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'>;
  /** Writes, replacing what was there. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * Stores a finished local file under a path that nothing has yet. On the same file system this is
   * a hard link, so the caller may delete its own name afterwards. `already_exists` when taken.
   */
  putFile(path: string, localPath: string): Promise<void>;
  /** A local path at which DuckDB can read the object now; undefined when it must be fetched. */
  localPath(path: string): string | undefined;
  /**
   * The object, which has `byteLength` bytes, as a local file: fetched where it isn't one. It never
   * changes, or its tag is given, without which it isn't taken. `not_found`, `corrupt_data` where
   * its length is another, `storage_failed` where its tag is.
   */
  hold(path: string, byteLength: number, tag?: string): Promise<HeldFile>;
  /**
   * An object that never changes, in which only the bytes that are chosen need be its own; others
   * may be zeros. Where a store can give parts of objects.
   */
  holdPart?(path: string, byteLength: number, choose: Choose): Promise<HeldFile>;
  /**
   * The objects directly in a folder that a reader sees now stay there through a power cut. A
   * writer that died may have shown one before it was forced to disk: who builds on it asks for
   * this first. Where a store shows nothing before it is durable there is no such thing.
   */
  settle?(folder: string): Promise<void>;
  /** Removes; absent is fine. */
  delete(path: string): Promise<void>;
  /**
   * Gives up uploads that began before a time and were never ended, or only counts them; gives
   * their number. Where there are such things.
   */
  abortUploads?(beforeMs: number, isDryRun: boolean): Promise<number>;
}

/**
 * Opens what a location names: a path on this machine, or the URL of a place in an object store,
 * with the options that say how to reach it. Asks nothing of the store yet.
 */
export type OpenStorage = (
  location: string,
  options: Readonly<Record<string, string>>,
) => Promise<Storage>;
