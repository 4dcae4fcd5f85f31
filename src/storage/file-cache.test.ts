import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileCache } from './file-cache.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-cache-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

const open = async (bytesMax = 100): Promise<FileCache> =>
  await FileCache.open({ directory, bytesMax });

function object(path: string, byteLength = 10) {
  return { location: 's3://lake', path, byteLength };
}

async function fetchTen(path: string): Promise<void> {
  await writeFile(path, 'x'.repeat(10));
}

async function neverFetch(): Promise<void> {
  throw new Error('It was fetched.');
}

test('an object is fetched once, for all who ask', async () => {
  const cache = await open();
  let fetches = 0;
  const fetch = async (path: string): Promise<void> => {
    fetches += 1;
    await fetchTen(path);
  };
  const held = await Promise.all([1, 2, 3].map(async () => await cache.hold(object('a'), fetch)));
  expect(fetches).toBe(1);
  expect(new Set(held.map(({ path }) => path)).size).toBe(1);
  expect(await readFile(held[0]?.path ?? '', 'utf8')).toBe('xxxxxxxxxx');
  expect(cache.facts()).toMatchObject({ files: 1, bytes: 10, bytesFetched: 10 });
});

test('a failed fetch leaves nothing, and is tried again', async () => {
  const cache = await open();
  await expect(cache.hold(object('a'), neverFetch)).rejects.toThrow(/fetched/);
  expect(await readdir(directory)).toEqual([]);
  await cache.hold(object('a'), fetchTen);
});

test('an object of another length than its table says is refused', async () => {
  const cache = await open();
  await expect(cache.hold(object('a', 11), fetchTen)).rejects.toMatchObject({
    code: 'corrupt_data',
    message: 's3://lake/a has 10 bytes; its table says 11.',
  });
  expect(await readdir(directory)).toEqual([]);
});

test('the longest unused goes first, and what is held stays', async () => {
  const cache = await open(30);
  const first = await cache.hold(object('a'), fetchTen);
  for (const name of ['b', 'c']) (await cache.hold(object(name), fetchTen)).release();
  (await cache.hold(object('b'), neverFetch)).release();
  const fourth = await cache.hold(object('d'), fetchTen);
  expect(cache.facts()).toMatchObject({ files: 3, bytes: 30 });
  await stat(first.path);
  (await cache.hold(object('b'), neverFetch)).release();
  await expect(cache.hold(object('c'), neverFetch)).rejects.toThrow(/was fetched/);
  first.release();
  fourth.release();
});

test('one file may be larger than the cache, until it is released', async () => {
  const cache = await open(5);
  const held = await cache.hold(object('a'), fetchTen);
  expect(await readFile(held.path, 'utf8')).toHaveLength(10);
  held.release();
  held.release();
  await expect.poll(async () => await readdir(directory)).toEqual([]);
});

test('what this machine wrote is not fetched', async () => {
  const cache = await open();
  const own = join(directory, '..', `${Date.now()}-own`);
  await writeFile(own, '0123456789');
  await cache.adopt(object('a.parquet'), own);
  await rm(own);
  const held = await cache.hold(object('a.parquet'), neverFetch);
  expect(held.path).toMatch(/\.parquet$/);
  expect(await readFile(held.path, 'utf8')).toBe('0123456789');
});

test('a new process finds what the one before had, but for what is damaged', async () => {
  const before = await open();
  const whole = await before.hold(object('whole'), fetchTen);
  const damaged = await before.hold(object('damaged'), fetchTen);
  const shorter = await before.hold(object('shorter'), fetchTen);
  await writeFile(damaged.path, 'y'.repeat(10));
  await writeFile(shorter.path, 'x');
  await writeFile(join(directory, 'half.tmp'), 'x');

  const after = await open();
  expect((await after.hold(object('whole'), neverFetch)).path).toBe(whole.path);
  const again = await after.hold(object('damaged'), fetchTen);
  expect(await readFile(again.path, 'utf8')).toBe('x'.repeat(10));
  await after.hold(object('shorter'), fetchTen);
  expect(after.facts()).toMatchObject({ files: 3, hits: 1, misses: 2, damaged: 1 });
});

test('it takes no more than the disk has to give', async () => {
  const reserved = 256 * 1024 * 1024;
  let free = reserved + 25;
  const cache = await FileCache.open({ directory, bytesMax: 100, freeBytes: async () => free });
  const hold = async (path: string): Promise<void> =>
    (await cache.hold(object(path), fetchTen)).release();
  await hold('a');
  await hold('b');
  free = reserved;
  await hold('c');
  expect(cache.facts()).toMatchObject({ files: 2, bytes: 20 });
});

test('a full disk is given all that nobody holds, and told of in words', async () => {
  const cache = await open();
  (await cache.hold(object('old'), fetchTen)).release();
  let isFull = true;
  const fetch = async (path: string): Promise<void> => {
    const other = await readdir(directory);
    if (isFull && other.length > 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    await fetchTen(path);
  };
  const held = await cache.hold(object('new'), fetch);
  expect(cache.facts()).toMatchObject({ files: 1, bytes: 10 });
  await expect(cache.hold(object('more'), fetch)).rejects.toThrow(
    /The disk is too full to fetch the 10 bytes of s3:\/\/lake\/more/,
  );
  isFull = false;
  held.release();
  await cache.hold(object('more'), fetch);
});

test('what is larger than the cache is not taken in, and no failure of who offers it', async () => {
  const cache = await open(5);
  const local = join(directory, 'local');
  await fetchTen(local);
  await cache.adopt(object('a'), local);
  expect(cache.facts()).toMatchObject({ files: 0, bytes: 0 });
  await rm(local);
});
