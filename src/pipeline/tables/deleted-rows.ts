import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeletionVectorDescriptor, descriptorId } from '../../delta/deletion/descriptor.ts';
import { readDeletionVector, type VectorPlace } from '../../delta/deletion/read-vector.ts';
import type { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { HeldFile } from '../../storage/storage.ts';

/** Files that nobody holds are removed beyond so many, longest unused first. */
const filesMax = 1000;

/** Vectors that are read at one time. */
const readsMax = 4;

/**
 * Deletion vectors as Parquet files of row numbers, which DuckDB joins with what they are about. A
 * vector never changes, so each is made once and kept for the next query.
 */
export class DeletedRows {
  readonly #engine: Engine;
  readonly #directory: string;
  /** By key; the one used longest ago first. */
  readonly #files = new Map<string, RowsFile>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(engine: Engine, directory: string) {
    this.#engine = engine;
    this.#directory = directory;
  }

  /** The rows that a vector names, in the column `row`. Fails as `readDeletionVector` does. */
  async hold(descriptor: DeletionVectorDescriptor, place: VectorPlace): Promise<HeldFile> {
    const identity = `${place.storage.location}\0${descriptorId(descriptor)}`;
    const key = createHash('sha256').update(identity).digest('hex');
    const known = this.#files.get(key);
    const file = known ?? this.#make(key, descriptor, place);
    this.#files.delete(key);
    this.#files.set(key, file);
    file.holders += 1;
    const release = (): void => {
      file.holders -= 1;
      void this.#evict();
    };
    try {
      return { path: await file.path, release };
    } catch (thrown) {
      if (this.#files.get(key) === file) this.#files.delete(key);
      throw thrown;
    }
  }

  #make(key: string, descriptor: DeletionVectorDescriptor, place: VectorPlace): RowsFile {
    const path = this.#inTurn(async () => await this.#write(key, descriptor, place));
    return { path, holders: 0 };
  }

  async #write(
    key: string,
    descriptor: DeletionVectorDescriptor,
    place: VectorPlace,
  ): Promise<string> {
    const ranges = await readDeletionVector(descriptor, place);
    await mkdir(this.#directory, { recursive: true });
    const path = join(this.#directory, `${key}.parquet`);
    const unfinished = join(this.#directory, randomUUID());
    const text = ranges.map(({ first, last }) => `${first},${last}\n`).join('');
    try {
      await writeFile(`${unfinished}.csv`, text);
      await using connection = await this.#engine.connect();
      const columns = `columns = {'first': 'BIGINT', 'last': 'BIGINT'}`;
      await connection.execute(
        `COPY (SELECT unnest(range("first", "last" + 1)) AS row
           FROM read_csv(${quoteText(`${unfinished}.csv`)}, header = false, ${columns}))
         TO ${quoteText(`${unfinished}.parquet`)} (FORMAT parquet)`,
      );
      await rename(`${unfinished}.parquet`, path);
      return path;
    } finally {
      await rm(`${unfinished}.csv`, { force: true });
      await rm(`${unfinished}.parquet`, { force: true });
    }
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    if (this.#running >= readsMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #evict(): Promise<void> {
    for (const [key, file] of this.#files) {
      if (this.#files.size <= filesMax) return;
      if (file.holders > 0) continue;
      this.#files.delete(key);
      await rm(await file.path, { force: true });
    }
  }
}

type RowsFile = { readonly path: Promise<string>; holders: number };
