import { expect, test } from 'vitest';
import { columnRule } from './column-rule.ts';
import { hexLines } from './hex.ts';
import { offendingByte, offendingSpan } from './offence.ts';
import { scanJson } from './scan-json.ts';

test.each([
  ['{"a":1}', undefined],
  [' {"a" : [1, {"b":"\\u0041"}], "c":null } ', undefined],
  ['{"a":1,}', 7],
  ['{"a":01}', 5],
  ['{"a":tru}', 5],
  ['{"a"', 4],
  ['', 0],
  ['{"a":"x\u0001y"}', 7],
  ['{"a":"\\q"}', 6],
  ['{"a":1} x', 8],
  ['[1,2', 4],
])('%j breaks at %s', (text, brokenAt) => {
  expect(scanJson(text).brokenAt).toBe(brokenAt);
});

test.each([
  ['{"id":"a","price":"n/a"}', 'type_mismatch', 'price', '"n/a"'],
  ['{"PRICE":[1, 2],"x":1}', 'type_mismatch', 'price', '[1, 2]'],
  ['{"price":1,"price":"last"}', 'type_mismatch', 'price', '"last"'],
  ['{"in":{"price":1}}', 'missing_field', 'price', undefined],
  ['{"price":null}', 'missing_field', 'price', 'null'],
  ['{"a":😀}', 'malformed_json', '', '😀'],
  ['{"a":1', 'malformed_json', '', ''],
  ['[1]', 'not_an_object', '', '[1]'],
  ['{"a":1}', 'sql_error', '', undefined],
])('%j, rejected for %s %s, is marked at %j', (text, code, field, marked) => {
  const span = offendingSpan(text, { code, field });
  expect(span && text.slice(span.start, span.end)).toBe(marked);
});

test.each([
  [[0x61, 0xff, 0x62], 1],
  [[0x61, 0x00], 1],
  [[0xc3, 0xa9, 0x62], undefined],
  [[0xc3, 0xa9, 0xc3, 0x28], 3],
])('bytes %j are wrong at %s', (bytes, at) => {
  expect(offendingByte(Uint8Array.from(bytes))).toBe(at);
});

test('a dump has lines of 16 bytes', () => {
  const lines = hexLines(new Uint8Array(17));
  expect(lines.map(({ offset, bytes }) => [offset, bytes.length])).toEqual([
    [0, 16],
    [16, 1],
  ]);
});

const script = `-- create table events (id NOPE)
CREATE TABLE "Events" ( -- a comment, with a comma
  id TEXT PRIMARY KEY, "unit ""price" DECIMAL(10, 2)
    NOT NULL,
  at TIMESTAMP METADATA FROM 'ti,me'
) WITH (connector = 'http');
create table other (id BIGINT);`;

test.each([
  ['events', 'ID', 'id TEXT PRIMARY KEY'],
  ['events', 'unit "price', '"unit ""price" DECIMAL(10, 2) NOT NULL'],
  ['events', 'at', "at TIMESTAMP METADATA FROM 'ti,me'"],
  ['other', 'id', 'id BIGINT'],
  ['other', 'price', undefined],
  ['none', 'id', undefined],
])('the rule of %s.%s is %j', (table, column, rule) => {
  expect(columnRule(script, table, column)).toBe(rule);
});
