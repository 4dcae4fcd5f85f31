import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import type { Storage, StoredObject } from './storage.ts';

type Opened = { readonly storage: Storage; readonly close: () => Promise<void> };

/**
 * What every storage does. `open` gives an empty one; `unnamable` are the names that the store at
 * hand can't have, though others of its kind can.
 */
export function testStorage(
  name: string,
  open: () => Promise<Opened>,
  unnamable: readonly string[] = [],
): void {
  describe(`${name} storage`, () => {
    let opened: Opened;
    let folder: string;
    beforeEach(async () => {
      opened = await open();
      folder = await mkdtemp(join(tmpdir(), 'helios-conformance-'));
    });
    afterEach(async () => {
      await opened.close();
      await rm(folder, { recursive: true });
    });

    testReading(() => opened.storage);
    testListing(() => opened.storage);
    testWriting(() => opened.storage);
    testFiles(
      () => opened.storage,
      () => folder,
    );
    testPaths(() => opened.storage, unnamable);
  });
}

function testReading(storage: () => Storage): void {
  test('what was put is read, with its length', async () => {
    await storage().put('a/b.txt', bytesOf('héllo'));
    expect(await textOf(storage(), 'a/b.txt')).toBe('héllo');
    expect(await storage().stat('a/b.txt')).toMatchObject({ path: 'a/b.txt', byteLength: 6 });
  });

  test('a range is read as far as the object goes', async () => {
    await storage().put('a', bytesOf('0123456789'));
    expect(new TextDecoder().decode(await storage().readRange('a', 2, 3))).toBe('234');
    expect(new TextDecoder().decode(await storage().readRange('a', 8, 5))).toBe('89');
    expect(await codeOf(storage().readRange('b', 0, 1))).toBe('not_found');
  });

  test('an absent object is not found', async () => {
    await storage().put('a/b', bytesOf('x'));
    expect(await storage().stat('a/c')).toBeUndefined();
    expect(await storage().stat('a')).toBeUndefined();
    expect(await codeOf(storage().read('a/c'))).toBe('not_found');
    expect(await codeOf(storage().read('a'))).toBe('not_found');
    expect(await codeOf(storage().read('a/b/c'))).toBe('not_found');
  });

  test('deleting twice is fine, and others stay', async () => {
    await storage().put('a', bytesOf('1'));
    await storage().put('b', bytesOf('2'));
    await storage().delete('a');
    await storage().delete('a');
    expect(await paths(storage(), '')).toEqual(['b']);
  });
}

function testListing(storage: () => Storage): void {
  const inOrder = [
    'a',
    'a-b/x',
    'a.b',
    'a/b',
    'a/b-c',
    'a/b/c',
    'a0',
    'b',
    '\u{ff5e}',
    '\u{1f600}',
  ];

  // On a file system a name is a file or a folder, so the two cannot both be there.
  const names = inOrder.filter((path) => path !== 'a' && path !== 'a/b');

  test('paths come in the order of their UTF-8 bytes', async () => {
    for (const path of names.toReversed()) await storage().put(path, bytesOf(path));
    expect(await paths(storage(), '')).toEqual(names);
  });

  test.each([
    ['', undefined, names],
    ['a', undefined, names.filter((path) => path.startsWith('a'))],
    ['a/', undefined, ['a/b-c', 'a/b/c']],
    ['a/b', undefined, ['a/b-c', 'a/b/c']],
    ['a/b/', undefined, ['a/b/c']],
    ['missing/', undefined, []],
    ['', 'a/b-c', ['a/b/c', 'a0', 'b', '\u{ff5e}', '\u{1f600}']],
    ['', 'a/b', ['a/b-c', 'a/b/c', 'a0', 'b', '\u{ff5e}', '\u{1f600}']],
    ['a/', 'a/b/c', []],
    ['a/', 'a/b/b', ['a/b/c']],
    ['', '\u{ff5e}', ['\u{1f600}']],
  ])('listing %j after %j', async (prefix, startAfter, expected) => {
    for (const path of names) await storage().put(path, bytesOf(path));
    expect(await paths(storage(), prefix, startAfter)).toEqual(expected);
  });

  test('an empty storage lists nothing', async () => {
    expect(await paths(storage(), '')).toEqual([]);
  });
}

function testWriting(storage: () => Storage): void {
  test('of two writers that put if absent, the first wins', async () => {
    expect(await storage().putIfAbsent('x/y', bytesOf('first'))).toBe('put');
    expect(await storage().putIfAbsent('x/y', bytesOf('second'))).toBe('exists');
    expect(await textOf(storage(), 'x/y')).toBe('first');
  });

  test('of eight racing writers one wins, and its bytes are there', async () => {
    for (let round = 0; round < 5; round++) {
      const path = `race/${round}`;
      const writers = Array.from({ length: 8 }, (_, index) => String(index).repeat(1000));
      const outcomes = await Promise.all(
        writers.map(async (text) => await storage().putIfAbsent(path, bytesOf(text))),
      );
      expect(outcomes.filter((outcome) => outcome === 'put')).toHaveLength(1);
      expect(await textOf(storage(), path)).toBe(writers[outcomes.indexOf('put')]);
    }
    expect(await paths(storage(), '')).toHaveLength(5);
  });

  test('put replaces, and may be empty', async () => {
    await storage().put('a', bytesOf('long text'));
    await storage().put('a', bytesOf(''));
    expect(await textOf(storage(), 'a')).toBe('');
    expect(await storage().stat('a')).toMatchObject({ byteLength: 0 });
  });

  test('stored bytes are a copy', async () => {
    const bytes = bytesOf('abc');
    await storage().put('a', bytes);
    bytes.fill(0);
    (await storage().read('a')).fill(0);
    expect(await textOf(storage(), 'a')).toBe('abc');
  });
}

function testFiles(storage: () => Storage, folder: () => string): void {
  test('a local file is stored under a free path only', async () => {
    const local = join(folder(), 'local');
    await writeFile(local, 'content');
    await storage().putFile('d/e/f', local);
    expect(await codeOf(storage().putFile('d/e/f', local))).toBe('already_exists');
    await rm(local);
    expect(await textOf(storage(), 'd/e/f')).toBe('content');
  });

  test('a missing local file is a failure', async () => {
    await expect(storage().putFile('d', join(folder(), 'missing'))).rejects.toThrow();
    expect(await storage().stat('d')).toBeUndefined();
  });
}

function testPaths(storage: () => Storage, unnamable: readonly string[]): void {
  const bad = [
    '',
    '/a',
    'a//b',
    'a/',
    '.',
    'a/../b',
    '..',
    'a\0b',
    '.helios-tmp/x',
    'x'.repeat(256),
  ];

  test.each(bad)('the path %j is refused', async (path) => {
    expect(await codeOf(storage().put(path, bytesOf('x')))).toBe('invalid_name');
    expect(await codeOf(storage().putIfAbsent(path, bytesOf('x')))).toBe('invalid_name');
    expect(await codeOf(storage().read(path))).toBe('invalid_name');
    expect(await codeOf(storage().stat(path))).toBe('invalid_name');
    expect(await codeOf(storage().delete(path))).toBe('invalid_name');
  });

  const odd = [
    '..hidden',
    '.dot',
    'a b',
    'p=%20',
    "it's",
    'ключ=日本',
    '-x',
    'a\nb',
    'a+b',
    'a&<b',
  ];
  test.each(odd.filter((path) => !unnamable.includes(path)))(
    'the odd name %j is a name',
    async (path) => {
      await storage().put(path, bytesOf('x'));
      expect(await paths(storage(), '')).toEqual([path]);
      expect(await textOf(storage(), path)).toBe('x');
    },
  );
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function textOf(storage: Storage, path: string): Promise<string> {
  return new TextDecoder().decode(await storage.read(path));
}

async function paths(storage: Storage, prefix: string, startAfter?: string): Promise<string[]> {
  const found: StoredObject[] = await Array.fromAsync(
    storage.list(prefix, startAfter === undefined ? {} : { startAfter }),
  );
  return found.map((object) => object.path);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return thrown instanceof HeliosError ? thrown.code : `not a HeliosError: ${String(thrown)}`;
}
