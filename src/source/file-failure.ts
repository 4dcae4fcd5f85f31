import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { HeliosError, systemCode } from '../base/errors.ts';
import type { Compression } from '../sql/script.ts';
import type { Codec } from './byte-cursor.ts';

/** Facts about a file that a source reads; a clear error when it is not there, or is a folder. */
export async function statFile(path: string): Promise<Stats> {
  try {
    const stats = await stat(path);
    if (stats.isFile()) return stats;
  } catch (thrown) {
    throw fileFailure(path, thrown);
  }
  throw new HeliosError('invalid_config', `${path} is not a file.`, {
    hint: "Name a file, or read a folder with connector = 'filesystem'.",
  });
}

/** Fails if the file can't be opened for reading. */
export async function checkReadable(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    await handle.close();
  } catch (thrown) {
    throw fileFailure(path, thrown);
  }
}

/** What the system said about a path, for a person. */
export function fileFailure(path: string, thrown: unknown): HeliosError {
  switch (systemCode(thrown)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new HeliosError('not_found', `${path} does not exist.`, {
        hint: 'Check the path option; relative paths start where the script is run.',
        cause: thrown,
      });
    case 'EACCES':
    case 'EPERM':
      return new HeliosError('not_allowed', `${path} may not be read by this user.`, {
        hint: 'Give the user that runs Helios read permission.',
        cause: thrown,
      });
    default: {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      return new HeliosError('storage_failed', `${path} can't be read: ${why}`, { cause: thrown });
    }
  }
}

/** How a file is compressed; `auto` goes by the end of its name. */
export function codecOf(path: string, compression: Compression): Codec {
  if (compression !== 'auto') return compression;
  if (/\.(?:gz|gzip)$/i.test(path)) return 'gzip';
  return /\.(?:zst|zstd)$/i.test(path) ? 'zstd' : 'none';
}
