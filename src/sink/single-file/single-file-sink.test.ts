import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SingleFileSink } from './single-file-sink.ts';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-file-sink-'));
  path = join(directory, 'below', 'out.json');
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function append(sink: SingleFileSink, text: string, after: number): Promise<number> {
  const source = join(directory, 'step');
  await writeFile(source, text);
  return await sink.append(source, after);
}

test('what was appended but never became true is cut', async () => {
  const sink = new SingleFileSink(path, 'json');
  await sink.recover(0);
  expect(await append(sink, 'one\n', 0)).toBe(4);
  expect(await append(sink, 'lost\n', 4)).toBe(9);
  const again = new SingleFileSink(path, 'json');
  await again.recover(4);
  expect(await readFile(path, 'utf8')).toBe('one\n');
  expect(await append(again, 'two\n', 4)).toBe(8);
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
});

test('an append that is repeated replaces the one before it', async () => {
  const sink = new SingleFileSink(path, 'json');
  await sink.recover(0);
  await append(sink, 'one\n', 0);
  await append(sink, 'a longer try\n', 4);
  expect(await append(sink, 'two\n', 4)).toBe(8);
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
});

test('what another process appended meanwhile is left alone', async () => {
  const sink = new SingleFileSink(path, 'json');
  await sink.recover(0);
  await append(sink, 'one\n', 0);
  const other = new SingleFileSink(path, 'json');
  await other.recover(4);
  await append(other, 'theirs\n', 4);
  await expect(append(sink, 'mine\n', 4)).rejects.toMatchObject({ code: 'fenced' });
  expect(await readFile(path, 'utf8')).toBe('one\ntheirs\n');
});

test('a file that is shorter than what was written to it is told', async () => {
  const sink = new SingleFileSink(path, 'json');
  await sink.recover(0);
  await append(sink, 'one\n', 0);
  await writeFile(path, 'o');
  await expect(sink.recover(4)).rejects.toMatchObject({ code: 'corrupt_data' });
  await rm(path);
  await expect(sink.recover(4)).rejects.toThrow('has 0 bytes, but 4 were written to it');
});
