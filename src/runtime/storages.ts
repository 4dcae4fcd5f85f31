import type { ConnectionContext } from '../connection/context.ts';
import { isRemotePath } from '../sql/connector/availability.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import type { OpenStorage } from '../storage/storage.ts';
import type { S3Storages } from './s3-storages.ts';

export type StoragesOptions = {
  readonly context: ConnectionContext;
  /** Where files of object stores lie on this machine. */
  readonly cacheDirectory: string;
  readonly cacheBytesMax: number;
};

/** Opens folders of this machine and places in object stores. */
export function storageOpener(options: StoragesOptions): OpenStorage {
  let loaded: Promise<S3Storages> | undefined;
  return async (location, storageOptions) => {
    if (!isRemotePath(location)) return new FileStorage(location);
    const stores = await (loaded ??= loadStores(options));
    return await stores.open(location, storageOptions);
  };
}

/** AWS's client is more than half of what a start has to load. */
async function loadStores(options: StoragesOptions): Promise<S3Storages> {
  const { S3Storages: Storages } = await import('./s3-storages.ts');
  return await Storages.create(options);
}
