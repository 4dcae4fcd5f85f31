import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { position, type Batch } from '../../event/record.ts';
import { testSource } from '../source.conformance.ts';
import { SingleFileSource } from './single-file-source.ts';

const { signal } = new AbortController();
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-single-file-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

const codecs = [
  ['plain', 'events.ndjson', (text: string) => Buffer.from(text)],
  ['gzip', 'events.ndjson.gz', (text: string) => gzipSync(text)],
  ['zstd', 'events.ndjson.zst', (text: string) => zstdCompressSync(text)],
] as const;

for (const [name, file, encode] of codecs) {
  testSource({
    name: `single_file, ${name}`,
    isBounded: true,
    async open(records) {
      const folder = await mkdtemp(join(directory, 'case-'));
      const path = join(folder, file);
      // The last line lacks its end.
      await writeFile(path, encode(records.join('\n')));
      const options = { path, compression: 'auto', spoolDirectory: join(folder, 'spool') } as const;
      return {
        source: await SingleFileSource.open(options),
        append: undefined,
        reopen: async () => await SingleFileSource.open(options),
        [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true }),
      };
    },
  });
}

async function openBytes(name: string, bytes: Uint8Array): Promise<SingleFileSource> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  const spoolDirectory = join(directory, 'spool');
  return await SingleFileSource.open({ path, compression: 'auto', spoolDirectory });
}

async function textOf(batch: Batch | undefined): Promise<string> {
  if (batch?.content.kind !== 'lines') throw new Error('no batch of lines');
  return await readFile(batch.content.path, 'utf8');
}

const manyLines = Array.from({ length: 50_000 }, (_, n) => `{"n":${n},"m":${(n * 7919) % 9973}}\n`);

describe('a damaged file', () => {
  test.each([
    ['gzip', gzipSync(manyLines.join(''))],
    ['zstd', zstdCompressSync(manyLines.join(''))],
  ])('of %s gives the records before the damage, then says where it is', async (codec, bytes) => {
    const cut = bytes.subarray(0, Math.floor(bytes.length / 2));
    const source = await openBytes(`damaged.${codec === 'gzip' ? 'gz' : 'zst'}`, cut);
    const request = { partition: '0', bytesMax: 100_000_000, signal };
    const batch = await source.read({ ...request, after: undefined });
    const text = await textOf(batch);
    expect(text.length).toBeGreaterThan(100_000);
    expect(manyLines.join('').startsWith(text)).toBe(true);
    expect(text.endsWith('\n')).toBe(true);
    const next = source.read({ ...request, after: batch?.to });
    await expect(next).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringMatching(/damaged\..* is damaged: it is no .* after \d+ decompressed/),
    });
  });

  test('that is not gzip at all says so', async () => {
    const source = await openBytes('text.gz', Buffer.from('{"a":1}\n'));
    const read = source.read({ partition: '0', after: undefined, bytesMax: 10, signal });
    await expect(read).rejects.toMatchObject({ code: 'corrupt_data' });
  });
});

test('gzip files that were put one after the other are one', async () => {
  const source = await openBytes('two.gz', Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]));
  const batch = await source.read({ partition: '0', after: undefined, bytesMax: 100, signal });
  expect(await textOf(batch)).toBe('a\nb\n');
});

test('zstd frames that were put one after the other are one file', async () => {
  const frames = Buffer.concat([zstdCompressSync('a\n'), zstdCompressSync('b\n')]);
  const source = await openBytes('two.zst', frames);
  const batch = await source.read({ partition: '0', after: undefined, bytesMax: 100, signal });
  expect(await textOf(batch)).toBe('a\nb\n');
});

test('a batch stays as it is when the file changes or goes away', async () => {
  const source = await openBytes('gone.ndjson', Buffer.from('{"a":1}\n{"a":2}\n'));
  const batch = await source.read({ partition: '0', after: undefined, bytesMax: 5, signal });
  await rm(join(directory, 'gone.ndjson'));
  expect(await textOf(batch)).toBe('{"a":1}\n');
  await expect(
    source.read({ partition: '0', after: batch?.to, bytesMax: 5, signal }),
  ).rejects.toMatchObject({ code: 'not_found' });
});

test('lines that come later are read when the source is opened again', async () => {
  const source = await openBytes('grows.ndjson', Buffer.from('{"a":1}\n'));
  const batch = await source.read({ partition: '0', after: undefined, bytesMax: 5, signal });
  expect(await source.hasEnded(new Map([['0', position('8')]]))).toBe(true);
  await appendFile(join(directory, 'grows.ndjson'), '{"a":2}\n');
  expect(await source.hasEnded(new Map([['0', position('8')]]))).toBe(false);
  const more = await source.read({ partition: '0', after: batch?.to, bytesMax: 5, signal });
  expect(await textOf(more)).toBe('{"a":2}\n');
});

test.each(['', '{"n":1}\n'])('one byte at the end of %j is a line of its own', async (before) => {
  const source = await openBytes('one-byte.ndjson', Buffer.from(`${before}x`));
  const batches: Batch[] = [];
  for (;;) {
    const after = batches.at(-1)?.to;
    const batch = await source.read({ partition: '0', after, bytesMax: 1, signal });
    if (batch === undefined) break;
    batches.push(batch);
  }
  expect(await textOf(batches.at(-1))).toBe('x\n');
  expect(batches.at(-1)?.to).toBe(String(before.length + 1));
});

test('an empty file has ended', async () => {
  const source = await openBytes('empty.ndjson', Buffer.alloc(0));
  expect(await source.hasEnded(new Map())).toBe(true);
  const read = source.read({ partition: '0', after: undefined, bytesMax: 5, signal });
  expect(await read).toBeUndefined();
});

test('a compression that is named counts more than the name of the file', async () => {
  const path = join(directory, 'named.txt');
  await writeFile(path, gzipSync('x\n'));
  const spoolDirectory = join(directory, 'spool');
  const source = await SingleFileSource.open({ path, compression: 'gzip', spoolDirectory });
  const batch = await source.read({ partition: '0', after: undefined, bytesMax: 5, signal });
  expect(await textOf(batch)).toBe('x\n');
  await truncate(path, 0);
});

test.each([
  ['missing', 'nowhere.ndjson', 'not_found', /nowhere\.ndjson does not exist/],
  ['a folder', '.', 'invalid_config', /is not a file/],
])('a path that is %s is refused', async (_, name, code, message) => {
  const path = join(directory, name);
  const opening = SingleFileSource.open({ path, compression: 'auto', spoolDirectory: directory });
  await expect(opening).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test.each(['x', '-1', '1.5', ''])('the position %j is refused', async (text) => {
  const source = await openBytes('position.ndjson', Buffer.from('{}\n'));
  const read = source.read({ partition: '0', after: position(text), bytesMax: 1, signal });
  await expect(read).rejects.toMatchObject({ code: 'corrupt_data' });
});
