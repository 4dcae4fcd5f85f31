import { readFile, writeFile } from 'node:fs/promises';
import { type Clock, systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { HeldFile, Storage, StoredObject } from '../storage.ts';
import { checkPath, checkPrefix, compareUtf8 } from '../storage-path.ts';

type Content = { readonly bytes: Uint8Array; readonly modifiedAtMs: number };

/** Objects in this process's memory, for tests: as strict as the others, gone with the process. */
export class MemoryStorage implements Storage {
  readonly kind = 'memory';
  readonly location = 'memory:';
  readonly #clock: Clock;
  readonly #objects = new Map<string, Content>();

  constructor(options: { readonly clock?: Clock } = {}) {
    this.#clock = options.clock ?? systemClock;
  }

  async read(path: string): Promise<Uint8Array> {
    checkPath(path);
    const content = this.#objects.get(path);
    if (content === undefined) {
      throw new HeliosError('not_found', `There is no object ${path} in ${this.location}.`);
    }
    return content.bytes.slice();
  }

  async readRange(path: string, start: number, length: number): Promise<Uint8Array> {
    return (await this.read(path)).slice(start, start + length);
  }

  async download(path: string, localPath: string): Promise<void> {
    await writeFile(localPath, await this.read(path));
  }

  async stat(path: string): Promise<StoredObject | undefined> {
    checkPath(path);
    const content = this.#objects.get(path);
    return content === undefined ? undefined : describe(path, content);
  }

  async *list(
    prefix: string,
    options: { readonly startAfter?: string } = {},
  ): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    const after = options.startAfter;
    const paths = [...this.#objects.keys()]
      .filter((path) => path.startsWith(prefix))
      .filter((path) => after === undefined || compareUtf8(path, after) > 0)
      .toSorted(compareUtf8);
    for (const path of paths) {
      const content = this.#objects.get(path);
      if (content !== undefined) yield describe(path, content);
    }
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    checkPath(path);
    if (this.#objects.has(path)) return 'exists';
    this.#store(path, bytes);
    return 'put';
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    checkPath(path);
    this.#store(path, bytes);
  }

  async putFile(path: string, localPath: string): Promise<void> {
    const outcome = await this.putIfAbsent(path, await readFile(localPath));
    if (outcome === 'put') return;
    throw new HeliosError('already_exists', `${this.location} already has an object ${path}.`);
  }

  localPath(path: string): undefined {
    checkPath(path);
  }

  async hold(path: string): Promise<HeldFile> {
    checkPath(path);
    throw new HeliosError('storage_failed', 'What is in memory is no file.');
  }

  async delete(path: string): Promise<void> {
    checkPath(path);
    this.#objects.delete(path);
  }

  #store(path: string, bytes: Uint8Array): void {
    this.#objects.set(path, { bytes: bytes.slice(), modifiedAtMs: this.#clock.nowMs() });
  }
}

function describe(path: string, content: Content): StoredObject {
  return { path, byteLength: content.bytes.byteLength, modifiedAtMs: content.modifiedAtMs };
}
