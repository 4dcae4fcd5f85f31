import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { position } from '../../event/record.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import { testSource } from '../source.conformance.ts';
import { FilesystemSource } from './filesystem-source.ts';

const { signal } = new AbortController();

/** A store whose objects are files. */
const stored = {
  options: {},
  openStorage: async (location: string) => await Promise.resolve(new FileStorage(location)),
};

class Folder implements AsyncDisposable {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  static async make(files: Readonly<Record<string, string | Uint8Array>>): Promise<Folder> {
    const path = await mkdtemp(join(tmpdir(), 'helios-filesystem-'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, 'in', name)), { recursive: true });
      await writeFile(join(path, 'in', name), content);
    }
    return new Folder(path);
  }

  async source(
    options: {
      pattern?: RegExp;
      content?: 'lines' | 'parquet';
      below?: string;
      isStored?: boolean;
    } = {},
  ): Promise<FilesystemSource> {
    return await FilesystemSource.open({
      path: join(this.path, 'in', options.below ?? ''),
      storage: options.isStored === true ? stored : undefined,
      pattern: options.pattern,
      compression: 'auto',
      content: options.content ?? 'lines',
      spoolDirectory: join(this.path, 'spool'),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

for (const isStored of [false, true]) {
  testSource({
    name: `filesystem, three files${isStored ? ' in a store' : ''}`,
    isBounded: true,
    async open(records) {
      const text = (share: number): string =>
        records
          .filter((_, n) => n % 3 === share)
          .map((record) => `${record}\n`)
          .join('');
      const folder = await Folder.make({
        'a.ndjson': text(0),
        'year=2024/b [x].ndjson': text(1),
        'year=2024/c.gz': gzipSync(text(2)),
      });
      return {
        source: await folder.source({ isStored }),
        append: undefined,
        reopen: async () => await folder.source({ isStored }),
        [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
      };
    },
  });
}

test('lists all files below the folder by name, through links, each once', async () => {
  await using folder = await Folder.make({ 'b/2.json': '{}', 'a.json': '{}', 'b/1.json': '{}' });
  await symlink(join(folder.path, 'in'), join(folder.path, 'in', 'b', 'loop'));
  await symlink(join(folder.path, 'in', 'a.json'), join(folder.path, 'in', 'c.json'));
  const source = await folder.source();
  expect(await source.partitions()).toEqual(['a.json', 'b/1.json', 'b/2.json', 'c.json']);
});

test('takes only files that match, also by a pattern that remembers', async () => {
  await using folder = await Folder.make({ 'a.json': '{}', 'b/1.json': '{}', 'b/_SUCCESS': '' });
  const source = await folder.source({ pattern: /^b\/.*\.json$/g });
  expect(await source.partitions()).toEqual(['b/1.json']);
});

test('reads one file by its own path', async () => {
  await using folder = await Folder.make({ 'a.json': '{}\n' });
  const source = await folder.source({ below: 'a.json' });
  expect(await source.partitions()).toEqual(['a.json']);
});

test('gives a Parquet file as one batch', async () => {
  await using folder = await Folder.make({ 'a.parquet': 'x', 'b.parquet': 'yy' });
  const source = await folder.source({ content: 'parquet' });
  const request = { partition: 'a.parquet', bytesMax: 1, signal };
  const batch = await source.read({ ...request, after: undefined });
  expect(batch).toMatchObject({ to: 'done', from: undefined, content: { kind: 'parquet' } });
  expect(await source.read({ ...request, after: position('done') })).toBeUndefined();
  const half = new Map([['a.parquet', position('done')]]);
  expect(await source.hasEnded(half)).toBe(false);
  expect(await source.bytesBehind(half)).toBe(2);
  expect(await source.hasEnded(half.set('b.parquet', position('done')))).toBe(true);
  await batch?.release();
});

test('an empty folder has ended', async () => {
  await using folder = await Folder.make({ 'a.json': '' });
  const source = await folder.source({ pattern: /nothing/ });
  expect(await source.hasEnded(new Map())).toBe(true);
});

test('refuses a path that is not there, and a file that is not listed', async () => {
  await using folder = await Folder.make({ 'a.json': '{}' });
  await expect(folder.source({ below: 'nowhere' })).rejects.toMatchObject({ code: 'not_found' });
  const source = await folder.source();
  const read = source.read({ partition: 'gone.json', after: undefined, bytesMax: 1, signal });
  await expect(read).rejects.toMatchObject({ code: 'not_found' });
});

test('reads objects of a store, one by its own name too, and none of Helios', async () => {
  await using folder = await Folder.make({
    'b/1.json': '{}\n',
    'b/_helios/p/00000000000000000001.json': '{}',
    'a.parquet': 'xx',
  });
  const lines = await folder.source({ isStored: true, below: 'b' });
  expect(await lines.partitions()).toEqual(['1.json']);
  const batch = await lines.read({ partition: '1.json', after: undefined, bytesMax: 10, signal });
  const positions = new Map([['1.json', batch?.to ?? position('0')]]);
  expect(await lines.hasEnded(positions)).toBe(true);
  expect(await lines.bytesBehind(positions)).toBe(0);
  await batch?.release();
  const parquet = { isStored: true, below: 'a.parquet', content: 'parquet' } as const;
  const whole = await folder.source(parquet);
  expect(await whole.partitions()).toEqual(['a.parquet']);
  expect(await whole.bytesBehind(new Map())).toBe(2);
  await expect(folder.source({ isStored: true, below: 'nowhere' })).rejects.toMatchObject({
    code: 'not_found',
  });
});
