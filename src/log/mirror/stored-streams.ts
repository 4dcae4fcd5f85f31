import { HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import { parseDefinition, parseHolds, printDefinition, printHolds } from '../stream-files.ts';
import type { Holds, StreamDefinition } from '../stream-files.ts';

/**
 * What streams there are, in the object store:
 *
 *     streams/<name>/stream.json           what the stream is
 *     streams/<name>/holds.json            who still reads it, and from where
 *     streams/<name>/deleted-<id>          a stream that is being deleted
 *     events/<name>/<id>/<partition>/…     its events, see `object-names.ts`
 */
export class StoredStreams {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Those that there are, and those whose deletion has not ended. */
  async list(): Promise<{
    readonly streams: readonly StreamDefinition[];
    readonly deleted: readonly DeletedStream[];
  }> {
    const streams: StreamDefinition[] = [];
    const deleted: DeletedStream[] = [];
    for await (const { path } of this.#storage.list('streams/')) {
      const [, name = '', file = ''] = path.split('/');
      const [, id] = /^deleted-([0-9a-f-]{36})$/.exec(file) ?? [];
      if (id !== undefined) deleted.push({ name, id });
      if (file === 'stream.json') streams.push(await this.#read(path, parseDefinition));
    }
    return { streams, deleted };
  }

  async save(definition: StreamDefinition): Promise<void> {
    const path = `${folderOf(definition.name)}/stream.json`;
    await this.#storage.put(path, Buffer.from(printDefinition(definition)));
  }

  /** None where nobody has read the stream. */
  async holds(name: string): Promise<Map<string, Map<number, number>>> {
    try {
      return await this.#read(`${folderOf(name)}/holds.json`, parseHolds);
    } catch (thrown) {
      if (thrown instanceof HeliosError && thrown.code === 'not_found') return new Map();
      throw thrown;
    }
  }

  async saveHolds(name: string, holds: Holds): Promise<void> {
    await this.#storage.put(`${folderOf(name)}/holds.json`, Buffer.from(printHolds(holds)));
  }

  /** From here on there is no such stream, whatever happens to its objects. */
  async beginDeletion(stream: DeletedStream): Promise<void> {
    const folder = folderOf(stream.name);
    await this.#storage.put(deletedPath(stream), Buffer.from('{}\n'));
    await this.#storage.delete(`${folder}/holds.json`);
    await this.#storage.delete(`${folder}/stream.json`);
  }

  /** Deletes what is left of a stream. May be called again after it failed. */
  async endDeletion(stream: DeletedStream, signal: AbortSignal): Promise<void> {
    const { name, id } = stream;
    for await (const { path } of this.#storage.list(`events/${name}/${id}/`)) {
      if (signal.aborted) return;
      await this.#storage.delete(path);
    }
    await this.#storage.delete(deletedPath(stream));
  }

  async #read<T>(path: string, parse: (bytes: Uint8Array, path: string) => T): Promise<T> {
    return parse(await this.#storage.read(path), `${this.#storage.location}/${path}`);
  }
}

/** Names of the streams whose events the store has. */
export async function storedStreamNames(storage: Storage): Promise<readonly string[]> {
  const { streams } = await new StoredStreams(storage).list();
  return streams.map(({ name }) => name);
}

export type DeletedStream = Pick<StreamDefinition, 'name' | 'id'>;

/** Where the objects of a partition are. */
export function partitionPrefix({ name, id }: DeletedStream, partition: number): string {
  return `events/${name}/${id}/${partition}`;
}

function folderOf(name: string): string {
  return `streams/${name}`;
}

function deletedPath({ name, id }: DeletedStream): string {
  return `${folderOf(name)}/deleted-${id}`;
}
