import { expect, test } from 'vitest';
import {
  offsetAt,
  parameterNames,
  sqlName,
  sqlTableName,
  sqlTokens,
  statementAt,
  statementsOf,
} from './sql-text.ts';

test('every character is in exactly one token', () => {
  const sql =
    "select E'a\\'b', 'it''s', $$x;$$, $tag$;$tag$, \"q\"\"n\", /* a /* b */ */ $p -- end;";
  const tokens = sqlTokens(sql);
  expect(tokens.map(({ start, end }) => sql.slice(start, end)).join('')).toBe(sql);
  expect(statementsOf(sql)).toHaveLength(1);
  expect(parameterNames(sql)).toEqual(['p']);
});

test.each([
  ['select 1; select 2', ['select 1', 'select 2']],
  ["select ';' ;; -- nothing\n;", ["select ';'"]],
  ['  \n', []],
  ['-- first\nselect 1;\n/* ; */ select "a;b"', ['-- first\nselect 1', '/* ; */ select "a;b"']],
  ["select 'open ; select 2", ["select 'open ; select 2"]],
])('the statements of %j', (sql, expected) => {
  expect(statementsOf(sql).map(({ text }) => text)).toEqual(expected);
});

test.each([
  [0, 'select 1'],
  [8, 'select 1'],
  [9, 'select 1'],
  [10, 'select 2'],
  [99, 'select 2'],
])('the statement at %i', (cursor, expected) => {
  expect(statementAt('select 1; select 2', cursor)?.text).toBe(expected);
});

test('a text of comments has no statement', () => {
  expect(statementAt('-- nothing here', 3)).toBeUndefined();
});

test('parameters are found once each, and not in text', () => {
  expect(parameterNames("select $a, '$b', $c, $a -- $d")).toEqual(['a', 'c']);
});

test.each([
  [1, 1, 0],
  [2, 3, 5],
  [9, 1, 6],
])('line %i column %i is offset %i', (line, column, offset) => {
  expect(offsetAt('ab\ncde', line, column)).toBe(offset);
});

test.each([
  ['type', 'type'],
  ['order', '"order"'],
  ['Two Words', '"Two Words"'],
  ['a"b', '"a""b"'],
])('the name %j is written %s', (name, expected) => {
  expect(sqlName(name)).toBe(expected);
});

test('system tables keep their schema', () => {
  expect(sqlTableName('helios.queries')).toBe('helios.queries');
  expect(sqlTableName('my.table')).toBe('"my.table"');
});
