import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testStorage } from '../storage.conformance.ts';
import { FileStorage } from './file-storage.ts';

testStorage('file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'helios-storage-'));
  return {
    storage: new FileStorage(join(folder, 'not/yet/there')),
    close: async () => await rm(folder, { recursive: true }),
  };
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'helios-storage-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => {} };

test('what a crash left behind is not listed, and goes when it is an hour old', async () => {
  const temporary = join(root, '.helios-tmp');
  await mkdir(temporary);
  for (const [name, ageMs] of [
    ['old', 3_600_001],
    ['young', 3_599_000],
  ] as const) {
    await writeFile(join(temporary, name), 'half');
    const date = new Date(nowMs - ageMs);
    await utimes(join(temporary, name), date, date);
  }
  const storage = new FileStorage(root, { clock });
  expect(await Array.fromAsync(storage.list(''))).toEqual([]);
  await storage.put('a', new Uint8Array(1));
  expect(await readdir(temporary)).toEqual(['young']);
});

test('writing leaves no temporary file behind', async () => {
  const storage = new FileStorage(root);
  await storage.putIfAbsent('a', new Uint8Array(1));
  await storage.putIfAbsent('a', new Uint8Array(1));
  await storage.put('a', new Uint8Array(2));
  expect(await readdir(join(root, '.helios-tmp'))).toEqual([]);
});

test('a file stored from the same file system is a hard link', async () => {
  const local = join(root, 'local');
  await writeFile(local, 'content');
  const storage = new FileStorage(join(root, 'table'));
  await storage.putFile('data/file', local);
  expect((await stat(storage.localPath('data/file'))).ino).toBe((await stat(local)).ino);
});

test('a folder that disappears while in use is made again', async () => {
  const storage = new FileStorage(root);
  await storage.put('a/b', new Uint8Array(1));
  await rm(join(root, 'a'), { recursive: true });
  await rm(join(root, '.helios-tmp'), { recursive: true });
  expect(await storage.putIfAbsent('a/b', new Uint8Array(1))).toBe('put');
});

test('a folder in which nobody can make one is a failure, and not tried for ever', async () => {
  const storage = new FileStorage('/proc/helios/table');
  await expect(storage.put('a', new Uint8Array(1))).rejects.toMatchObject({
    code: 'storage_failed',
  });
});

test('a file where a folder should be is a failure that names it', async () => {
  const storage = new FileStorage(root);
  await storage.put('a', new Uint8Array(1));
  await expect(storage.put('a/b', new Uint8Array(1))).rejects.toThrow(join(root, 'a/b'));
});
