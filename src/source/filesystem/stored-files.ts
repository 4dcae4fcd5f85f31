import { basename } from 'node:path/posix';
import { HeliosError } from '../../base/errors.ts';
import type { OpenStorage, Storage } from '../../storage/storage.ts';
import type { ListedFile } from './file-listing.ts';

export type StoredPlace = {
  /** URL of a folder, which is read with all below it, or of an object. */
  readonly location: string;
  readonly options: Readonly<Record<string, string>>;
  readonly openStorage: OpenStorage;
};

/**
 * All objects at or below a place of an object store whose name matches, in the order of their
 * names. They are fetched when they are read.
 */
export async function listStoredFiles(
  { location, options, openStorage }: StoredPlace,
  pattern: RegExp | undefined,
): Promise<readonly ListedFile[]> {
  const below = await filesBelow(await openStorage(location, options));
  const files = below.length > 0 ? below : await oneFile({ location, options, openStorage });
  if (files.length === 0) throw nothingThere(location);
  return files.filter(({ name }) => pattern === undefined || name.search(pattern) >= 0);
}

async function filesBelow(storage: Storage): Promise<readonly ListedFile[]> {
  const files: ListedFile[] = [];
  for await (const { path, byteLength, modifiedAtMs } of storage.list('')) {
    // Consoles of stores make an empty object for a folder.
    if (path === '' || path.endsWith('/')) continue;
    files.push(storedFile(storage, { path, byteLength, modifiedAtMs }));
  }
  return files;
}

/** The object of this very name. */
async function oneFile({
  location,
  options,
  openStorage,
}: StoredPlace): Promise<readonly ListedFile[]> {
  const name = basename(location);
  const storage = await openStorage(location.slice(0, -name.length - 1), options);
  const found = await storage.stat(name);
  return found === undefined ? [] : [storedFile(storage, found)];
}

function storedFile(
  storage: Storage,
  object: { readonly path: string; readonly byteLength: number; readonly modifiedAtMs: number },
): ListedFile {
  const { path: name, byteLength, modifiedAtMs } = object;
  const hold = async (): ReturnType<Storage['hold']> => await storage.hold(name, byteLength);
  return { name, path: `${storage.location}/${name}`, stored: { byteLength, modifiedAtMs, hold } };
}

function nothingThere(location: string): HeliosError {
  return new HeliosError('not_found', `There is nothing at ${location}.`, {
    hint: 'Check the path option: it is a folder of the bucket, or one object.',
  });
}
