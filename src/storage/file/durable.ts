import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../../base/errors.ts';

/** Writes a new file and forces it to disk before it resolves. Fails when the file exists. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Forces a file's bytes, or a folder's names, to disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes a folder and those above it, and forces their names to disk: a file's own fsync does not
 * keep the folder it lies in.
 */
export async function makeFolderDurably(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return;
    if (systemCode(thrown) !== 'ENOENT' || dirname(path) === path) throw thrown;
    await makeFolderDurably(dirname(path));
    return makeFolderDurably(path);
  }
  await syncPath(dirname(path));
}
