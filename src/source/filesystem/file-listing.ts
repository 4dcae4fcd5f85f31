import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep, basename } from 'node:path';
import { fileFailure } from '../file-failure.ts';

/** A file of a listing: its name below the root, with `/`, and where it lies. */
export type ListedFile = { readonly name: string; readonly path: string };

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
