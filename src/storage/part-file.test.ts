import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileCache } from './file-cache.ts';
import type { ByteRange } from './byte-ranges.ts';
import type { Choose, PartFetch, RangeAnswer } from './part-file.ts';

const megabyte = 1024 * 1024;
const byteLength = 20 * megabyte;
const object = { location: 's3://lake', path: 'a.parquet', byteLength };

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-parts-'));
  store = new Store();
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** An object whose bytes are those of its version, and what was asked of it. */
class Store {
  version = 1;
  readonly asked: ByteRange[] = [];
  wholes = 0;
  /** Is waited for before a range is answered. */
  gate: Promise<void> = Promise.resolve();

  async range(range: ByteRange, tag: string | undefined): Promise<RangeAnswer> {
    this.asked.push(range);
    await this.gate;
    if (tag !== undefined && tag !== String(this.version)) return { kind: 'replaced' };
    const bytes = Buffer.alloc(range.end - range.start, this.version);
    return {
      kind: 'bytes',
      bytes: [bytes.subarray(0, 9), bytes.subarray(9)],
      tag: `${this.version}`,
    };
  }

  async whole(path: string): Promise<void> {
    this.wholes += 1;
    await writeFile(path, Buffer.alloc(byteLength, this.version));
  }

  get askedBytes(): number {
    return this.asked.reduce((sum, { start, end }) => sum + end - start, 0);
  }
}

async function open(bytesMax = 100 * megabyte): Promise<FileCache> {
  return await FileCache.open({ directory, bytesMax });
}

function part(...ranges: readonly (readonly [start: number, end: number])[]): PartFetch {
  return partBy(() => ({
    kind: 'ranges',
    ranges: ranges.map(([start, end]) => ({ start: start * megabyte, end: end * megabyte })),
  }));
}

function partBy(choose: Choose): PartFetch {
  return {
    choose,
    fetchRange: async (range, tag) => await store.range(range, tag),
    fetch: async (path) => await store.whole(path),
  };
}

/** Which version each megabyte is of; 0 is a hole. */
async function versionsIn(path: string): Promise<string> {
  const bytes = await readFile(path);
  return Array.from({ length: 20 }, (_, index) => bytes[index * megabyte]).join('');
}

test('what is chosen is there, and no more is asked for', async () => {
  const cache = await open();
  const held = await cache.holdPart(object, part([2, 4], [9, 10]));
  expect(await versionsIn(held.path)).toBe('00110000010000000000');
  expect((await stat(held.path)).size).toBe(byteLength);
  expect(store.askedBytes).toBe(3 * megabyte + 64 * 1024);
  expect(cache.facts()).toMatchObject({ files: 1, bytes: store.askedBytes, misses: 1, hits: 0 });
  const again = await cache.holdPart(object, part([3, 4]));
  expect(again.path).toBe(held.path);
  expect(store.askedBytes).toBe(3 * megabyte + 64 * 1024);
  expect(cache.facts()).toMatchObject({ hits: 1 });
});

test('others gain what they need, and fetch no byte twice', async () => {
  const cache = await open();
  const ranges = [part([2, 4]), part([3, 6]), part([2, 6]), part([0, 1])];
  const held = await Promise.all(ranges.map(async (one) => await cache.holdPart(object, one)));
  expect(new Set(held.map(({ path }) => path)).size).toBe(1);
  expect(await versionsIn(held[0]?.path ?? '')).toBe('10111100000000000000');
  expect(store.askedBytes).toBe(5 * megabyte + 64 * 1024);
});

test('long ranges are asked for in pieces, short gaps with what is around them', async () => {
  const cache = await open();
  await cache.holdPart(object, part([0, 1], [1.1, 9]));
  expect(store.asked.map(({ start, end }) => [start, end].map((at) => at / megabyte))).toEqual([
    [20 - 1 / 16, 20],
    [0, 8],
    [8, 9],
  ]);
});

test('an object that is replaced is fetched whole, and never mixed with what it was', async () => {
  const cache = await open();
  const before = await cache.holdPart(object, part([2, 4]));
  store.version = 2;
  const after = await cache.holdPart(object, part([5, 6]));
  expect(await versionsIn(after.path)).toBe('2'.repeat(20));
  // Who has the old one keeps it, as it was.
  expect(await versionsIn(before.path)).toBe('00110000000000000000');
  before.release();
  await expect.poll(async () => await readdir(directory)).toHaveLength(1);
  const again = await cache.holdPart(object, part([8, 9]));
  expect(again.path).toBe(after.path);
  expect(cache.facts()).toMatchObject({ files: 1, bytes: byteLength });
});

test('a store without versions is asked for whole objects', async () => {
  const cache = await open();
  const held = await cache.holdPart(object, {
    ...part([2, 4]),
    fetchRange: async ({ start, end }) => ({
      kind: 'bytes',
      bytes: [Buffer.alloc(end - start, 7)],
      tag: undefined,
    }),
  });
  expect(await versionsIn(held.path)).toBe('1'.repeat(20));
});

test.each([
  [
    'most of a file',
    partBy(() => ({ kind: 'ranges', ranges: [{ start: 0, end: byteLength * 0.8 }] })),
  ],
  ['what nobody understands', partBy(() => ({ kind: 'whole' }))],
  [
    'a tail that never suffices',
    partBy((tail) => ({ kind: 'longer_tail', byteLength: tail.length })),
  ],
])('%s is fetched as a whole file, which stays', async (_, fetch) => {
  const cache = await open();
  const held = await cache.holdPart(object, fetch);
  expect(await versionsIn(held.path)).toBe('1'.repeat(20));
  await expect.poll(async () => await readdir(directory)).toHaveLength(1);
  const next = await open();
  await next.holdPart(object, fetch);
  expect(store.wholes).toBe(1);
});

test('a longer tail is had where that is asked for', async () => {
  const cache = await open();
  const lengths: number[] = [];
  await cache.holdPart(
    object,
    partBy((tail) => {
      lengths.push(tail.length);
      if (tail.length < megabyte) return { kind: 'longer_tail', byteLength: megabyte };
      return { kind: 'ranges', ranges: [] };
    }),
  );
  expect(lengths).toEqual([64 * 1024, megabyte]);
  expect(store.askedBytes).toBe(megabyte);
});

test('what failed is no part of the file, and is tried again', async () => {
  const cache = await open();
  const broken = {
    ...part([2, 4]),
    fetchRange: async (range: ByteRange, tag: string | undefined): Promise<RangeAnswer> => {
      if (range.start === 2 * megabyte) throw new Error('The store is away.');
      return await store.range(range, tag);
    },
  };
  await expect(cache.holdPart(object, broken)).rejects.toThrow(/is away/);
  const held = await cache.holdPart(object, part([2, 4]));
  expect(await versionsIn(held.path)).toBe('00110000000000000000');
});

test('parts take part of the budget; what is held stays, and what is not goes', async () => {
  const cache = await open(4 * megabyte);
  const held = await cache.holdPart(object, part([2, 5]));
  const other = { ...object, path: 'b.parquet' };
  const second = await cache.holdPart(other, part([7, 10]));
  expect(await versionsIn(held.path)).toBe('00111000000000000000');
  second.release();
  held.release();
  await expect.poll(async () => await readdir(directory)).toHaveLength(1);
  expect(cache.facts().bytes).toBeLessThanOrEqual(4 * megabyte);
});

test('a file that goes while another is being fetched is not the one that is being fetched', async () => {
  const cache = await open(megabyte);
  const { promise, resolve } = Promise.withResolvers<void>();
  store.gate = promise;
  const coming = cache.holdPart(object, part([2, 5]));
  await expect.poll(() => store.asked.length).toBe(1);
  const other = cache.holdPart({ ...object, path: 'b.parquet' }, part([7, 8]));
  await expect.poll(() => store.asked.length).toBe(2);
  resolve();
  (await other).release();
  expect(await versionsIn((await coming).path)).toBe('00111000000000000000');
});

test('the next process knows nothing of parts, and removes them', async () => {
  const before = await open();
  await before.holdPart(object, part([2, 4]));
  const after = await open();
  expect(await readdir(directory)).toEqual([]);
  const held = await after.holdPart(object, part([5, 6]));
  expect(await versionsIn(held.path)).toBe('00000100000000000000');
});

test('a disk that is full is given what nobody holds, and then told of', async () => {
  const cache = await open();
  (await cache.holdPart({ ...object, path: 'old.parquet' }, part([2, 4]))).release();
  const full = {
    ...part([2, 4]),
    fetchRange: async (range: ByteRange, tag: string | undefined): Promise<RangeAnswer> => {
      if ((await readdir(directory)).length > 1) {
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      }
      return await store.range(range, tag);
    },
  };
  const held = await cache.holdPart(object, full);
  expect(await versionsIn(held.path)).toBe('00110000000000000000');
  await expect(cache.holdPart({ ...object, path: 'b' }, full)).rejects.toMatchObject({
    code: 'disk_full',
  });
});
