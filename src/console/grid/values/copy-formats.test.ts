import { expect, test } from 'vitest';
import { columnFacts } from './column-facts.ts';
import { contentWidths } from './column-widths.ts';
import { gridColumns } from './columns.ts';
import { cellsText, copiedText } from './copy-formats.ts';

const columns = gridColumns([
  { name: 'id', type: 'BIGINT' },
  { name: 'a|b', type: 'VARCHAR' },
]);
const rows = [
  ['9007199254740993', 'x,"y"\n'],
  [null, ''],
];

test.each([
  ['tsv', 'id\ta|b\n9007199254740993\tx,"y" \n\t'],
  ['csv', 'id,a|b\n9007199254740993,"x,""y""\n"\n,""\n'],
  ['markdown', '| id | a\\|b |\n| ---: | --- |\n| 9007199254740993 | x,"y"  |\n| NULL |  |\n'],
  ['json', '[\n  {"id": 9007199254740993, "a|b": "x,\\"y\\"\\n"},\n  {"id": null, "a|b": ""}\n]\n'],
] as const)('copied as %s', (format, expected) => {
  expect(copiedText({ columns, rows }, format)).toBe(expected);
});

test('cells are copied without names', () => {
  expect(
    cellsText([
      ['a', null],
      [1, true],
    ]),
  ).toBe('a\t\n1\ttrue');
});

test('a column knows its NULLs, its bounds and its most frequent values', () => {
  const values = [['10'], ['9'], [null], ['9']];
  const [column] = gridColumns([{ name: 'n', type: 'BIGINT' }]);
  expect(column && columnFacts(values, [0, 1, 2, 3], column)).toEqual({
    count: 4,
    nulls: 1,
    distinct: 2,
    least: '9',
    greatest: '10',
    top: [
      { text: '9', count: 2 },
      { text: '10', count: 1 },
      { text: undefined, count: 1 },
    ],
  });
});

test('no column is wider than a pane, nor too narrow to be seen', () => {
  const [narrow, wide] = contentWidths(
    gridColumns([
      { name: 'a', type: 'DATE' },
      { name: 'b', type: 'VARCHAR' },
    ]),
    [['1', 'x'.repeat(10_000)]],
    'UTC',
  );
  expect(narrow).toBe(56);
  expect(wide).toBe(420);
});
