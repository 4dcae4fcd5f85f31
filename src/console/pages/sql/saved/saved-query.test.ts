import { expect, test } from 'vitest';
import { newTab, type SqlTab } from '../tabs/tabs.ts';
import {
  bodyOf,
  folderOf,
  folderPaths,
  folderTree,
  isChanged,
  lastPart,
  originOf,
  pathOf,
  tabOf,
} from './saved-query.ts';

const facts = { path: 'shop/top', version: 'v1', changed_at: '2026-11-23T00:00:00Z' };
const answer = {
  ...facts,
  sql: 'select $n',
  description: 'the best',
  parameters: { n: '1' },
  view: 'chart',
  chart: 'bar',
};

function tabWith(change: Partial<SqlTab>): SqlTab {
  return { id: 'a', ...tabOf(answer), ...change };
}

test('a saved query is a tab, and what is saved of that tab is the query again', () => {
  const { path: _path, version: _version, changed_at: _changedAt, ...body } = answer;
  expect(bodyOf(tabWith({}))).toEqual(body);
  expect(tabWith({})).toMatchObject({ name: 'top', text: 'select $n', view: 'chart' });
  expect(bodyOf(newTab('a', 'select 1'))).toEqual({ sql: 'select 1' });
});

test.each([
  ['nothing', {}, false],
  ['its text', { text: 'select 2' }, true],
  ['a value', { typed: { n: '2' } }, true],
  ['a value that is empty', { typed: { n: '1', m: '' } }, false],
  ['its view', { view: 'table' }, true],
  ['its name alone', { name: 'other' }, false],
] as const)('who changes %s', (_what, change, expected) => {
  expect(isChanged(tabWith(change))).toBe(expected);
});

test('a view that this console does not know is the table, and no change', () => {
  const { view: _view, ...viewless } = answer;
  const origin = originOf({ ...viewless });
  expect(isChanged(tabWith({ view: 'table', saved: origin }))).toBe(false);
  expect(tabOf({ ...answer, view: 'globe' }).view).toBe('table');
});

test('what was never saved is not changed', () => {
  expect(isChanged(newTab('a', 'select 1'))).toBe(false);
});

test.each([
  ['shop/eu/top', 'shop/eu', 'top'],
  ['top', '', 'top'],
])('%s is in %j', (path, folder, name) => {
  expect([folderOf(path), lastPart(path)]).toEqual([folder, name]);
});

test.each([
  ['', ' top ', 'top'],
  ['shop', 'top', 'shop/top'],
  [' shop / eu /', 'a/b', 'shop/eu/a/b'],
])('%j and %j make %s', (folder, name, path) => {
  expect(pathOf(folder, name)).toBe(path);
});

const entries = ['z', 'shop/top', 'a', 'shop/eu/x', 'other/y'].map((path) => ({
  ...facts,
  path,
  description: path === 'z' ? 'best of shops' : undefined,
}));

test('entries are in their folders, by name', () => {
  expect(folderTree(entries, '')).toMatchObject({
    path: '',
    queries: [{ path: 'a' }, { path: 'z' }],
    folders: [
      { path: 'other', queries: [{ path: 'other/y' }] },
      {
        path: 'shop',
        queries: [{ path: 'shop/top' }],
        folders: [{ path: 'shop/eu', queries: [{ path: 'shop/eu/x' }] }],
      },
    ],
  });
  expect(folderPaths(entries)).toEqual(['other', 'shop', 'shop/eu']);
});

test('words are found in paths and descriptions', () => {
  expect(folderTree(entries, 'SHOP best')).toMatchObject({ queries: [{ path: 'z' }], folders: [] });
  expect(folderTree(entries, 'nothing')).toMatchObject({ queries: [], folders: [] });
});
