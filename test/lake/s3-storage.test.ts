import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { FileCache } from '../../src/storage/file-cache.ts';
import { S3Storage } from '../../src/storage/s3/s3-storage.ts';
import { testStorage } from '../../src/storage/storage.conformance.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { createBucket } from './bucket.ts';

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
let moto: MotoPeer | undefined;
let caches: string;

beforeAll(async () => {
  caches = await mkdtemp(join(tmpdir(), 'helios-caches-'));
  moto = await startMoto();
});

afterAll(async () => {
  await moto?.[Symbol.asyncDispose]();
  await rm(caches, { recursive: true });
});

testStorage(
  'S3 (moto)',
  async () => {
    const storage = await openStorage();
    return { storage, close: async () => storage.close() };
  },
  ['a\nb'],
);

test('a file larger than a part goes in parts, and comes back whole', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'helios-s3-'));
  const storage = await openStorage();
  try {
    const bytes = randomBytes(12 * 1024 * 1024 + 17);
    await writeFile(join(folder, 'in'), bytes);
    await storage.putFile('big', join(folder, 'in'));
    await expect(storage.putFile('big', join(folder, 'in'))).rejects.toThrow(/already there/);
    await storage.download('big', join(folder, 'out'));
    expect((await readFile(join(folder, 'out'))).equals(bytes)).toBe(true);
    expect(await storage.readRange('big', 5_000_000, 10)).toEqual(
      new Uint8Array(bytes.subarray(5_000_000, 5_000_010)),
    );
  } finally {
    storage.close();
    await rm(folder, { recursive: true });
  }
});

async function openStorage(): Promise<S3Storage> {
  const endpoint = moto?.endpoint ?? '';
  const bucket = await createBucket(endpoint);
  return new S3Storage(
    { bucket, prefix: 'a/lake', endpoint, region: undefined, isPathStyle: true },
    {
      region: 'us-east-1',
      endpoint,
      isPathStyle: true,
      credentials: async () => credentials,
      clock: systemClock,
      random: Math.random,
      cache: await FileCache.open({ directory: join(caches, bucket), bytesMax: 2 ** 30 }),
      partBytes: 5 * 1024 * 1024,
    },
  );
}
