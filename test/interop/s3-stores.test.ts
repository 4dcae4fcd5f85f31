import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConditionalWrites } from '../../src/storage/s3/conditional-writes.ts';
import type { S3Storage } from '../../src/storage/s3/s3-storage.ts';
import { testStorage } from '../../src/storage/storage.conformance.ts';
import { createBucket } from '../lake/bucket.ts';
import { commitUnderFaults } from '../lake/commit-under-faults.ts';
import { openS3 } from '../lake/open-s3.ts';
import { startVersity, type VersityPeer } from '../peers/versitygw.ts';

const versity = await startVersity();

describe.skipIf(versity === undefined)('a store that checks signatures', () => {
  let peer: VersityPeer;
  let folder: string;

  beforeAll(async () => {
    peer = versity!;
    folder = await mkdtemp(join(tmpdir(), 'helios-stores-'));
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function open(options: Parameters<typeof openS3>[1] = {}): Promise<S3Storage> {
    const { endpoint, credentials } = peer;
    const bucket = await createBucket(endpoint, credentials);
    return await openS3(
      { endpoint, bucket, folder },
      {
        credentials: async () => credentials,
        conditions: new ConditionalWrites('checked'),
        parts: { partBytes: 5 * 1024 ** 2 },
        ...options,
      },
    );
  }

  // A folder of its own file system: names of files and folders can't be the same there.
  testStorage('S3 (versitygw)', async () => ({ storage: await open(), close: async () => {} }), [
    'a\nb',
  ]);

  test('files in parts come back whole', async () => {
    const storage = await open();
    const bytes = randomBytes(12 * 1024 * 1024 + 17);
    await writeFile(join(folder, 'in'), bytes);
    await storage.putFile('big', join(folder, 'in'));
    await expect(storage.putFile('big', join(folder, 'in'))).rejects.toThrow(/already there/);
    await storage.download('big', join(folder, 'out'));
    expect((await readFile(join(folder, 'out'))).equals(bytes)).toBe(true);
  });

  test('a wrong secret, and an unknown key, are told', async () => {
    const wrong = { ...peer.credentials, secretAccessKey: 'another' };
    const secret = await open({ credentials: async () => wrong });
    await expect(secret.put('a', new Uint8Array(1))).rejects.toMatchObject({
      code: 'access_refused',
      hint: 'Check the credentials: key, secret, session token, profile.',
    });
    const unknown = { ...peer.credentials, accessKeyId: 'UNKNOWN' };
    const key = await open({ credentials: async () => unknown });
    await expect(key.read('a')).rejects.toMatchObject({ code: 'access_refused' });
  });

  test('commits through a bad network are neither lost nor doubled', async () => {
    const { endpoint, credentials } = peer;
    const plan = { endpoint, credentials, folder, faultShare: 0.2, seed: 7 };
    const report = await commitUnderFaults({ ...plan, writers: 4, commitsOfEach: 25 });
    expect(report).toMatchObject({ problems: [], commits: 100 });
  });
});
