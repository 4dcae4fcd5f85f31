import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ColumnType } from '../event/schema.ts';
import { QueryFixture } from './fixture/query-fixture.ts';

let fixture: QueryFixture;

beforeAll(async () => {
  fixture = await QueryFixture.open({ memoryBytes: 2 ** 29 });
});

afterAll(() => fixture[Symbol.asyncDispose]());

const columnCount = 2000;
const names = Array.from({ length: columnCount }, (_, index) => `c${index}`);
/** Every fourth value is text, so that rows have quotes, too. */
const values = names.map((name, index) => (index % 4 === 0 ? name : index));
const cells = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
const columns = names.map((name, index) => `${cells[index]} AS ${name}`).join(', ');
const sql = `SELECT ${columns} FROM range(3)`;

test('a result of 2,000 columns is answered in every format', async () => {
  const document = await fixture.document({ sql, maxRows: 2 });
  expect(document.rows).toEqual([values, values]);
  expect(document.truncated).toBe(true);
  const csv = (await fixture.text({ sql, format: 'csv' })).split('\n');
  expect(csv.slice(0, 2)).toEqual([names.join(','), values.join(',')]);
  const [line = ''] = (await fixture.text({ sql, format: 'ndjson' })).split('\n');
  expect(Object.entries(JSON.parse(line) as object)).toEqual(
    names.map((name, index) => [name, values[index]]),
  );
  const path = join(fixture.folder, 'wide.parquet');
  writeFileSync(path, await fixture.bytes({ sql, format: 'parquet' }));
  const [row] = await fixture.connection.rows(`SELECT * FROM '${path}'`);
  expect(Object.values(row ?? {})).toEqual(values);
  const table = arrow.tableFromIPC(await fixture.bytes({ sql, format: 'arrow' }));
  expect([table.numRows, table.numCols]).toEqual([3, columnCount]);
});

/** Columns of each type again and again; some of their values are NULL. */
const tableTypes: readonly { readonly value: string; readonly type: ColumnType }[] = [
  { value: 'i', type: { kind: 'integer', bits: 64, isUnsigned: false } },
  { value: `'"é, ' || i`, type: { kind: 'text' } },
  { value: "TIMESTAMPTZ '2024-01-01' + to_hours(i)", type: { kind: 'timestamp' } },
  { value: 'i / 3', type: { kind: 'float', bits: 64 } },
  { value: '(i % 100)::INTEGER', type: { kind: 'integer', bits: 32, isUnsigned: false } },
];

async function makeTable(name: string, columnsMade: number, rowsMade: number): Promise<void> {
  const made = Array.from({ length: columnsMade }, (_, index) => {
    const { value, type } = tableTypes[index % tableTypes.length]!;
    const isNull = index < tableTypes.length ? 'false' : `(i + ${index}) % 50 = 0`;
    return { name: `c${index}`, type, select: `CASE WHEN NOT ${isNull} THEN ${value} END` };
  });
  fixture.tables.create(name, made);
  const list = made.map((column) => `${column.select} AS ${column.name}`).join(', ');
  await fixture.tables.addCold(name, `SELECT ${list} FROM range(${rowsMade}) t(i)`);
}

/** Lines with 100 of the columns, from `start` on. */
async function narrowLines(table: string, start: number, format: Format): Promise<Lines> {
  const list = Array.from({ length: 100 }, (_, index) => `c${start + index}`).join(', ');
  return await linesOf(`SELECT ${list} FROM ${table}`, format);
}

async function linesOf(select: string, format: Format): Promise<Lines> {
  return (await fixture.text({ sql: select, format })).trimEnd().split('\n');
}

type Format = 'csv' | 'ndjson';
type Lines = readonly string[];

test('rows of a table of 2,000 columns are as narrow answers have them', async () => {
  await makeTable('wide', columnCount, 10);
  const lines = await linesOf('FROM wide', 'ndjson');
  const first = await narrowLines('wide', 0, 'ndjson');
  const last = await narrowLines('wide', columnCount - 100, 'ndjson');
  for (const [index, line] of lines.entries()) {
    expect(line.startsWith(first[index]?.slice(0, -1) ?? '?')).toBe(true);
    expect(line.endsWith(last[index]?.slice(1) ?? '?')).toBe(true);
  }
  const json = await fixture.document({ sql: 'FROM wide', maxRows: 10 });
  expect(json.truncated).toBe(false);
  expect(json.rows).toEqual(lines.map((line) => Object.values(JSON.parse(line) as object)));
});

test('rows of a wide table keep their order, and so do those that are asked for', async () => {
  const rowCount = 2100;
  const rowsMax = 2060;
  await makeTable('long', 301, rowCount);
  const csv = await linesOf('FROM long', 'csv');
  expect(csv).toHaveLength(rowCount + 1);
  const pieces: Lines[] = [];
  for (const start of [0, 100, 200]) pieces.push(await narrowLines('long', start, 'csv'));
  const joined = csv.map((_, index) => pieces.map((piece) => piece[index]).join(','));
  expect(csv.filter((line, index) => !line.startsWith(`${joined[index]},`))).toEqual([]);
  for (const order of ['', ' ORDER BY c0']) {
    const { rows, truncated } = await fixture.document({
      sql: `FROM long${order}`,
      maxRows: rowsMax,
    });
    const first = rows.map((row) => row[0]);
    expect(first).toEqual(Array.from({ length: rowsMax }, (_, index) => String(index)));
    expect(truncated).toBe(true);
  }
});

test('a value of 1,200 fields is answered whole', async () => {
  const fields = names
    .slice(0, 1200)
    .map((name, index) => `'${name}': ${cells[index]}`)
    .join(', ');
  const { rows } = await fixture.document({ sql: `SELECT {${fields}} AS wide` });
  expect(Object.values(rows[0]?.[0] as object)).toEqual(values.slice(0, 1200));
});

test('long values are cut where that is asked for, and say how long they are', async () => {
  const long = `SELECT repeat('é', 5000) AS long, '"short"' AS short, NULL AS none,
    [repeat('x', 9000)] AS list, repeat('a', 2000)::BLOB AS bytes, 7 AS number`;
  const { rows } = await fixture.document({ sql: long, cellBytesMax: 4000 });
  expect(rows).toEqual([
    [
      { helios_cut: 'é'.repeat(1000), helios_bytes: 10_000 },
      '"short"',
      null,
      { helios_cut: `["${'x'.repeat(998)}`, helios_bytes: 9004 },
      expect.stringMatching(/^YWFh/),
      7,
    ],
  ]);
  expect((await fixture.document({ sql: long })).rows[0]?.[0]).toBe('é'.repeat(5000));
});
