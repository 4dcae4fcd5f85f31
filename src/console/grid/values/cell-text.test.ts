import { expect, test } from 'vitest';
import { cellText, exactText, grouped, laidOutJson, timeText } from './cell-text.ts';
import { gridColumns, shortType } from './columns.ts';

test.each([
  ['12345678901234567890', '12,345,678,901,234,567,890'],
  ['-1234.50', '-1,234.50'],
  ['999', '999'],
  ['1e21', '1e21'],
  ['NaN', 'NaN'],
])('the number %s is shown as %s', (text, expected) => {
  expect(grouped(text)).toBe(expected);
});

test.each([
  ['2026-11-23T10:54:26.289000Z', '2026-11-23 10:54:26.289Z'],
  ['2026-11-23T10:54:26.000000Z', '2026-11-23 10:54:26Z'],
  ['2026-11-23T10:54:26.000001Z', '2026-11-23 10:54:26.000001Z'],
  ['2026-11-23', '2026-11-23'],
  ['infinity', 'infinity'],
])('the time %s is shown as %s', (text, expected) => {
  expect(timeText(text)).toBe(expected);
});

test('a cell is one short line, whatever the value', () => {
  expect(cellText('a\nb\tc', 'text')).toBe('a↵b⇥c');
  expect(cellText('x'.repeat(10_000), 'text')).toHaveLength(301);
  expect(cellText({ a: [1] }, 'nested')).toBe('{"a":[1]}');
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
  ['TIMESTAMPTZ', 'time'],
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
