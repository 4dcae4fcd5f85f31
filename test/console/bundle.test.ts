import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { buildConsole } from './browser.ts';

const built = join(import.meta.dirname, '..', '..', 'dist', 'console');

/** What is loaded before the first page is seen. */
const shellBytesMax = 170_000;

/** Texts that only these libraries have: they are loaded by the pages that need them. */
const libraries = {
  'the editor': 'cm-content',
  ECharts: '_echarts_instance_',
  uPlot: 'u-over',
  'the formatter': 'Parse error at token',
};

/** What this reads of Vite's manifest. */
type Chunk = {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
};

let files: readonly string[];

beforeAll(() => {
  buildConsole();
  const text = readFileSync(join(built, 'manifest.json'), 'utf8');
  files = shellOf(JSON.parse(text) as Readonly<Record<string, Chunk>>);
});

/** The files of the entry and of all that it imports at once. */
function shellOf(chunks: Readonly<Record<string, Chunk>>): readonly string[] {
  const names = new Set(Object.keys(chunks).filter((name) => chunks[name]?.isEntry === true));
  for (const name of names) for (const imported of chunks[name]?.imports ?? []) names.add(imported);
  const found = [...names].flatMap((name) => [chunks[name]!.file, ...(chunks[name]!.css ?? [])]);
  return [...new Set(found)];
}

test('the shell is small', () => {
  const sizes = files.map((file) => [file, gzipSync(readFileSync(join(built, file))).length]);
  const total = sizes.reduce((sum, [, size]) => sum + Number(size), 0);
  expect(files.length).toBeGreaterThan(1);
  expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(shellBytesMax);
});

test.each(Object.entries(libraries))('%s is not in the shell', (_name, text) => {
  const having = files.filter((file) => readFileSync(join(built, file), 'utf8').includes(text));
  expect(having).toEqual([]);
});
