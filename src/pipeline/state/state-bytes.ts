import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { HeliosError } from '../../base/errors.ts';
import { fileCrc32 } from '../../storage/file-crc32.ts';
import { writeDurably } from '../../storage/file/durable.ts';
import type { Storage } from '../../storage/storage.ts';
import type { StoredBytes } from './state-object.ts';

/** Files from this on are objects of their own, which go when they do. */
const aloneBytesMin = 1024 * 1024;
/** Smaller ones go together, as requests are dearer than bytes, and are in memory meanwhile. */
const packBytesMax = 8 * 1024 * 1024;

/** A file of this machine, or bytes, that are to be stored under a name. */
export type ToStore = { readonly name: string; readonly byteLength: number } & (
  | { readonly path: string }
  | { readonly bytes: Uint8Array }
);

export type StoreBytesRequest = {
  readonly storage: Storage;
  /** Gives a name that no object has or ever had. */
  readonly newName: () => string;
  /** Told of each object before it is stored. */
  readonly onObject: (name: string) => void;
};

/** Stores all of them, small ones together; gives where each is, by its name. */
export async function storeBytes(
  request: StoreBytesRequest,
  all: readonly ToStore[],
): Promise<ReadonlyMap<string, StoredBytes>> {
  const found = new Map<string, StoredBytes>();
  let pack: ToStore[] = [];
  let packBytes = 0;
  const flush = async (): Promise<void> => {
    if (pack.length === 0) return;
    for (const [name, stored] of await storePack(request, pack)) found.set(name, stored);
    pack = [];
    packBytes = 0;
  };
  for (const item of all) {
    if ('path' in item && item.byteLength >= aloneBytesMin) {
      found.set(item.name, await storeAlone(request, item.path, item.byteLength));
      continue;
    }
    if (packBytes + item.byteLength > packBytesMax) await flush();
    pack.push(item);
    packBytes += item.byteLength;
  }
  await flush();
  return found;
}

async function storeAlone(
  { storage, newName, onObject }: StoreBytesRequest,
  path: string,
  byteLength: number,
): Promise<StoredBytes> {
  const object = newName();
  const crc = await fileCrc32(path);
  onObject(object);
  await storage.putFile(object, path);
  return { object, offset: 0, byteLength, crc32: crc };
}

async function storePack(
  { storage, newName, onObject }: StoreBytesRequest,
  pack: readonly ToStore[],
): Promise<ReadonlyMap<string, StoredBytes>> {
  const object = newName();
  const contents = await Promise.all(
    pack.map(async (item) => ('bytes' in item ? item.bytes : await readFile(item.path))),
  );
  const found = new Map<string, StoredBytes>();
  let offset = 0;
  for (const [index, bytes] of contents.entries()) {
    const name = pack[index]?.name ?? '';
    const { byteLength } = bytes;
    found.set(name, { object, offset, byteLength, crc32: crcText(bytes) });
    offset += byteLength;
  }
  onObject(object);
  await storage.put(object, Buffer.concat(contents));
  return found;
}

/** Reads stored bytes, each object once as long as it is asked for again and again. */
export class StoredBytesReader {
  readonly #storage: Storage;
  #object = '';
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** `corrupt_data` where they are not what was stored. */
  async read(stored: StoredBytes): Promise<Uint8Array> {
    if (stored.object !== this.#object) {
      this.#bytes = await this.#storage.read(stored.object);
      this.#object = stored.object;
    }
    const end = stored.offset + stored.byteLength;
    const bytes = this.#bytes.subarray(stored.offset, end);
    if (crcText(bytes) !== stored.crc32) throw this.#damaged(stored);
    return bytes;
  }

  /** Writes them to a new file, durably. */
  async save(stored: StoredBytes, path: string): Promise<void> {
    if (stored.offset > 0 || stored.byteLength < aloneBytesMin) {
      await writeDurably(path, await this.read(stored));
      return;
    }
    await this.#storage.download(stored.object, path);
    if ((await fileCrc32(path)) !== stored.crc32) throw this.#damaged(stored);
  }

  #damaged({ object, offset, byteLength }: StoredBytes): HeliosError {
    const place = `${this.#storage.location}/${object}`;
    return new HeliosError(
      'corrupt_data',
      `The ${byteLength} bytes from ${offset} of ${place} are not what was stored there.`,
      { hint: 'Restore the object from a version of the bucket.' },
    );
  }
}

function crcText(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
