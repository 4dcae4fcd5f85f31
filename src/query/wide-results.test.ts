import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { QueryFixture } from './fixture/query-fixture.ts';

let fixture: QueryFixture;

beforeAll(async () => {
  fixture = await QueryFixture.open({ memoryBytes: 2 ** 30 });
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
