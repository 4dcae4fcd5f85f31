import { expect, test } from 'vitest';
import { conditionOf, matchCount, valuesOfRecord, valuesOfRow } from './row-condition.ts';

const columns = [
  { name: 'id', type: 'BIGINT' },
  { name: 'Type', type: 'VARCHAR' },
  { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'weight', type: 'DOUBLE' },
  { name: 'tags', type: 'VARCHAR[]' },
  { name: 'doc', type: 'JSON' },
  { name: 'note "x"', type: 'VARCHAR' },
];

const row = {
  id: '9007199254740993',
  Type: "it's",
  at: '2026-01-31T08:00:00.000Z',
  weight: 0.1,
  tags: ['a'],
  doc: '{}',
  'note "x"': null,
};

test('a row is found by what SQL compares exactly', () => {
  expect(conditionOf(valuesOfRow(row, columns))).toBe(
    `"id" = '9007199254740993' AND "Type" = 'it''s' AND "at" = '2026-01-31T08:00:00.000Z'` +
      ` AND "note ""x""" IS NULL`,
  );
});

test('values too long for an address are left out', () => {
  expect(valuesOfRow({ ...row, Type: 'x'.repeat(300) }, columns).map((one) => one.column)).toEqual([
    'id',
    'at',
    'note "x"',
  ]);
});

test('of a record, the fields that are columns count, in any case', () => {
  const record = '{"id":9007199254740993,"type":"it\'s","other":1,"at":"x","weight":0.1}';
  expect(valuesOfRecord(record, columns)).toEqual([
    { column: 'id', text: '9007199254740993' },
    { column: 'Type', text: "it's" },
  ]);
  expect(valuesOfRecord('[1]', columns)).toEqual([]);
});

const matches: readonly (readonly [string, string, number | undefined])[] = [
  ['all that can be compared', '{"id":9007199254740993,"type":"it\'s"}', 2],
  ['a part of it', '{"id":9007199254740993,"weight":2}', 1],
  ['another value', '{"id":9007199254740993,"type":"other"}', undefined],
  ['nothing in common', '{"a":1}', undefined],
  ['no document', 'id,type', undefined],
];

test.each(matches)('a record with %s', (_what, record, expected) => {
  expect(matchCount(record, valuesOfRow(row, columns), columns)).toBe(expected);
});
