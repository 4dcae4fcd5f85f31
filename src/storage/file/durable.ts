import { access, constants, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';

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

/** The folder above may be deleted meanwhile; in /proc it is there, and takes none. */
const triesMax = 8;

/**
 * Makes a folder and those above it, and forces their names to disk: a file's own fsync does not
 * keep the folder it lies in.
 */
export async function makeFolderDurably(path: string, triesLeft: number = triesMax): Promise<void> {
  try {
    await mkdir(path);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' && dirname(path) !== path) {
      if (triesLeft === 1) throw refused(path, thrown);
      await makeFolderDurably(dirname(path));
      return makeFolderDurably(path, triesLeft - 1);
    }
    if (code !== 'EEXIST') throw thrown;
    // Made a moment ago, perhaps, by who has not forced its name yet; not where none may look.
    if (!(await isReadable(dirname(path)))) return;
  }
  await syncPath(dirname(path));
}

function refused(path: string, cause: unknown): HeliosError {
  return new HeliosError('storage_failed', `The folder ${path} can't be made.`, {
    hint: 'Choose another place: that file system takes no folders there.',
    cause,
  });
}

async function isReadable(path: string): Promise<boolean> {
  return await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
