import { expect, test } from 'vitest';
import { scriptMarks } from './script-marks.ts';

const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['select view, "table", connection from t', [], []],
  ['create table t as select view from x', ['create', 'table'], []],
  [
    "CREATE TEMPORARY TABLE IF NOT EXISTS t (view TEXT) WITH (connector = 'kafka', 'a.b' = 1)",
    ['CREATE', 'TEMPORARY', 'TABLE', 'IF', 'NOT', 'EXISTS'],
    ['connector', "'a.b'"],
  ],
  ['-- note\ninsert into sink select key from t', ['insert', 'into'], []],
  [
    "create table t (k text metadata from 'key') partitioned by (day) with (a = 1)",
    ['create', 'table', 'metadata', 'partitioned'],
    ['a'],
  ],
  [
    'set a = 1; create or replace view v as select 1',
    ['set', 'create', 'or', 'replace', 'view'],
    [],
  ],
];

test.each(cases)('of %s', (script, words, options) => {
  const marks = scriptMarks(script);
  const texts = (kind: string): readonly string[] =>
    marks.filter((mark) => mark.kind === kind).map(({ start, end }) => script.slice(start, end));
  expect(texts('word')).toEqual(words);
  expect(texts('option')).toEqual(options);
  expect(marks.map(({ start }) => start)).toEqual(
    marks.map(({ start }) => start).toSorted((a, b) => a - b),
  );
});
