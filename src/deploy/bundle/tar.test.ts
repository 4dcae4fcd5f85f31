import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeGzipFile } from './gzip-file.ts';
import { type BundleFile, packageFiles, tarChunks, tarEnd } from './tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'helios-tar-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Content of more than one member of gzip, which doesn't compress to nothing. */
const large = Buffer.from(
  Uint32Array.from({ length: 2_300_000 }, (_, at) => at * 2654435761).buffer,
);

const files: readonly BundleFile[] = [
  { path: 'top/plain', isExecutable: false, bytes: Buffer.from('text\n') },
  { path: 'top/empty', isExecutable: false, bytes: Buffer.alloc(0) },
  { path: 'top/of one block', isExecutable: true, bytes: Buffer.alloc(512, 1) },
  { path: `top/${'folder/'.repeat(20)}ä.js`, isExecutable: false, bytes: Buffer.from('split') },
  { path: `top/${'x'.repeat(120)}/${'y'.repeat(120)}`, isExecutable: true, bytes: large },
];

test('what was written is read again', () => {
  const read = [...packageFiles(archived(files))];
  expect(read.map(({ path }) => path)).toEqual(files.map(({ path }) => path.slice(4)));
  expect(read.map((file) => file.isExecutable)).toEqual(files.map((file) => file.isExecutable));
  expect(read.every((file, at) => Buffer.compare(file.bytes, files[at]!.bytes) === 0)).toBe(true);
});

test('tar and gzip unpack it, with names, content and who may run it', async () => {
  const path = join(folder, 'one.tar.gz');
  await writeGzipFile(path, inPieces(archived(files), 100_000));
  execFileSync('tar', ['-xzf', path, '-C', folder]);
  for (const file of files) {
    const unpacked = join(folder, file.path);
    expect(Buffer.compare(readFileSync(unpacked), file.bytes)).toBe(0);
    expect((statSync(unpacked).mode & 0o111) !== 0).toBe(file.isExecutable);
  }
});

test('the same content makes the same file, in whatever pieces it comes', async () => {
  const content = archived(files);
  const one = await writeGzipFile(join(folder, 'a'), inPieces(content, 65_536));
  const other = await writeGzipFile(join(folder, 'b'), inPieces(content, 5_000_001));
  expect(other).toEqual(one);
  expect(one.bytes).toBe(statSync(join(folder, 'a')).size);
  const hash = createHash('sha256').update(readFileSync(join(folder, 'a')));
  expect(hash.digest('hex')).toBe(one.sha256);
});

test('a file that could not be finished is not there', async () => {
  const path = join(folder, 'failed');
  // oxlint-disable-next-line require-yield
  const content = async function* (): AsyncGenerator<Uint8Array> {
    throw new Error('no more');
  };
  await expect(writeGzipFile(path, content())).rejects.toThrow('no more');
  expect(() => statSync(path)).toThrow('ENOENT');
  expect(() => statSync(`${path}.unfinished`)).toThrow('ENOENT');
});

test('a folder that is not there is named', async () => {
  const path = join(folder, 'nowhere', 'file');
  await expect(writeGzipFile(path, inPieces(tarEnd, 10))).rejects.toMatchObject({
    code: 'storage_failed',
    message: expect.stringContaining(`${path} could not be written`) as unknown,
  });
});

test.each([
  ['package/../../evil', 'the path "package/../../evil"'],
  ['/etc/passwd/..', 'the path'],
  ['alone', 'the path "alone"'],
  ['package//x', 'the path'],
  ['package/a\\b', 'the path'],
])('an archive with the path %j is refused', (path, text) => {
  const file = { path, isExecutable: false, bytes: Buffer.alloc(1) };
  expect(() => [...packageFiles(archived([file]))]).toThrow(text);
});

test('an archive with a link, or with less than it says, is refused', () => {
  writeFileSync(join(folder, 'target'), 'x');
  execFileSync('ln', ['-s', 'target', join(folder, 'link')]);
  const tar = execFileSync('tar', ['-cf', '-', '-C', folder, 'link']);
  expect(() => [...packageFiles(tar)]).toThrow('an entry of kind "2"');
  const cut = archived(files).subarray(0, 2_000_000);
  expect(() => [...packageFiles(cut)]).toThrow('less than it says');
  expect(() => [...packageFiles(Buffer.alloc(1024, 65))]).toThrow('a size that is no number');
});

test('an archive that GNU tar made is read, long names too', () => {
  const inner = join('p', 'd'.repeat(90), 'e'.repeat(90));
  execFileSync('mkdir', ['-p', join(folder, inner)]);
  writeFileSync(join(folder, inner, 'f'.repeat(90)), 'deep');
  const words = ['--format=posix', '-cf', '-', '-C', folder, 'p'];
  const read = [...packageFiles(execFileSync('tar', words))];
  expect(read.map(({ path }) => path)).toEqual([
    ['d'.repeat(90), 'e'.repeat(90), 'f'.repeat(90)].join('/'),
  ]);
  expect(Buffer.from(read[0]!.bytes).toString()).toBe('deep');
});

function archived(all: readonly BundleFile[]): Buffer {
  return Buffer.concat([...all.flatMap((file) => [...tarChunks(file)]), tarEnd]);
}

async function* inPieces(content: Uint8Array, byteLength: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += byteLength) {
    yield content.subarray(at, at + byteLength);
  }
}
