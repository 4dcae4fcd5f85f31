import { describe, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import type { Manifest } from './manifest.ts';
import { ManifestStore } from './manifest-store.ts';

function manifest(epoch: number, incarnation: string): Manifest {
  return {
    format: 1,
    pipeline: 'p',
    revision: 1,
    epoch,
    incarnation,
    previous: null,
    createdAtMs: epoch,
    watermarkMs: null,
    bytesIn: 0,
    recordsRejected: 0,
    recordsDropped: 0,
    sources: [],
    sinks: [],
  };
}

/** The put takes effect, but its answer is lost `times` times. */
class ForgetfulStorage extends MemoryStorage {
  lostAnswers = 0;

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<'put' | 'exists'> {
    const answer = await super.putIfAbsent(path, bytes);
    if (this.lostAnswers === 0) return answer;
    this.lostAnswers--;
    throw new HeliosError('storage_failed', 'The answer was lost.');
  }
}

describe('a manifest store', () => {
  test('gives back the newest', async () => {
    const store = new ManifestStore(new MemoryStorage(), 'm');
    expect(await store.newest()).toBeUndefined();
    const hashes: string[] = [];
    for (const epoch of [0, 1, 2]) hashes.push(await store.put(manifest(epoch, 'a')));
    expect(await store.newest()).toEqual({ manifest: manifest(2, 'a'), hash: hashes[2] });
    await store.deleteAll();
    expect(await store.newest()).toBeUndefined();
  });

  test('lets one of two processes win an epoch, and fences the other', async () => {
    const storage = new MemoryStorage();
    const [one, other] = [new ManifestStore(storage, 'm'), new ManifestStore(storage, 'm')];
    await one.put(manifest(1, 'a'));
    await expect(other.put(manifest(1, 'b'))).rejects.toMatchObject({ code: 'fenced' });
    expect((await other.newest())?.manifest.incarnation).toBe('a');
  });

  test('fences a sleeper whose number was used and deleted long ago', async () => {
    const storage = new MemoryStorage();
    const [sleeper, other] = [new ManifestStore(storage, 'm'), new ManifestStore(storage, 'm')];
    await sleeper.put(manifest(1, 'a'));
    for (let epoch = 2; epoch <= 40; epoch++) {
      await other.put(manifest(epoch, 'b'));
      await other.collect(epoch);
    }
    expect(await storage.stat('m/00000000000000000002.json')).toBeUndefined();
    await expect(sleeper.put(manifest(2, 'a'))).rejects.toMatchObject({ code: 'fenced' });
    expect((await other.newest())?.manifest).toEqual(manifest(40, 'b'));
    await other.put(manifest(41, 'b'));
  });

  test("takes its own lost answer for what it is, another's for a rival", async () => {
    const storage = new ForgetfulStorage();
    const store = new ManifestStore(storage, 'm');
    storage.lostAnswers = 1;
    await expect(store.put(manifest(1, 'a'))).rejects.toMatchObject({ code: 'storage_failed' });
    await store.put(manifest(1, 'a'));
    await expect(store.put(manifest(1, 'b'))).rejects.toMatchObject({ code: 'fenced' });
  });

  test('does not take other contents of its own for what was put', async () => {
    const store = new ManifestStore(new MemoryStorage(), 'm');
    await store.put(manifest(1, 'a'));
    await expect(store.put({ ...manifest(1, 'a'), bytesIn: 5 })).rejects.toMatchObject({
      code: 'fenced',
    });
  });

  test('keeps the newest and sixteen before it', async () => {
    const storage = new MemoryStorage();
    const store = new ManifestStore(storage, 'm');
    for (let epoch = 0; epoch <= 30; epoch++) {
      await store.put(manifest(epoch, 'a'));
      await store.collect(epoch);
    }
    const paths: string[] = [];
    for await (const { path } of storage.list('m/')) paths.push(path);
    expect(paths).toHaveLength(17);
    expect(paths[0]).toBe('m/00000000000000000014.json');
  });
});
