import type { HeliosError } from '../base/errors.ts';
import type { ConnectionContext } from '../connection/context.ts';
import { isRemotePath } from '../sql/connector/availability.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import type { OpenStorage } from '../storage/storage.ts';
import type { StoreFacts, StoreUse } from '../storage/store-facts.ts';
import type { S3Storages } from './s3-storages.ts';

export type StoragesOptions = {
  readonly context: ConnectionContext;
  readonly use: StoreUse;
  /** Where files of object stores lie on this machine. */
  readonly cacheDirectory: string;
  readonly cacheBytesMax: number;
  /** Where it is noted what is being uploaded: of these storages alone. */
  readonly uploadsDirectory: string;
  /** Told of what works, and is dangerous. */
  readonly onWarning: (problem: HeliosError) => void;
};

/** Folders of this machine and places in object stores. */
export class Storages {
  readonly #options: StoragesOptions;
  #loading: Promise<S3Storages> | undefined;
  #stores: S3Storages | undefined;

  constructor(options: StoragesOptions) {
    this.#options = options;
  }

  readonly open: OpenStorage = async (location, storageOptions) => {
    if (!isRemotePath(location)) return new FileStorage(location);
    this.#stores = await (this.#loading ??= loadStores(this.#options));
    return await this.#stores.open(location, storageOptions);
  };

  /** Undefined while nothing in an object store was opened. */
  readonly facts = (): StoreFacts | undefined => this.#stores?.facts();
}

/** AWS's client is more than half of what a start has to load. */
async function loadStores(options: StoragesOptions): Promise<S3Storages> {
  const { S3Storages: Stores } = await import('./s3-storages.ts');
  return await Stores.create(options);
}
