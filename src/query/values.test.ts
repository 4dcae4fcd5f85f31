import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QueryFixture } from './fixture/query-fixture.ts';

let fixture: QueryFixture;

beforeAll(async () => {
  fixture = await QueryFixture.open();
});

afterAll(() => fixture[Symbol.asyncDispose]());

/** DuckDB's expression, its type's name, its JSON, its CSV. */
const values: readonly (readonly [string, string, unknown, string])[] = [
  ['true', 'BOOLEAN', true, 'true'],
  ['(-128)::TINYINT', 'TINYINT', -128, '-128'],
  ['4294967295::UINTEGER', 'UINTEGER', 4294967295, '4294967295'],
  ['9223372036854775807', 'BIGINT', '9223372036854775807', '9223372036854775807'],
  ['18446744073709551615::UBIGINT', 'UBIGINT', '18446744073709551615', '18446744073709551615'],
  ['9007199254740993::HUGEINT', 'HUGEINT', '9007199254740993', '9007199254740993'],
  ['1.10::DECIMAL(10,2)', 'DECIMAL(10,2)', '1.10', '1.10'],
  [
    '(-12345678901234567890.1234567891)::DECIMAL(38,10)',
    'DECIMAL(38,10)',
    '-12345678901234567890.1234567891',
    '-12345678901234567890.1234567891',
  ],
  ['0.1::FLOAT', 'FLOAT', 0.1, '0.1'],
  ['1e300::DOUBLE', 'DOUBLE', 1e300, '1e+300'],
  ["'nan'::DOUBLE", 'DOUBLE', 'NaN', 'NaN'],
  ["'-inf'::DOUBLE", 'DOUBLE', '-Infinity', '-Infinity'],
  ['-1e309', 'DOUBLE', '-Infinity', '-Infinity'],
  ["''", 'VARCHAR', '', '""'],
  ["'a,\"b\"' || chr(10) || '😀'", 'VARCHAR', 'a,"b"\n😀', '"a,""b""\n😀"'],
  ['\'{"b": 1.10}\'::JSON', 'JSON', '{"b": 1.10}', '"{""b"": 1.10}"'],
  ["'\\xFF\\x00'::BLOB", 'BLOB', '/wA=', '/wA='],
  ["DATE '2023-09-18'", 'DATE', '2023-09-18', '2023-09-18'],
  ["DATE '0001-02-03 (BC)'", 'DATE', '0000-02-03', '0000-02-03'],
  ["DATE '0044-03-15 (BC)'", 'DATE', '-0043-03-15', '-0043-03-15'],
  ["DATE '290000-01-01 (BC)'", 'DATE', '-289999-01-01', '-289999-01-01'],
  ["DATE '12345-01-01'", 'DATE', '12345-01-01', '12345-01-01'],
  ["'-infinity'::DATE", 'DATE', '-infinity', '-infinity'],
  ["TIME '10:11:12.5'", 'TIME', '10:11:12.5', '10:11:12.5'],
  ...[
    ["TIMESTAMPTZ '0044-03-15 (BC) 10:00:00+00'", '-0043-03-15T10:00:00Z'],
    ["TIMESTAMPTZ '0001-03-15 (BC) 10:00:00.5+00'", '0000-03-15T10:00:00.500000Z'],
    ["TIMESTAMPTZ '200000-03-15 (BC) 10:00:00+00'", '-199999-03-15T10:00:00Z'],
    ["TIMESTAMPTZ '0001-01-01 00:00:00+00'", '0001-01-01T00:00:00Z'],
    ["TIMESTAMPTZ '12345-01-01 00:00:00+00'", '12345-01-01T00:00:00Z'],
    ["'infinity'::TIMESTAMPTZ", 'infinity'],
  ].map(([sql = '', text = '']) => [sql, 'TIMESTAMPTZ', text, text] as const),
  [
    "TIMESTAMPTZ '2023-09-18 14:00:00+00'",
    'TIMESTAMPTZ',
    '2023-09-18T14:00:00Z',
    '2023-09-18T14:00:00Z',
  ],
  [
    "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'",
    'TIMESTAMPTZ',
    '1969-12-31T23:59:59.999999Z',
    '1969-12-31T23:59:59.999999Z',
  ],
  [
    "TIMESTAMP '2023-09-18 14:00:00.25'",
    'TIMESTAMP',
    '2023-09-18T14:00:00.250000Z',
    '2023-09-18T14:00:00.250000Z',
  ],
  [
    "TIMESTAMP_NS '2023-09-18 14:00:00.123456789'",
    'TIMESTAMP_NS',
    '2023-09-18T14:00:00.123456789Z',
    '2023-09-18T14:00:00.123456789Z',
  ],
  ["INTERVAL '14 months 3 days -4 hours'", 'INTERVAL', 'P1Y2M3DT-4H', 'P1Y2M3DT-4H'],
  [
    "'00000000-0000-0000-0000-00000000000f'::UUID",
    'UUID',
    '00000000-0000-0000-0000-00000000000f',
    '00000000-0000-0000-0000-00000000000f',
  ],
  ['[1::BIGINT, NULL]', 'BIGINT[]', ['1', null], '"[""1"",null]"'],
  [
    "{'a': 1, 'b': [{'c': 'x'}]}",
    'STRUCT("a" INTEGER, "b" STRUCT("c" VARCHAR)[])',
    { a: 1, b: [{ c: 'x' }] },
    '"{""a"":1,""b"":[{""c"":""x""}]}"',
  ],
  ["MAP {'k': 1.5::DOUBLE}", 'MAP(VARCHAR, DOUBLE)', { k: 1.5 }, '"{""k"":1.5}"'],
  ['row(1, 2)', 'STRUCT("" INTEGER, "" INTEGER)', [1, 2], '"[1,2]"'],
  ['NULL', 'INTEGER', null, ''],
];

describe('values', () => {
  it('have one text each in JSON', async () => {
    const sql = `SELECT ${values.map(([expression]) => expression).join(', ')}`;
    const { rows, columns } = await fixture.document({ sql });
    expect(rows[0]).toEqual(values.map(([, , json]) => json));
    expect(columns.map(({ type }) => type)).toEqual(
      values
        .map(([, type]) => type)
        .map((type) => (type === 'INTEGER' ? expect.stringMatching(/INTEGER|"NULL"/) : type)),
    );
  });

  it('are the same in NDJSON, and NULLs are null', async () => {
    const list = values.map(([expression], index) => `${expression} AS c${index}`).join(', ');
    const nulls = values.map((_, index) => `NULL AS c${index}`).join(', ');
    const sql = `SELECT ${list} UNION ALL SELECT ${nulls}`;
    const lines = (await fixture.bytes({ sql, format: 'ndjson' }))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    const [full, empty] = lines.map((line) => Object.values(JSON.parse(line) as object));
    expect(full).toEqual(values.map(([, , json]) => json));
    expect(empty).toEqual(values.map(() => null));
  });

  it('are quoted in CSV where they must be', async () => {
    const sql = `SELECT ${values.map(([expression], index) => `${expression} AS c${index}`).join(', ')}`;
    const csv = (await fixture.bytes({ sql, format: 'csv' })).toString('utf8');
    expect(csv.slice(csv.indexOf('\n') + 1)).toBe(
      `${values.map(([, , , text]) => text).join(',')}\n`,
    );
  });

  it('come back from Parquet as they were', async () => {
    const kept = values.filter(([, type]) => !/INTERVAL|_NS|""|NULL/.test(type));
    const select = `SELECT ${kept.map(([expression], index) => `${expression} AS c${index}`).join(', ')}`;
    const nulls = kept
      .map(([, type], index) => `NULL::${type.replace(/HUGEINT/, 'DECIMAL(38,0)')} AS c${index}`)
      .join(', ');
    const path = join(fixture.folder, 'result.parquet');
    writeFileSync(
      path,
      await fixture.bytes({ sql: `${select} UNION ALL SELECT ${nulls}`, format: 'parquet' }),
    );
    const text = kept.map((_, index) => `c${index}::VARCHAR AS c${index}`).join(', ');
    const [back] = await fixture.connection.rows(`SELECT ${text} FROM '${path}'`);
    const [own] = await fixture.connection.rows(`SELECT ${text} FROM (${select})`);
    const normal = (value: unknown): unknown =>
      typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(value)
        ? value.replace(/\+00$/, '')
        : value;
    expect(Object.values(back ?? {}).map(normal)).toEqual(Object.values(own ?? {}).map(normal));
  });

  it('come back from Arrow as they were', async () => {
    const sql = `SELECT true AS b, -5::TINYINT AS i8, 9223372036854775807 AS i64, 18446744073709551615::UBIGINT AS u64,
      (-1.10)::DECIMAL(10,2) AS dec, 0.5::FLOAT AS f, 1e300::DOUBLE AS d, 'é' AS s, '\\xFF'::BLOB AS bin,
      DATE '1969-12-31' AS day, TIME '10:00:00.000001' AS t, TIMESTAMPTZ '2023-09-18 14:00:00.123457+00' AS ts,
      [1, NULL, 3] AS l, {'x': 1, 'y': [2]} AS st, MAP {'k': 1} AS m, 9007199254740993::HUGEINT AS h,
      INTERVAL '1 day' AS iv
      UNION ALL SELECT ${Array(17).fill('NULL').join(', ')}`;
    const table = arrow.tableFromIPC(await fixture.bytes({ sql, format: 'arrow' }));
    expect(table.numRows).toBe(2);
    const raw = (name: string): ArrayLike<unknown> =>
      table.getChild(name)!.data[0]!.values as ArrayLike<unknown>;
    expect(raw('i64')[0]).toBe(9223372036854775807n);
    expect(raw('u64')[0]).toBe(18446744073709551615n);
    expect(raw('ts')[0]).toBe(1695045600123457n);
    expect(raw('t')[0]).toBe(36000000001n);
    expect(raw('day')[0]).toBe(-1);
    const row = table.get(0)!.toJSON();
    expect(row['b']).toBe(true);
    expect(row['i8']).toBe(-5);
    expect(String(row['dec'])).toBe('-110');
    expect(String(row['h'])).toBe('9007199254740993');
    expect([row['f'], row['d'], row['s'], row['iv']]).toEqual([0.5, 1e300, 'é', 'P1D']);
    expect([...(row['bin'] as Uint8Array)]).toEqual([255]);
    expect(JSON.parse(JSON.stringify([row['l'], row['st'], row['m']]))).toEqual([
      [1, null, 3],
      { x: 1, y: [2] },
      { k: 1 },
    ]);
    expect(Object.values(table.get(1)!.toJSON()).every((value) => value === null)).toBe(true);
  });
});
