import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../engine/engine.ts';
import { duckdbType } from '../engine/types.ts';
import type { ColumnType } from '../event/schema.ts';
import { partitionTextSql } from './partition-value.ts';
import { storedType } from './schema-json.ts';

let engine: Engine;
let connection: Connection;
beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
  connection = await engine.connect();
});
afterAll(() => {
  connection.close();
  engine.close();
});

test.each<[ColumnType, string, string | null]>([
  [{ kind: 'text' }, `'a b/c%d:é=1'`, 'a b/c%d:é=1'],
  [{ kind: 'text' }, 'NULL', null],
  [{ kind: 'boolean' }, 'true', 'true'],
  [
    { kind: 'integer', bits: 64, isUnsigned: false },
    '-9223372036854775808',
    '-9223372036854775808',
  ],
  [{ kind: 'integer', bits: 64, isUnsigned: true }, '18446744073709551615', '18446744073709551615'],
  [{ kind: 'decimal', precision: 20, scale: 3 }, '1.5', '1.500'],
  [{ kind: 'decimal', precision: 38, scale: 38 }, '-0.5', `-0.5${'0'.repeat(37)}`],
  [{ kind: 'float', bits: 64 }, `'nan'`, 'NaN'],
  [{ kind: 'float', bits: 64 }, `'-inf'`, '-Infinity'],
  [{ kind: 'float', bits: 64 }, '0.1', '0.1'],
  [{ kind: 'date' }, `'2024-02-29'`, '2024-02-29'],
  [{ kind: 'timestamp' }, `'2024-06-15 19:30:45.000001+02'`, '2024-06-15T17:30:45.000001Z'],
  [{ kind: 'timestamp' }, `'1969-12-31 23:59:59+00'`, '1969-12-31T23:59:59.000000Z'],
])('%j %s is written as %j, and is the same when it is read', async (type, sql, text) => {
  const stored = storedType(type);
  const [row] = await connection.rows(
    `SELECT ${partitionTextSql({ name: 'c', type })} AS text, c IS NOT DISTINCT FROM
       CAST($1 AS ${duckdbType(stored)}) AS same
     FROM (SELECT CAST(${sql} AS ${duckdbType(stored)}) AS c)`,
    [text],
  );
  expect(row).toEqual({ text, same: true });
});

test('the empty text is written as NULL, which Delta takes it for', async () => {
  const text = partitionTextSql({ name: 'c', type: { kind: 'text' } });
  expect(await connection.rows(`SELECT ${text} AS text FROM (SELECT '' AS c)`)).toEqual([
    { text: null },
  ]);
});

test.each<ColumnType>([{ kind: 'bytes' }, { kind: 'list', element: { kind: 'text' } }])(
  '%j cannot partition a table',
  (type) => {
    expect(() => partitionTextSql({ name: 'c', type })).toThrow(
      /The column c cannot partition a table/,
    );
  },
);
