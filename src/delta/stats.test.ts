import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../../test/properties.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, Engine } from '../engine/engine.ts';
import { quoteText } from '../engine/types.ts';
import type { Column, ColumnType, Schema } from '../event/schema.ts';
import { columnStatsJson } from './stats.ts';

let engine: Engine;
let connection: Connection;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-stats-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  connection = await engine.connect();
});
afterAll(async () => {
  connection.close();
  engine.close();
  await rm(folder, { recursive: true });
});

const long: ColumnType = { kind: 'integer', bits: 64, isUnsigned: false };
const text: ColumnType = { kind: 'text' };
const double: ColumnType = { kind: 'float', bits: 64 };
const timestamp: ColumnType = { kind: 'timestamp' };

describe('the bounds of one column', () => {
  test.each<[string, ColumnType, string, string | undefined, string | undefined, number]>([
    ['integers', long, '(1), (NULL), (-3)', '-3', '1', 1],
    [
      '64 bits',
      long,
      '(9223372036854775807), (9007199254740993)',
      '9007199254740993',
      '9223372036854775807',
      0,
    ],
    [
      'decimals',
      { kind: 'decimal', precision: 38, scale: 2 },
      "('9999999999999.99'::DECIMAL(38,2)), (0)",
      '0.00',
      '9999999999999.99',
      0,
    ],
    [
      'decimals with zeros at the end',
      { kind: 'decimal', precision: 38, scale: 10 },
      "('-120000000000000000000'::DECIMAL(38,10)), ('0.5')",
      '-120000000000000000000.0000000000',
      '0.5000000000',
      0,
    ],
    [
      'decimals that a double would round',
      { kind: 'decimal', precision: 38, scale: 2 },
      "('-99999999999999.99'::DECIMAL(38,2)), ('123456789012345678901234567890.12')",
      undefined,
      undefined,
      0,
    ],
    [
      'decimals without a fraction',
      { kind: 'decimal', precision: 38, scale: 0 },
      "('18446744073709551615'::DECIMAL(38,0)), (9007199254740993)",
      '9007199254740993',
      '18446744073709551615',
      0,
    ],
    ['doubles', double, '(1e300::DOUBLE), (0.1)', '0.1', '1e+300', 0],
    ['zeros', double, "('-0.0'::DOUBLE), ('0.0')", '-0.0', '0.0', 0],
    ['infinities', double, "('inf'::DOUBLE), ('-inf')", undefined, undefined, 0],
    ['NaN', double, "('nan'::DOUBLE), (1)", '1.0', undefined, 0],
    ['only NaN', double, "('nan'::DOUBLE)", undefined, undefined, 0],
    ['texts', text, "('b'), ('a\"\\'), (NULL)", '"a\\"\\\\"', '"b"', 1],
    ['nothing but NULL', text, '(NULL::VARCHAR), (NULL)', undefined, undefined, 2],
    ['booleans', { kind: 'boolean' }, '(true), (NULL)', undefined, undefined, 1],
    ['bytes', { kind: 'bytes' }, "('abc'::BLOB)", undefined, undefined, 0],
    [
      'dates',
      { kind: 'date' },
      "(DATE '2024-02-29'), ('0001-01-01')",
      '"0001-01-01"',
      '"2024-02-29"',
      0,
    ],
    [
      'far dates',
      { kind: 'date' },
      "(DATE '12024-01-01'), ('0044-01-01 (BC)')",
      undefined,
      undefined,
      0,
    ],
    [
      'endless dates',
      { kind: 'date' },
      "(DATE 'infinity'), ('-infinity')",
      undefined,
      undefined,
      0,
    ],
    [
      'instants, to the millisecond outside',
      timestamp,
      "(TIMESTAMPTZ '2024-01-01 01:02:03.456789+00')",
      '"2024-01-01T01:02:03.456Z"',
      '"2024-01-01T01:02:03.457Z"',
      0,
    ],
    [
      'whole instants',
      timestamp,
      "(TIMESTAMPTZ '2024-01-01 01:02:03+00')",
      '"2024-01-01T01:02:03.000Z"',
      '"2024-01-01T01:02:03.000Z"',
      0,
    ],
    [
      'instants before 1970',
      timestamp,
      "(TIMESTAMPTZ '1969-12-31 23:59:59.9999+00')",
      '"1969-12-31T23:59:59.999Z"',
      '"1970-01-01T00:00:00.000Z"',
      0,
    ],
    [
      'the last instant',
      timestamp,
      "(TIMESTAMPTZ '9999-12-31 23:59:59.9999+00')",
      '"9999-12-31T23:59:59.999Z"',
      undefined,
      0,
    ],
  ])('%s', async (_name, type, values, min, max, nullCount) => {
    const stats = await statsTextOf(`SELECT * FROM (VALUES ${values}) AS t(c)`, [
      { name: 'c', type },
    ]);
    expect(stats).toContain(`"minValues":${min === undefined ? '{}' : `{"c":${min}}`}`);
    expect(stats).toContain(`"maxValues":${max === undefined ? '{}' : `{"c":${max}}`}`);
    expect(stats).toContain(`"nullCount":{"c":${nullCount}}`);
  });
});

describe('long texts', () => {
  const a32 = 'a'.repeat(32);
  test.each([
    ['a'.repeat(32), a32, a32],
    [`${a32}b`, a32, `${a32}\u{7f}`],
    [`${a32}\u{7e}b`, a32, `${a32}\u{7f}`],
    [`${a32}\u{7f}`, a32, `${a32}\u{10ffff}`],
    [`${a32}é`, a32, `${a32}\u{10ffff}`],
    ['\u{1f600}'.repeat(40), '\u{1f600}'.repeat(32), `${'\u{1f600}'.repeat(32)}\u{10ffff}`],
    ['\u{10ffff}'.repeat(33), '\u{10ffff}'.repeat(32), '\u{10ffff}'.repeat(33)],
    [`${'\u{10ffff}'.repeat(33)}b`, '\u{10ffff}'.repeat(32), `${'\u{10ffff}'.repeat(33)}\u{7f}`],
  ])('are cut so that the bounds hold: %j', async (value, min, max) => {
    const stats = await statsOf(`SELECT ${quoteText(value)} AS c`, [{ name: 'c', type: text }]);
    expect(stats).toMatchObject({ minValues: { c: min }, maxValues: { c: max } });
  });

  test('of which no greater one is short have no maximum', async () => {
    const stats = await statsOf(`SELECT repeat('\u{10ffff}', 80) AS c`, [
      { name: 'c', type: text },
    ]);
    expect(stats).toMatchObject({ maxValues: {} });
  });
});

describe('columns', () => {
  test('nested ones mirror the schema; lists, maps and absent columns are left out', async () => {
    const schema: Schema = [
      {
        name: 's.t"u',
        type: {
          kind: 'struct',
          fields: [
            { name: 'a', type: long },
            { name: 'b.c', type: { kind: 'struct', fields: [{ name: 'd', type: text }] } },
            { name: 'l', type: { kind: 'list', element: long } },
          ],
        },
      },
      { name: 'l', type: { kind: 'list', element: long } },
      { name: 'm', type: { kind: 'map', key: text, value: long } },
      { name: 'place', type: text },
      { name: 'z', type: long },
    ];
    const select = `SELECT {a: 1::BIGINT, "b.c": {d: 'x'}, l: [1::BIGINT]} AS "s.t""u",
      [1::BIGINT] AS l, map{'k': 1::BIGINT} AS m, 5::BIGINT AS z UNION ALL
      SELECT NULL, NULL, NULL, NULL`;
    expect(await statsOf(select, schema)).toEqual({
      numRecords: 2,
      minValues: { 's.t"u': { a: 1, 'b.c': { d: 'x' } }, z: 5 },
      maxValues: { 's.t"u': { a: 1, 'b.c': { d: 'x' } }, z: 5 },
      nullCount: { 's.t"u': { a: 1, 'b.c': { d: 1 } }, z: 1 },
    });
  });

  test('only the first 32 leaves have statistics', async () => {
    const schema = Array.from({ length: 40 }, (_, index): Column => ({
      name: `c${index}`,
      type: long,
    }));
    const select = `SELECT ${schema.map((column) => `1::BIGINT AS ${column.name}`).join(', ')}`;
    const stats = await statsOf(select, schema);
    expect(Object.keys(stats.nullCount)).toEqual(schema.slice(0, 32).map((column) => column.name));
  });

  test('a file without rows has none', async () => {
    const stats = await statsOf('SELECT 1::BIGINT AS c WHERE false', [{ name: 'c', type: long }]);
    expect(stats).toMatchObject({ numRecords: 0, minValues: {}, maxValues: {} });
  });
});

test('bounds of texts hold in the order of bytes, whatever the texts are', async () => {
  const character = fc.constantFrom(
    'a',
    '~',
    '\u{7f}',
    'é',
    '日',
    '\u{ffff}',
    '\u{1f600}',
    '\u{10ffff}',
  );
  const value = fc.string({ unit: character, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async (values) => {
      const rows = values.map((each) => `(${quoteText(each)})`).join(', ');
      const stats = await statsOf(`SELECT * FROM (VALUES ${rows}) AS t(c)`, [
        { name: 'c', type: text },
      ]);
      for (const each of values) {
        const { c: min } = stats.minValues as { c?: string };
        const { c: max } = stats.maxValues as { c?: string };
        if (min !== undefined)
          expect(Buffer.compare(Buffer.from(min), Buffer.from(each))).toBeLessThan(1);
        if (max !== undefined)
          expect(Buffer.compare(Buffer.from(max), Buffer.from(each))).toBeGreaterThan(-1);
      }
    }),
    { numRuns: 60 },
  );
});

type Stats = {
  readonly numRecords: number;
  readonly minValues: object;
  readonly maxValues: object;
  readonly nullCount: object;
};

async function statsOf(select: string, schema: Schema): Promise<Stats> {
  return JSON.parse(await statsTextOf(select, schema)) as Stats;
}

async function statsTextOf(select: string, schema: Schema): Promise<string> {
  const target = quoteText(join(folder, 'stats.parquet'));
  const [row] = await connection.rows(
    `COPY (${select}) TO ${target} (FORMAT parquet, COMPRESSION zstd, RETURN_STATS)`,
  );
  return columnStatsJson(row!, schema);
}
