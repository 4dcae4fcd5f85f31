import { beforeAll, expect, test } from 'vitest';
import { buildConsole } from './browser.ts';
import { type ShellFile, shellFiles } from './shell-files.ts';

/** What is loaded before the first page is seen. */
const shellBytesMax = 170_000;

/** Texts that only these libraries have: they are loaded by the pages that need them. */
const libraries = {
  'the editor': 'cm-content',
  ECharts: '_echarts_instance_',
  uPlot: 'u-over',
  'the formatter': 'Parse error at token',
};

let files: readonly ShellFile[];

beforeAll(() => {
  buildConsole();
  files = shellFiles();
});

test('the shell is small', () => {
  const sizes = files.map(({ name, gzipBytes }) => [name, gzipBytes]);
  const total = files.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
  expect(files.length).toBeGreaterThan(1);
  expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(shellBytesMax);
});

test.each(Object.entries(libraries))('%s is not in the shell', (_name, text) => {
  const having = files.filter((file) => file.text.includes(text)).map(({ name }) => name);
  expect(having).toEqual([]);
});
