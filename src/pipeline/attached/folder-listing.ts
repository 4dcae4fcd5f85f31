import { stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path/posix';
import type { AttachedReading } from '../../catalog/view.ts';
import { HeliosError, systemCode } from '../../base/errors.ts';
import { isRemotePath } from '../../sql/connector/availability.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import { parseGlob } from './glob.ts';

export type FileFormat = AttachedReading['format'];

export type FolderFile = StoredObject & { readonly format: FileFormat };

/** What lies at the path of an attached folder now. */
export type FolderListing = {
  /** Its paths are those of the files. */
  readonly storage: Storage;
  /** In the order of their names; all of one format. */
  readonly files: readonly FolderFile[];
};

/** Opens a place with the options of the folder. */
export type OpenPlace = (location: string) => Promise<Storage>;

/** More than this is a sign that the wrong folder was named. */
const filesMax = 100_000;

/**
 * The files at or below a path, in the store or on this disk, that are Parquet, CSV or JSON by
 * their names; names that begin with `_` or `.` are passed over, folders of Hive's kind (`_a=1`)
 * not. Undefined where a Delta table's log is. `not_found` and `unsupported_table` where nothing
 * can be read.
 */
export async function listFolder(
  path: string,
  open: OpenPlace,
): Promise<FolderListing | undefined> {
  const file = isRemotePath(path) ? undefined : await localFile(path, open);
  if (file !== undefined) return file;
  const glob = isRemotePath(path) || !(await isThere(path)) ? parseGlob(path) : undefined;
  const storage = await open(glob?.root ?? path);
  const files: FolderFile[] = [];
  let isEmpty = true;
  for await (const object of storage.list(glob?.prefix ?? '')) {
    isEmpty = false;
    if (glob === undefined && /^_delta_log\/\d{20}\./.test(object.path)) return undefined;
    if (isHidden(object.path) || glob?.pattern.test(object.path) === false) continue;
    files.push(...withFormat(object));
    if (files.length > filesMax) throw tooMany(path);
  }
  if (isEmpty && glob === undefined) return await remoteFile(path, open);
  return { storage, files: checked(path, files) };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return false;
    throw noAccess(path, thrown);
  }
}

/** Undefined where the path is not that of a file. */
async function localFile(path: string, open: OpenPlace): Promise<FolderListing | undefined> {
  if (!(await isThere(path))) return undefined;
  const storage = await open(dirname(path));
  const found = path === '/' ? undefined : await storage.stat(basename(path));
  return found && { storage, files: checked(path, withFormat(found)) };
}

/** The object of this very name. */
async function remoteFile(path: string, open: OpenPlace): Promise<FolderListing> {
  const cut = path.lastIndexOf('/');
  // Of a bucket there is nothing above.
  const isObject = isRemotePath(path) && path.slice(0, cut).split('/').length > 3;
  const storage = isObject ? await open(path.slice(0, cut)) : undefined;
  const found = await storage?.stat(path.slice(cut + 1));
  if (storage === undefined || found === undefined) throw nothingThere(path);
  return { storage, files: checked(path, withFormat(found)) };
}

/** Formats by the endings of their files' names; compressed text is read as it is. */
const formats: Readonly<Record<string, FileFormat>> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.json': 'json',
  '.ndjson': 'json',
  '.jsonl': 'json',
};

function withFormat(object: StoredObject): readonly FolderFile[] {
  const bare = object.path.replace(/\.(gz|zst)$/, '');
  const format = formats[extname(bare).toLowerCase()];
  return format === undefined ? [] : [{ ...object, format }];
}

function isHidden(path: string): boolean {
  return path
    .split('/')
    .some((part) => part.startsWith('.') || (part.startsWith('_') && !part.includes('=')));
}

function checked(path: string, files: readonly FolderFile[]): readonly FolderFile[] {
  const kinds = new Set(files.map((file) => file.format));
  if (kinds.size === 1) return files;
  const found = kinds.size === 0 ? 'no Parquet, CSV or JSON file' : [...kinds].join(' and ');
  throw new HeliosError('unsupported_table', `${path} holds ${found}.`, {
    hint: 'Attach a folder whose files are all of one format, or a Delta table.',
  });
}

function nothingThere(path: string): HeliosError {
  return new HeliosError('not_found', `There is nothing at ${path}.`, {
    hint: 'Give the folder of a Delta table, or a folder of Parquet, CSV or JSON files.',
  });
}

function noAccess(path: string, thrown: unknown): HeliosError {
  const why = systemCode(thrown) ?? String(thrown);
  return new HeliosError('storage_failed', `${path} can't be looked at: ${why}.`, {
    hint: 'Let the user that Helios runs as read it, and the folders above it.',
    cause: thrown,
  });
}

function tooMany(path: string): HeliosError {
  return new HeliosError('too_large', `${path} holds more than ${filesMax} files.`, {
    hint: 'Attach one of its folders, or make a Delta table of it.',
  });
}
