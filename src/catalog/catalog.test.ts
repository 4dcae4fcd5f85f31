import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { Catalog, type PipelineDefinition } from './catalog.ts';

let root: string;
let catalog: Catalog;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'helios-catalog-'));
  catalog = new Catalog(join(root, 'catalog.db'));
});

afterEach(() => {
  catalog.close();
  rmSync(root, { recursive: true, force: true });
});

function pipeline(name: string): PipelineDefinition {
  const id = `id of ${name}`;
  const definition = { id, name, sql: 'SELECT 1', baseDirectory: '/somewhere' };
  return { ...definition, wanted: 'running', createdAtMs: 5, revision: 1 };
}

function failure(action: () => unknown): HeliosError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
  throw new Error('did not fail');
}

test('pipelines are kept, found whatever the case of their name, and changed', () => {
  catalog.addPipeline(pipeline('Clicks'));
  expect(catalog.pipeline('CLICKS')).toEqual(pipeline('Clicks'));
  catalog.setSql('id of Clicks', 'SELECT 2');
  catalog.setWanted('id of Clicks', 'stopped');
  catalog.close();
  catalog = new Catalog(join(root, 'catalog.db'));
  const changed = { ...pipeline('Clicks'), sql: 'SELECT 2', wanted: 'stopped', revision: 2 };
  expect(catalog.pipelines()).toEqual([changed]);
  catalog.deletePipeline('id of Clicks');
  expect(catalog.pipelines()).toEqual([]);
});

test('a name is taken once; one that is not there is told with the nearest', () => {
  catalog.addPipeline(pipeline('clicks'));
  const taken = failure(() => catalog.addPipeline({ ...pipeline('CLICKS'), id: 'other' }));
  expect(taken.code).toBe('already_exists');
  expect(taken.message).toBe('A pipeline named CLICKS exists.');
  const missing = failure(() => catalog.pipeline('click'));
  expect(missing).toMatchObject({ code: 'not_found', hint: 'Did you mean clicks?' });
  expect(failure(() => catalog.pipeline('x')).hint).toBe('There are: clicks.');
});

test('a table name means one path', () => {
  catalog.addTable({ name: 't', path: '/a/t', kind: 'delta' });
  catalog.addTable({ name: 'T', path: '/a/t', kind: 'delta' });
  const other = failure(() => catalog.addTable({ name: 'T', path: '/b/t', kind: 'delta' }));
  expect(other.code).toBe('conflict');
  expect(other.message).toBe("A table named t exists at /a/t; it can't also be at /b/t.");
  expect(
    failure(() => catalog.checkTable({ name: 't', path: '/a/t', kind: 'attached' })).code,
  ).toBe('conflict');
  expect(catalog.tables()).toMatchObject([{ name: 't', path: '/a/t', kind: 'delta' }]);
  catalog.deleteTable('T');
  expect(catalog.table('t')).toBeUndefined();
});

test('paths inside of its folder move with it', () => {
  catalog.addTable({ name: 'inside', path: join(root, 'tables', 'inside'), kind: 'delta' });
  catalog.addTable({ name: 'outside', path: '/else/where', kind: 'delta' });
  catalog.addPipeline({ ...pipeline('p'), baseDirectory: root });
  catalog.close();
  const moved = `${root}-moved`;
  renameSync(root, moved);
  root = moved;
  catalog = new Catalog(join(root, 'catalog.db'));
  expect(catalog.tables().map(({ path }) => path)).toEqual([
    join(root, 'tables', 'inside'),
    '/else/where',
  ]);
  expect(catalog.pipeline('p').baseDirectory).toBe(root);
});

test('a folder that its folder lies in moves with it, and another one does not', () => {
  const [before = '', after = ''] = ['before', 'after'].map((name) => join(root, name));
  mkdirSync(join(before, 'data'), { recursive: true });
  const made = new Catalog(join(before, 'data', 'catalog.db'));
  made.addPipeline({ ...pipeline('above'), baseDirectory: before });
  made.addPipeline({ ...pipeline('beside'), baseDirectory: join(before, 'beside') });
  made.close();
  renameSync(before, after);
  const moved = new Catalog(join(after, 'data', 'catalog.db'));
  expect(moved.pipeline('above').baseDirectory).toBe(after);
  expect(moved.pipeline('beside').baseDirectory).toBe(join(before, 'beside'));
  moved.close();
});

test('a table in an object store keeps its URL, and how to reach it as it was said last', () => {
  const path = 's3::http://127.0.0.1:9000/lake/t';
  catalog.addTable({ name: 't', path, kind: 'delta' });
  catalog.addTable({ name: 't', path, kind: 'delta', storageOptions: { aws_region: 'x' } });
  expect(catalog.tables()).toEqual([
    { name: 't', path, kind: 'delta', storageOptions: { aws_region: 'x' } },
  ]);
});

test('a catalog of an older Helios is brought up to date, with what is in it', () => {
  const path = join(root, 'old.db');
  const old = new DatabaseSync(path);
  old.exec(`
    CREATE TABLE pipelines (
      id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, sql TEXT NOT NULL,
      base_directory TEXT NOT NULL, wanted TEXT NOT NULL CHECK (wanted IN ('running', 'stopped')),
      created_at_ms INTEGER NOT NULL, revision INTEGER NOT NULL
    ) STRICT;
    INSERT INTO pipelines VALUES ('1', 'p', 'SELECT 1', '/base', 'running', 5, 2);
    CREATE TABLE tables (
      name TEXT PRIMARY KEY COLLATE NOCASE, path TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('delta', 'attached'))
    ) STRICT;
    INSERT INTO tables VALUES ('t', '/a/t', 'delta');
  `);
  old.close();
  for (const wanted of ['paused', 'finished', 'stopped', 'running'] as const) {
    const upgraded = new Catalog(path);
    upgraded.setWanted('1', wanted);
    expect(upgraded.pipeline('P')).toMatchObject({ sql: 'SELECT 1', wanted, revision: 2 });
    expect(upgraded.tables()).toMatchObject([{ name: 't', path: '/a/t', storageOptions: {} }]);
    upgraded.close();
  }
});

test('a catalog that is none is refused by its name', () => {
  const path = join(root, 'damaged.db');
  writeFileSync(path, 'not a database, but long enough to be looked at as one'.repeat(20));
  expect(() => new Catalog(path)).toThrow(`The catalog ${path} is damaged`);
});

test('a catalog of a newer Helios is refused', () => {
  const path = join(root, 'new.db');
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  expect(() => new Catalog(path)).toThrow(/new\.db has version 99; this Helios knows up to 2/);
});
