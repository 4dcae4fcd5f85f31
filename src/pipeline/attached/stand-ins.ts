import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import { HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { FolderFile } from './folder-listing.ts';

/** A local file that tells what a file holds. */
export type StandIn = {
  readonly path: string;
  /** It has all that the file has. */
  readonly isWhole: boolean;
  readonly release: () => Promise<void>;
};

/** Most footers are in the end of so many bytes; a longer one is asked for again. */
const footerBytes = 64 * 1024;
const footerBytesMax = 64 * 1024 * 1024;

/** Of text, the beginning tells. */
const headBytes = 1024 * 1024;

/** Length of the footer, and `PAR1`. */
const trailerBytes = 8;

/**
 * What says which columns a file has: itself where it lies on this disk; of an object, without
 * fetching the rest, the footer of Parquet at its place in a file that is empty before it, and the
 * first lines of text.
 */
export class StandIns {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async of(storage: Storage, file: FolderFile): Promise<StandIn> {
    const local = storage.localPath(file.path);
    if (local !== undefined) {
      return { path: local, isWhole: true, release: async () => undefined };
    }
    await mkdir(this.#folder, { recursive: true });
    if (file.format === 'parquet') return await this.#footer(storage, file);
    const isCut = file.byteLength > headBytes;
    if (isCut && /\.(?:gz|zst)$/.test(file.path)) return await this.whole(storage, file);
    const head = Buffer.from(await storage.readRange(file.path, 0, headBytes));
    const end = isCut ? head.lastIndexOf('\n') + 1 : head.length;
    const made = this.#make(file, !isCut);
    await writeFile(made.path, head.subarray(0, end));
    return made;
  }

  /** The whole file, fetched. */
  async whole(storage: Storage, { path, byteLength, tag }: FolderFile): Promise<StandIn> {
    const held = await storage.hold(path, byteLength, tag);
    return { path: held.path, isWhole: true, release: async () => held.release() };
  }

  async #footer(storage: Storage, file: FolderFile): Promise<StandIn> {
    const { path, byteLength } = file;
    const tail = async (length: number): Promise<Buffer> => {
      const start = Math.max(0, byteLength - length);
      return Buffer.from(await storage.readRange(path, start, byteLength - start));
    };
    const url = `${storage.location}/${path}`;
    if (byteLength < trailerBytes) throw noParquet(url, `It has ${byteLength} bytes.`);
    let bytes = await tail(footerBytes);
    const [length, magic] = [bytes.readUInt32LE(bytes.length - 8), bytes.subarray(-4).toString()];
    if (magic !== 'PAR1') throw noParquet(url, 'Its end is not that of a Parquet file.');
    const needed = length + trailerBytes;
    if (needed > Math.min(byteLength, footerBytesMax)) {
      throw noParquet(url, `Its footer is said to have ${length} bytes.`);
    }
    if (needed > bytes.length) bytes = await tail(needed);
    const made = this.#make(file, false);
    await using local = await open(made.path, 'w');
    await local.truncate(byteLength);
    await local.write(bytes, 0, bytes.length, byteLength - bytes.length);
    return made;
  }

  #make({ path: name }: FolderFile, isWhole: boolean): StandIn {
    const endings = /(?:\.\w{1,10}){1,2}$/.exec(basename(name))?.[0] ?? '';
    const path = join(this.#folder, `${randomUUID()}${endings}`);
    return { path, isWhole, release: async () => await rm(path, { force: true }) };
  }
}

function noParquet(url: string, why: string): HeliosError {
  return new HeliosError('unsupported_table', `${url} can't be read as Parquet. ${why}`, {
    hint: 'Remove the file, or write it anew: something may have cut it short.',
  });
}
