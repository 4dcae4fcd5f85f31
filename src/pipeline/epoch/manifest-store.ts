import { HeliosError } from '../../base/errors.ts';
import type { Epoch } from '../../event/record.ts';
import type { Storage } from '../../storage/storage.ts';
import { decodeManifest, encodeManifest, type Manifest, manifestHash } from './manifest.ts';

/** Manifests kept behind the newest, for people who look into a problem. */
const manifestsKept = 16;

/**
 * A pipeline's manifests, `<epoch, 20 digits>.json` under one prefix.
 *
 * Invariant: manifest N is written once, by whoever puts it first. A process that loses the put, or
 * that finds a later manifest than its own, has been replaced and must stop (`fenced`): the second
 * check is what makes deleting old manifests safe, since a process that slept through many epochs
 * could otherwise put a number that was used and deleted.
 */
export class ManifestStore {
  readonly #storage: Storage;
  readonly #prefix: string;
  /** Oldest manifest that may be there; undefined until it has been looked for. */
  #oldest: Epoch | undefined;

  constructor(storage: Storage, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /** The newest manifest with its hash, or undefined when there is none. */
  async newest(): Promise<{ readonly manifest: Manifest; readonly hash: string } | undefined> {
    const epoch = (await this.#epochs()).at(-1);
    if (epoch === undefined) return undefined;
    const path = this.#path(epoch);
    const bytes = await this.#storage.read(path);
    return { manifest: decodeManifest(bytes, path), hash: manifestHash(bytes) };
  }

  /** Makes the epoch true and gives the manifest's hash. `fenced` when another process did. */
  async put(manifest: Manifest): Promise<string> {
    const bytes = encodeManifest(manifest);
    const path = this.#path(manifest.epoch);
    if ((await this.#storage.putIfAbsent(path, bytes)) === 'exists') {
      // The same bytes, our incarnation among them: our own put, whose answer was lost.
      const isOurs = Buffer.from(bytes).equals(await this.#storage.read(path));
      if (!isOurs) throw fenced(manifest);
    }
    const newest = (await this.#epochs(manifest.epoch)).at(-1) ?? manifest.epoch;
    if (newest !== manifest.epoch) throw fenced(manifest);
    return manifestHash(bytes);
  }

  /**
   * Deletes what lies more than `manifestsKept` behind `epoch`. Looks for such manifests once; from
   * then on they are those that it left when it was called before.
   */
  async collect(epoch: Epoch): Promise<void> {
    this.#oldest ??= (await this.#epochs())[0] ?? epoch;
    for (; this.#oldest < epoch - manifestsKept; this.#oldest++) {
      await this.#storage.delete(this.#path(this.#oldest));
    }
  }

  async deleteAll(): Promise<void> {
    for (const epoch of await this.#epochs()) await this.#storage.delete(this.#path(epoch));
  }

  /** In ascending order; those after `after` alone, where it is given. */
  async #epochs(after?: Epoch): Promise<readonly Epoch[]> {
    const epochs: Epoch[] = [];
    const options = after === undefined ? {} : { startAfter: this.#path(after) };
    for await (const object of this.#storage.list(`${this.#prefix}/`, options)) {
      const digits = /\/(\d{20})\.json$/.exec(object.path)?.[1];
      if (digits !== undefined) epochs.push(Number(digits));
    }
    return epochs;
  }

  #path(epoch: Epoch): string {
    return `${this.#prefix}/${String(epoch).padStart(20, '0')}.json`;
  }
}

/** The epoch of the manifest is somebody else's. */
export function fenced(manifest: Pick<Manifest, 'epoch'>): HeliosError {
  return new HeliosError(
    'fenced',
    `Another process runs this pipeline: epoch ${manifest.epoch} is not ours.`,
    { hint: 'Stop one of the two. Nothing was lost: the other one goes on.' },
  );
}
