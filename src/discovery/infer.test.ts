import { describe, expect, test } from 'vitest';
import { parseScript } from '../sql/parse-script.ts';
import { draftScript, typeName } from './draft-script.ts';
import { inferTable } from './infer.ts';
import { shareText } from './share-text.ts';

describe('the type of a field', () => {
  const cases: readonly (readonly [name: string, values: readonly string[], type: string])[] = [
    ['true and false', ['true', 'false'], 'BOOLEAN'],
    ['whole numbers', ['1', '-20'], 'BIGINT'],
    ['the largest BIGINT', ['9223372036854775807'], 'BIGINT'],
    ['one more than that', ['9223372036854775808'], 'BIGINT UNSIGNED'],
    ['more than 64 bits', ['18446744073709551616', '-1'], 'DECIMAL(38, 0)'],
    ['more than 38 digits', ['1'.repeat(39)], 'JSON'],
    ['fractions', ['1.5', '2'], 'DOUBLE'],
    ['fractions of many digits', ['1.2345678901234567', '2'], 'DECIMAL(38, 16)'],
    [
      'a fraction, and a whole number that a double rounds',
      ['0.5', '9007199254740993'],
      'DECIMAL(38, 1)',
    ],
    ['an exponent too large', ['1e400'], 'JSON'],
    ['text', ['"a"', '"b"'], 'TEXT'],
    ['times', ['"2026-01-02T03:04:05Z"', '"2026-01-02 03:04:05.123+01:00"'], 'TIMESTAMP'],
    ['a time and a text', ['"2026-01-02T03:04:05Z"', '"soon"'], 'TEXT'],
    ['a day that is on no calendar', ['"2026-02-30"'], 'TEXT'],
    ['days', ['"2026-02-28"'], 'DATE'],
    ['nanoseconds', ['"2026-01-02T03:04:05.123456789Z"'], 'TEXT'],
    ['UUIDs', ['"6F9619FF-8B86-D011-B42D-00CF4FC964FF"'], 'TEXT'],
    ['numbers in quotes', ['"12"', '"13.5"'], 'TEXT'],
    ['numbers and texts', ['1', '"1"'], 'JSON'],
    ['nothing but null', ['null'], 'JSON'],
    ['null and a number', ['null', '7'], 'BIGINT'],
    ['lists of numbers', ['[1,2]', '[]'], 'BIGINT[]'],
    ['mixed lists', ['[1,"a"]'], 'JSON'],
    ['empty lists', ['[]'], 'JSON'],
    ['objects of one shape', ['{"a":1,"b":"x"}', '{"a":2,"b":"y"}'], 'STRUCT<a BIGINT, b TEXT>'],
    ['objects of other shapes', ['{"a":1}', '{"b":1}'], 'JSON'],
    ['a struct with names that SQL reserves', ['{"order":1}'], 'STRUCT<"order" BIGINT>'],
    ['lists of objects', ['[{"a":1.5}]'], 'STRUCT<a DOUBLE>[]'],
    ['names that differ in case', ['{"a":1,"A":2}'], 'JSON'],
    ['a name inside that a table can not have', ['{"first name":1}'], 'JSON'],
    ['one text among 19 numbers', [...repeated(19, '7'), '"x"'], 'BIGINT'],
    ['one text among 18 numbers', [...repeated(18, '7'), '"x"'], 'JSON'],
    ['one number among texts', [...repeated(99, '"x"'), '7'], 'TEXT'],
    ['one word among times', [...repeated(19, '"2026-01-02T03:04:05Z"'), '"soon"'], 'TIMESTAMP'],
    ['one empty text among days', [...repeated(19, '"2026-01-02"'), '""'], 'DATE'],
    ['null counts for nothing', [...repeated(50, 'null'), ...repeated(18, '7'), '"x"'], 'JSON'],
    ['one number too large among many', [...repeated(99, '7'), '1'.repeat(39)], 'BIGINT'],
    ['one that is none among fractions', [...repeated(99, '0.5'), '1e400'], 'DOUBLE'],
    ['one text among lists', [...repeated(19, '[1]'), '"1"'], 'BIGINT[]'],
    ['one text in many lists', [...repeated(19, '[1,2]'), '["x"]'], 'BIGINT[]'],
    ['one text in a field', [...repeated(19, '{"a":1}'), '{"a":"x"}'], 'STRUCT<a BIGINT>'],
    ['a map', Array.from({ length: 200 }, (_, n) => `{"u${n * 10}":1,"v${n * 10}":2}`), 'JSON'],
  ];
  test.each(cases)('%s', (_, values, type) => {
    const [column] = inferTable(values.map((value) => bytes(`{"x":${value}}`))).columns;
    expect(column && typeName(column.type)).toBe(type);
  });

  test('milliseconds are times where a name says so and no text is a time', () => {
    const millis = inferTable([bytes('{"created_at":1767312000000,"size":1767312000000}')]);
    expect(millis.timestampFormat).toBe('unix_millis');
    expect(millis.columns.map(({ type }) => typeName(type))).toEqual(['TIMESTAMP', 'BIGINT']);
    const both = inferTable([bytes('{"created_at":1767312000000,"t":"2026-01-02T03:04:05Z"}')]);
    expect(both.timestampFormat).toBe('rfc3339');
    expect(both.columns.map(({ type }) => typeName(type))).toEqual(['BIGINT', 'TIMESTAMP']);
  });
});

test.each([
  ['created_at', '1767312000', 'seconds since 1970: to_timestamp(created_at) is the time'],
  ['t_ms', '1767312000000', 'milliseconds since 1970'],
  ['"Ts"', '1767312000000000', 'microseconds since 1970: make_timestamptz("Ts") is the time'],
  ['ts', '1767312000000000000', 'nanoseconds since 1970: make_timestamptz(ts // 1000) is the time'],
  ['size', '1767312000', undefined],
  ['at', '12', undefined],
])('whole numbers that may be times: %s', (name, value, note) => {
  const [column] = inferTable([
    bytes(`{${JSON.stringify(name.replaceAll('"', ''))}:${value}}`),
  ]).columns;
  expect(column?.note).toBe(note);
});

test('a dictionary is kept whole', () => {
  const records = Array.from({ length: 200 }, (_, n) => bytes(`{"u${n * 10}":1,"v${n}":2}`));
  const { shape, columns, warnings } = inferTable(records);
  expect({ shape, columns }).toEqual({ shape: 'json', columns: [] });
  expect(warnings[0]).toContain('keys of a dictionary');
});

test.each([
  [0, 9, '0 %'],
  [9, 9, '100 %'],
  [1, 3, '33.3 %'],
  [1, 5000, '0.1 %'],
  [4999, 5000, '99.9 %'],
  [0, 0, '0 %'],
])('%i of %i are %s', (count, all, text) => {
  expect(shareText(count, all)).toBe(text);
});

test('counts which records have a field, which hold null, and keeps examples', () => {
  const { columns } = inferTable([
    bytes('{"a":1,"b":null}'),
    bytes('{"a":2}'),
    bytes(`{"a":12345678901234567890,"b":"${'é'.repeat(70)}"}`),
  ]);
  expect(columns).toMatchObject([
    { name: 'a', presentCount: 3, nullCount: 0, examples: ['1', '2', '12345678901234567890'] },
    { name: 'b', presentCount: 2, nullCount: 1, examples: [`"${'é'.repeat(59)}…`] },
  ]);
});

test('tells which records can not be read, and why', () => {
  const { unreadable, recordCount } = inferTable([
    bytes('{"a":1}'),
    null,
    Uint8Array.of(0xff),
    bytes('[1]'),
    bytes('{"a":'),
  ]);
  expect(recordCount).toBe(5);
  expect(unreadable.map(({ index, reason }) => [index, reason.split(':')[0]])).toEqual([
    [1, 'a tombstone'],
    [2, 'not UTF-8'],
    [3, 'JSON, but not an object'],
    [4, 'not JSON'],
  ]);
});

test('warns of names that SQL can not tell apart, and of too many', () => {
  const clash = inferTable([bytes('{"id":1,"ID":2}')]);
  expect(clash.columns.map(({ name }) => name)).toEqual(['id']);
  expect(clash.warnings[0]).toContain('differ in case only');
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`f${n}`, n]));
  const wide = inferTable([bytes(JSON.stringify(many))]);
  expect(wide.columns).toHaveLength(100);
  expect(wide.warnings[0]).toContain('more than 100 names');
});

describe('the drafted script', () => {
  test('is one that the dialect reads, whatever the names and values are', () => {
    const record = bytes(
      '{"Order":1,"it\'s":"a\\nb -- c","select":{"group":1},"t":1767312000000,"name":"x",' +
        '"n":null,"key":[1]}',
    );
    const sql = draft(inferTable([record]));
    const parsed = parseScript(sql);
    expect(parsed.kind === 'errors' ? parsed.errors : []).toEqual([]);
    expect(sql).toContain('"Order" BIGINT');
    expect(sql).toContain("'source.offset' = 'earliest'");
  });

  test('gives other names where a Delta table can not have one', () => {
    const sql = draft(inferTable([bytes('{"first name":1,"first_name":2,"(":3,"größe €":4}')]));
    expect(sql).toContain(
      'SELECT "first name" AS first_name_2, first_name, "(" AS "column", "größe €" AS "größe_€"',
    );
    expect(parseScript(sql).kind).toBe('ok');
  });

  test('keeps events whole where no column can be told', () => {
    const sql = draft(inferTable([bytes('{}'), null]));
    expect(sql).toContain("'json.unstructured' = 'true'");
    expect(parseScript(sql).kind).toBe('ok');
  });
});

function draft(inferred: ReturnType<typeof inferTable>): string {
  return draftScript({
    table: 'clicks',
    options: { connector: 'http', stream: 'clicks', 'source.offset': 'earliest' },
    metadata: [],
    offered: [],
    path: 'tables/clicks',
    inferred,
  });
}

function repeated(count: number, value: string): readonly string[] {
  return Array.from({ length: count }, () => value);
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
