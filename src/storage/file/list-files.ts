import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import type { StoredObject } from '../storage.ts';
import { compareUtf8, temporaryFolder } from '../storage-path.ts';
import { fileFailure } from '../file-failure.ts';

/**
 * Files under `root` whose relative path starts with `prefix` and comes after `startAfter`, in the
 * order of their paths' UTF-8 bytes. Only folders that can hold such a file are read.
 */
export async function* listFiles(
  root: string,
  prefix: string,
  startAfter: string | undefined,
): AsyncGenerator<StoredObject> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  yield* walk({ root, prefix, startAfter }, folder);
}

type Walk = {
  readonly root: string;
  readonly prefix: string;
  readonly startAfter: string | undefined;
};

/** `folder` is '' or ends with `/`. */
async function* walk(options: Walk, folder: string): AsyncGenerator<StoredObject> {
  const entries = await readFolder(join(options.root, folder));
  const paths = entries
    .filter((entry) => entry.name !== temporaryFolder)
    .map((entry) => folder + entry.name + (entry.isDirectory() ? '/' : ''))
    .toSorted(compareUtf8);
  for (const path of paths) {
    if (path.endsWith('/')) {
      if (mayHold(options, path)) yield* walk(options, path);
    } else if (path.startsWith(options.prefix) && isAfter(path, options.startAfter)) {
      const found = await describe(options.root, path);
      if (found !== undefined) yield found;
    }
  }
}

async function readFolder(absolute: string): Promise<Dirent[]> {
  try {
    return await readdir(absolute, { withFileTypes: true });
  } catch (thrown) {
    const failure = fileFailure(thrown, absolute);
    if (failure.code === 'not_found') return [];
    throw failure;
  }
}

/** Whether a folder can hold a path that is asked for. */
function mayHold(options: Walk, folder: string): boolean {
  const { prefix, startAfter } = options;
  if (!folder.startsWith(prefix) && !prefix.startsWith(folder)) return false;
  return startAfter === undefined || startAfter.startsWith(folder) || isAfter(folder, startAfter);
}

function isAfter(path: string, startAfter: string | undefined): boolean {
  return startAfter === undefined || compareUtf8(path, startAfter) > 0;
}

/** Undefined when the file was deleted after its folder was read. */
async function describe(root: string, path: string): Promise<StoredObject | undefined> {
  try {
    const facts = await stat(join(root, path));
    if (!facts.isFile()) return undefined;
    return { path, byteLength: facts.size, modifiedAtMs: Math.floor(facts.mtimeMs) };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw fileFailure(thrown, join(root, path));
  }
}
