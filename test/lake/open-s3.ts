import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { FileCache } from '../../src/storage/file-cache.ts';
import { type S3ClientOptions, S3Requests } from '../../src/storage/s3/s3-client.ts';
import { S3Storage, type S3StorageOptions } from '../../src/storage/s3/s3-storage.ts';

/** What emulators that take any credentials are given. */
export const anyCredentials = { accessKeyId: 'key', secretAccessKey: 'secret' };

/** Waits for nothing: what is tried again is tried at once. */
export const hastyClock: Clock = { ...systemClock, sleep: async () => {} };

export type S3Place = {
  readonly endpoint: string;
  readonly bucket: string;
  readonly prefix?: string;
  /** A folder for caches. */
  readonly folder: string;
};

/** A place in a bucket of an emulator. */
export async function openS3(
  { endpoint, bucket, prefix = 'a/lake', folder }: S3Place,
  options: Partial<S3ClientOptions & S3StorageOptions> = {},
): Promise<S3Storage> {
  const requests = new S3Requests({
    region: 'us-east-1',
    endpoint,
    isPathStyle: true,
    credentials: async () => anyCredentials,
    clock: systemClock,
    random: Math.random,
    ...options,
  });
  const cache = await FileCache.open({ directory: join(folder, bucket), bytesMax: 2 ** 30 });
  const place = { bucket, prefix, endpoint, region: undefined, isPathStyle: true };
  return new S3Storage(place, { requests, cache, ...options });
}
