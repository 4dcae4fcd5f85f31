import { expect, test } from 'vitest';
import { cellText, exactText, grouped, laidOutJson } from './cell-text.ts';
import { gridColumns, shortType, zoneNote } from './columns.ts';

test.each([
  ['12345678901234567890', '12,345,678,901,234,567,890'],
  ['-1234.50', '-1,234.50'],
  ['999', '999'],
  ['1e21', '1e21'],
  ['NaN', 'NaN'],
])('the number %s is shown as %s', (text, expected) => {
  expect(grouped(text)).toBe(expected);
});

test('an instant is shown in the chosen zone, and copied as it came', () => {
  const instant = '2026-11-23T10:54:26.289000Z';
  expect(cellText(instant, 'instant', 'UTC')).toBe('2026-11-23 10:54:26.289Z');
  expect(cellText(instant, 'instant', 'Europe/Berlin')).toBe('2026-11-23 11:54:26.289+01:00');
  expect(cellText(instant, 'time', 'Europe/Berlin')).toBe('2026-11-23 10:54:26.289');
  expect(cellText(instant, 'text', 'Europe/Berlin')).toBe(instant);
  expect(exactText(instant)).toBe(instant);
});

test.each([
  ['TIMESTAMPTZ', 'Shown in Europe/Berlin; copied and exported with its offset'],
  ['TIMESTAMP', 'Without a zone: shown as stored, which Helios and its exports take as UTC'],
  ['TIMESTAMP_NS', 'Without a zone: shown as stored, which Helios and its exports take as UTC'],
  ['DATE', undefined],
  ['VARCHAR', undefined],
])('the head of a column of %s says %s', (type, note) => {
  expect(zoneNote(type, 'Europe/Berlin')).toBe(note);
});

test('a cell is one short line, whatever the value', () => {
  expect(cellText('a\nb\tc', 'text', 'UTC')).toBe('a↵b⇥c');
  expect(cellText('x'.repeat(10_000), 'text', 'UTC')).toHaveLength(301);
  expect(cellText({ a: [1] }, 'nested', 'UTC')).toBe('{"a":[1]}');
});

test('NULL has no text, the empty text has', () => {
  expect(exactText(null)).toBeUndefined();
  expect(exactText('')).toBe('');
});

test('JSON is laid out without rounding a number', () => {
  expect(laidOutJson('{"id":12345678901234567890,"a":[],"b":{"c":"x, \\"y\\""}}')).toBe(
    '{\n  "id": 12345678901234567890,\n  "a": [],\n  "b": {\n    "c": "x, \\"y\\""\n  }\n}',
  );
  expect(laidOutJson('{broken')).toBeUndefined();
  expect(laidOutJson('12')).toBeUndefined();
});

test.each([
  ['BIGINT', 'number'],
  ['DECIMAL(10,2)', 'number'],
  ['TIMESTAMPTZ', 'instant'],
  ['TIMESTAMP', 'time'],
  ['DATE', 'time'],
  ['TIMESTAMPTZ[]', 'nested'],
  ['INTEGER[]', 'nested'],
  ['STRUCT(a INTEGER)', 'nested'],
  ['JSON', 'nested'],
  ['BOOLEAN', 'boolean'],
  ['INTERVAL', 'text'],
  ['TIME', 'text'],
])('a column of %s holds a %s', (type, kind) => {
  expect(gridColumns([{ name: 'c', type }])[0]?.kind).toBe(kind);
});

test('long types are cut', () => {
  expect(shortType('STRUCT(a INTEGER, b VARCHAR, c DOUBLE)')).toBe('struct(a integer, b var…');
});

test('a value that was cut says how large it is, wherever it goes', () => {
  const cut = { helios_cut: 'abc', helios_bytes: 104_857_600 };
  expect(cellText(cut, 'text', 'UTC')).toBe('105 MB: abc');
  expect(exactText(cut)).toBe('abc… [cut: 105 MB in all]');
});
