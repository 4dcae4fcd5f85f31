import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { jsonObjectSql } from '../../engine/json-encoding.ts';
import type { Schema } from '../../event/schema.ts';
import { type ChangeEvents, changeEvents, insertEvents } from './change-events.ts';

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

const schema: Schema = [
  { name: 'k', type: { kind: 'text' } },
  { name: 'n', type: { kind: 'decimal', precision: 9, scale: 2 } },
  { name: 'at', type: { kind: 'timestamp' } },
];

/** The lines that a sink gets, in order. */
async function linesOf({ body, schema: columns }: ChangeEvents): Promise<readonly unknown[]> {
  const select = body.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');
  const form = { timestampFormat: 'unix_millis', decimalEncoding: 'bytes' } as const;
  const rows = await connection.rows(`SELECT ${jsonObjectSql(columns, form)} AS line
    FROM (${select}) ORDER BY line`);
  return rows.map(({ line }) => line);
}

test('rows that only come are inserts', async () => {
  const rows =
    "SELECT 'a' AS k, 1.28::DECIMAL(9, 2) AS n, TIMESTAMPTZ '1970-01-01 00:00:01Z' AS at";
  expect(await linesOf(insertEvents([rows], schema))).toEqual([
    '{"before":null,"after":{"k":"a","n":"AIA=","at":1000},"op":"c"}',
  ]);
});

/** Rows of `n` with their key and weight. */
function changes(rows: string): ChangeEvents {
  const n: Schema = [{ name: 'n', type: { kind: 'integer', bits: 32, isUnsigned: false } }];
  return changeEvents([`SELECT * FROM (VALUES ${rows}) AS t(n, __key, __weight)`], n);
}

test.each([
  ['one that comes', "(1, 'a', 1)", ['{"before":null,"after":{"n":1},"op":"c"}']],
  ['one that goes', "(1, 'a', -1)", ['{"before":{"n":1},"after":null,"op":"d"}']],
  [
    'one for another of its key is an update',
    "(1, 'a', -1), (2, 'a', 1), (7, 'b', 1)",
    ['{"before":null,"after":{"n":7},"op":"c"}', '{"before":{"n":1},"after":{"n":2},"op":"u"}'],
  ],
  ['one that comes and goes is nothing', "(1, 'a', -1), (1, 'a', 1)", []],
  [
    'copies are as many as there are',
    "(1, 'a', -1), (1, 'a', -1), (2, 'a', 3)",
    [
      '{"before":null,"after":{"n":2},"op":"c"}',
      '{"before":{"n":1},"after":{"n":2},"op":"u"}',
      '{"before":{"n":1},"after":{"n":2},"op":"u"}',
    ],
  ],
  [
    'a row of NULLs is a row',
    "(NULL, 'a', -1), (2, 'a', 1)",
    ['{"before":{"n":null},"after":{"n":2},"op":"u"}'],
  ],
])('%s', async (_, rows, lines) => {
  expect(await linesOf(changes(rows))).toEqual(lines);
});
