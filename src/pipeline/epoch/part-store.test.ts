import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PartStore } from './part-store.ts';

let directory: string;
let store: PartStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-parts-'));
  store = new PartStore(join(directory, 'parts'));
  await store.open();
  for (const name of ['a', 'b', 'c']) await writeFile(store.path(name), name);
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function names(): Promise<readonly string[]> {
  return (await readdir(store.directory)).toSorted();
}

test('a retired part goes at once, or with the last query that reads it', async () => {
  store.pin(['a', 'b']);
  store.pin(['a']);
  store.retire(['a', 'c']);
  expect(await names()).toEqual(['a', 'b']);
  store.unpin(['a']);
  expect(await names()).toEqual(['a', 'b']);
  store.unpin(['a', 'b']);
  expect(await names()).toEqual(['b']);
  expect(await store.exists('a')).toBe(false);
  expect(await store.exists('b')).toBe(true);
});

test('retiring twice, or what is gone, harms nobody', async () => {
  store.retire(['a']);
  store.retire(['a', 'never']);
  store.pin(['b']);
  store.retire(['b']);
  store.retire(['b']);
  store.unpin(['b']);
  expect(await names()).toEqual(['c']);
});

test('orphans go, but not while a query reads them', async () => {
  store.pin(['b']);
  await store.keepOnly(new Set(['c']));
  expect(await names()).toEqual(['b', 'c']);
  store.unpin(['b']);
  expect(await names()).toEqual(['c']);
});

test('files and the folder are synced; a missing file is told', async () => {
  await store.sync(['a', 'b']);
  await expect(store.sync(['gone'])).rejects.toThrow('ENOENT');
  await store.deleteAll();
  await store.deleteAll();
});
