import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FileBytes } from './file-bytes.ts';
import { type BlankLines, RecordIndex } from './record-index.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-index-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

const piece = 4 * 1024 * 1024;
const someLine = 'line '.repeat(200);

/** Lines, and what of them are records. */
const files: readonly (readonly [string, string, BlankLines, readonly string[]])[] = [
  ['nothing', '', 'empty', []],
  ['lines without any byte', '\n\r\n', 'empty', []],
  ['white space', 'a\n \t\n\r\nb', 'white_space', ['a', 'b']],
  ['white space that counts', 'a\n \n', 'empty', ['a', ' ']],
  ['a last line without its end', 'a\r\nb', 'white_space', ['a', 'b']],
  ['a line as long as a piece', `${'x'.repeat(piece)}\nb\n`, 'empty', ['x'.repeat(piece), 'b']],
  ['a line of many pieces', `a\n${'x'.repeat(3 * piece)}`, 'empty', ['a', 'x'.repeat(3 * piece)]],
  [
    'an end across two pieces',
    `${'x'.repeat(piece - 1)}\r\nb\n`,
    'empty',
    ['x'.repeat(piece - 1), 'b'],
  ],
  [
    'lines of several pieces',
    `${someLine}\n`.repeat(6000),
    'empty',
    Array.from({ length: 6000 }, () => someLine),
  ],
];

test.each(files)('%s', async (_, text, blank, records) => {
  const path = join(directory, 'lines');
  await writeFile(path, text);
  const index = await RecordIndex.ofFile(path, blank);
  const inMemory = RecordIndex.ofBytes(Buffer.from(text), blank);
  expect(index.count).toBe(inMemory.count);
  const bytes = new FileBytes(path);
  expect(index.count).toBe(records.length);
  for (const [number, record] of records.entries()) {
    expect(index.start(number)).toBe(inMemory.start(number));
    const found = bytes.view(index.start(number), index.end(number));
    expect(found.equals(Buffer.from(record))).toBe(true);
  }
});

test('bytes that a file lacks are not made up', async () => {
  const path = join(directory, 'short');
  await writeFile(path, 'abc');
  const bytes = new FileBytes(path);
  expect(bytes.text(1, 3)).toBe('bc');
  expect(bytes.view(0, 1).toString()).toBe('a');
  expect(() => bytes.view(2, 4)).toThrow('ends before byte 4');
});
