import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { Catalog } from './catalog.ts';
import { writeCatalog } from './catalog-content.ts';
import { documentPath } from './document-path.ts';
import { Library } from './library.ts';

let root: string;
let catalog: Catalog;
let library: Library;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'helios-library-'));
  catalog = new Catalog(join(root, 'catalog.db'));
  library = new Library({ catalog, clock: systemClock });
});

afterEach(() => {
  catalog.close();
  rmSync(root, { recursive: true, force: true });
});

function failure(action: () => unknown): HeliosError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
  throw new Error('did not fail');
}

function put(path: string, content: unknown, replaces?: string): string {
  return library.put('query', { path, content, replaces }).version;
}

test('a document is kept, listed by path, found whatever its case, and deleted', () => {
  put('shop/top', { sql: 'SELECT 1' });
  put('alone', { sql: 'SELECT 2' });
  library.put('dashboard', { path: 'alone', content: { panels: [] }, replaces: undefined });
  expect(library.list('query').map(({ path }) => path)).toEqual(['alone', 'shop/top']);
  expect(library.get('query', 'SHOP/TOP')).toMatchObject({ path: 'shop/top' });
  expect(library.get('dashboard', 'alone').content).toEqual({ panels: [] });
  library.delete('query', 'alone');
  expect(failure(() => library.get('query', 'alone'))).toMatchObject({
    code: 'not_found',
    message: 'There is no saved query named alone.',
    hint: 'There are: shop/top.',
  });
  expect(library.get('dashboard', 'alone').path).toBe('alone');
});

test('who does not know what is there replaces nothing', () => {
  const first = put('q', { sql: '1' });
  expect(failure(() => put('q', { sql: '2' }))).toMatchObject({
    code: 'already_exists',
    details: { version: first, content: { sql: '1' } },
  });
  const second = put('q', { sql: '2' }, first);
  expect(second).not.toBe(first);
  expect(failure(() => put('q', { sql: '3' }, first))).toMatchObject({
    code: 'conflict',
    message: 'The saved query q was changed since it was opened.',
    details: { version: second, content: { sql: '2' } },
  });
  expect(failure(() => library.delete('query', 'q', first)).code).toBe('conflict');
  expect(put('q', { sql: '2' }, first)).toBe(second);
  put('q', { sql: '4' }, '*');
  library.delete('query', 'q');
  expect(failure(() => put('q', { sql: '5' }, second)).code).toBe('not_found');
});

test('a document is moved to where none is, and keeps its version', () => {
  const version = put('old/name', { sql: '1' });
  put('taken', { sql: '2' });
  const move = (to: string, from = 'old/name') =>
    library.move('query', from, { to, version: undefined });
  expect(failure(() => move('Taken'))).toMatchObject({
    code: 'already_exists',
    details: { content: { sql: '2' } },
  });
  expect(failure(() => move('../x')).code).toBe('invalid_name');
  expect(failure(() => move('b', 'a')).code).toBe('not_found');
  const late = { to: 'new', version: 'other' };
  expect(failure(() => library.move('query', 'old/name', late)).code).toBe('conflict');
  expect(move('Old/Name')).toMatchObject({ path: 'Old/Name', version });
  expect(library.move('query', 'old/name', { to: 'new', version })).toMatchObject({ version });
  expect(library.list('query').map(({ path }) => path)).toEqual(['new', 'taken']);
  expect(library.get('query', 'new').content).toEqual({ sql: '1' });
});

test('sizes and numbers are bounded, and a replaced document makes room for itself', () => {
  const limits = { documentBytesMax: 20, documentsMax: 2, bytesMax: 30 };
  library = new Library({ catalog, clock: systemClock, limits });
  expect(failure(() => put('a', 'x'.repeat(19))).code).toBe('too_large');
  const version = put('a', 'x'.repeat(18));
  expect(failure(() => put('b', 'x'.repeat(18))).message).toContain('The library is full');
  put('b', 'x');
  expect(failure(() => put('c', 'x')).message).toContain('The library is full');
  put('a', 'y'.repeat(18), version);
});

test('documents travel with the catalog', () => {
  const version = put('ordner/größte 🚀', { sql: "SELECT 'ü'" });
  const copy = join(root, 'copy.db');
  writeCatalog(copy, catalog.content());
  const other = new Catalog(copy);
  const found = new Library({ catalog: other, clock: systemClock }).get(
    'query',
    'ordner/größte 🚀',
  );
  expect(found).toMatchObject({ version, content: { sql: "SELECT 'ü'" } });
  other.close();
});

const good = ['a', 'Top products', 'shop/größte 🚀', 'a/b/c/d/e/f/g/h', '売上/2026'];

test.each(good)('%j is a path', (path) => {
  expect(documentPath(path)).toBe(path);
});

const bad = [
  ['', 'empty'],
  ['a//b', 'empty'],
  ['../a', '"."'],
  ['a/..', '"."'],
  ['.hidden', '"."'],
  ['a\\b', 'file systems refuse'],
  ['a\0b', 'not seen'],
  ['a\u202eb', 'not seen'],
  [' a', 'space'],
  ['a.sql', 'leave the ending away'],
  ['a.sql/b', 'leave the ending away'],
  ['x/nul', 'keep for themselves'],
  ['a/b/c/d/e/f/g/h/i', 'more than 8 parts'],
  ['ü'.repeat(101), '200 bytes'],
] as const;

test.each(bad)('%j is no path', (path, reason) => {
  const { code, message } = failure(() => documentPath(path));
  expect(code).toBe('invalid_name');
  expect(message).toContain(reason);
});

test('what looks the same is the same', () => {
  expect(documentPath('u\u0308')).toBe('\u00fc');
});
