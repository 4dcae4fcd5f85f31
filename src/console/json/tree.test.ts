import { expect, test } from 'vitest';
import { parseJson } from './json-node.ts';
import { treeMove } from './tree-keys.ts';
import { firstOpen, siblingsMax, treeRows } from './tree-rows.ts';

function document(text: string) {
  const node = parseJson(text);
  if (node === undefined) throw new Error(`${text} is no document`);
  return node;
}

const shop = document('{"id":1,"items":[{"a b":2}],"none":{},"last":null}');

test('rows are the fields, and what is in those that are open', () => {
  const paths = (open: readonly string[]) =>
    treeRows(shop, new Set(open)).map(({ path, level }) => `${level} ${path}`);
  expect(paths([])).toEqual(['1 $.id', '1 $.items', '1 $.none', '1 $.last']);
  expect(paths(['$.items', '$.items[0]'])).toEqual([
    '1 $.id',
    '1 $.items',
    '2 $.items[0]',
    '3 $.items[0]."a b"',
    '1 $.none',
    '1 $.last',
  ]);
  expect([...firstOpen(shop)]).toContain('$.items');
});

test('a document without fields is one row, and a long list is cut', () => {
  expect(treeRows(document('12.50'), new Set())).toMatchObject([{ path: '$', isOpen: undefined }]);
  const long = document(JSON.stringify(Array.from({ length: 1000 }, () => 1)));
  expect(treeRows(long, new Set())).toHaveLength(siblingsMax);
});

const moves: readonly (readonly [string, string, string | undefined])[] = [
  ['ArrowDown', '$.id', 'go $.items'],
  ['ArrowUp', '$.id', undefined],
  ['ArrowRight', '$.items', 'go $.items[0]'],
  ['ArrowRight', '$.items[0]', 'open $.items[0]'],
  ['ArrowRight', '$.id', undefined],
  ['ArrowLeft', '$.items[0]', 'go $.items'],
  ['ArrowLeft', '$.items', 'close $.items'],
  ['Enter', '$.items', 'close $.items'],
  ['Enter', '$.id', undefined],
  ['Home', '$.last', 'go $.id'],
  ['End', '$.id', 'go $.last'],
  ['x', '$.id', undefined],
];

test.each(moves)('%s at %s', (key, at, expected) => {
  const move = treeMove(key, treeRows(shop, new Set(['$.items'])), at);
  expect(move && `${move.kind} ${move.path}`).toBe(expected);
});
