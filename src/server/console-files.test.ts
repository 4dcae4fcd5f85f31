import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConsoleFiles } from './console-files.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-console-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

test('a folder that is missing, or has no page, holds no console', async () => {
  expect(await ConsoleFiles.read(join(directory, 'missing'))).toBeUndefined();
  await writeFile(join(directory, 'app.js'), '1');
  expect(await ConsoleFiles.read(directory)).toBeUndefined();
});

test('files are found by their whole name, with what was compressed before', async () => {
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<p>');
  await writeFile(join(directory, 'assets', 'app.js'), 'one');
  await writeFile(join(directory, 'assets', 'app.js.br'), 'fewer');
  const files = await ConsoleFiles.read(directory);
  const page = files?.get('index.html');
  expect(page).toMatchObject({ type: 'text/html; charset=utf-8', brotli: undefined });
  const script = files?.get('assets/app.js');
  expect(String(script?.bytes)).toBe('one');
  expect(String(script?.brotli)).toBe('fewer');
  expect(script?.tag).toMatch(/^"[\w-]{22}"$/);
  expect(script?.tag).not.toBe(page?.tag);
});

test.each([
  'app.js',
  'assets',
  'assets/',
  '/index.html',
  './index.html',
  'assets/../index.html',
  '../secret.html',
  'notes.txt',
  'manifest.json',
  'index.html.br',
  '__proto__',
])('%j is none of its files', async (name) => {
  await mkdir(join(directory, 'console', 'assets'), { recursive: true });
  for (const one of [
    'index.html',
    'index.html.br',
    'assets/app.js',
    'notes.txt',
    'manifest.json',
  ]) {
    await writeFile(join(directory, 'console', one), one);
  }
  await writeFile(join(directory, 'secret.html'), 'secret');
  const files = await ConsoleFiles.read(join(directory, 'console'));
  expect(files?.get(name)).toBeUndefined();
});
