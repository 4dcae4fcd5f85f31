import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep, basename } from 'node:path';
import type { EpochMs } from '../../event/record.ts';
import type { HeldFile } from '../../storage/storage.ts';
import { fileFailure } from '../file-failure.ts';

/** A file of a listing. */
export type ListedFile = {
  /** Below the root, with `/`. */
  readonly name: string;
  /** Where it lies: an absolute path, or a URL. */
  readonly path: string;
  /** Of an object in a store: it is fetched to be read. */
  readonly stored?:
    | {
        readonly byteLength: number;
        readonly modifiedAtMs: EpochMs;
        readonly hold: () => Promise<HeldFile>;
      }
    | undefined;
};

/**
 * All files at or below a path whose name matches, in the order of their names. Links to folders
 * are followed, each folder once.
 */
export async function listFiles(
  root: string,
  pattern: RegExp | undefined,
): Promise<readonly ListedFile[]> {
  try {
    const stats = await stat(root);
    const paths = stats.isDirectory() ? await filesBelow(root, new Set()) : [root];
    return paths
      .map((path) => ({ name: nameOf(root, path), path }))
      .filter(({ name }) => pattern === undefined || name.search(pattern) >= 0)
      .toSorted((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)));
  } catch (thrown) {
    throw fileFailure(root, thrown);
  }
}

async function filesBelow(directory: string, seen: Set<string>): Promise<string[]> {
  const real = await realpath(directory);
  if (seen.has(real)) return [];
  seen.add(real);
  const files: string[] = [];
  for (const entry of await readdir(directory)) {
    const path = join(directory, entry);
    const stats = await stat(path);
    if (stats.isDirectory()) files.push(...(await filesBelow(path, seen)));
    else if (stats.isFile()) files.push(path);
  }
  return files;
}

function nameOf(root: string, path: string): string {
  return path === root ? basename(path) : relative(root, path).split(sep).join('/');
}
