import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { S3Storage } from '../../src/storage/s3/s3-storage.ts';
import { testStorage } from '../../src/storage/storage.conformance.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { createBucket } from './bucket.ts';
import { openS3 } from './open-s3.ts';

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

testStorage('S3 (moto)', async () => ({ storage: await openStorage(), close: async () => {} }), [
  'a\nb',
]);

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
    await rm(folder, { recursive: true });
  }
});

test('uploads that were never ended are counted, and given up, when they are old', async () => {
  const endpoint = moto?.endpoint ?? '';
  const storage = await openStorage();
  const [, bucket = ''] = /^s3::[^/]+\/\/[^/]+\/([^/]+)\//.exec(storage.location) ?? [];
  const client = new S3Client({
    ...{ region: 'us-east-1', endpoint, forcePathStyle: true },
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  });
  try {
    for (const key of ['a/lake/big', 'a/lakeside/other']) {
      await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
    }
    // Every upload of moto's began in 2010.
    const [past, future] = [Date.UTC(2001), Date.now() + 60_000];
    expect(await storage.abortUploads(past, false)).toBe(0);
    expect(await storage.abortUploads(future, true)).toBe(1);
    expect(await storage.abortUploads(future, false)).toBe(1);
    expect(await storage.abortUploads(future, true)).toBe(0);
  } finally {
    client.destroy();
  }
});

async function openStorage(): Promise<S3Storage> {
  const endpoint = moto?.endpoint ?? '';
  const bucket = await createBucket(endpoint);
  const parts = { partBytes: 5 * 1024 * 1024 };
  return await openS3({ endpoint, bucket, folder: caches }, { parts });
}
