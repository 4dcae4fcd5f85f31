import { afterAll, beforeAll, expect, it } from 'vitest';
import { TablesFixture } from '../fixture/tables-fixture.ts';
import type { TailAnswer, TailRequest } from './hot-tail.ts';

let fixture: TablesFixture;

beforeAll(async () => {
  fixture = await TablesFixture.open();
  await fixture.createPipeline();
});

afterAll(() => fixture[Symbol.asyncDispose]());

async function look(request: Partial<TailRequest> = {}): Promise<TailAnswer> {
  return await fixture.tail.rowsAfter({
    table: 'sunk',
    where: undefined,
    after: undefined,
    rowsMax: 100,
    signal: new AbortController().signal,
    ...request,
  });
}

/** Each id is a record that is published before this resolves. */
async function send(...numbers: readonly number[]): Promise<void> {
  const records = numbers.map((id) => JSON.stringify({ id, v: `v${id}` }));
  await fixture.pipelines.sendAndWait('events', records);
}

it('begins with what comes after the first look', async () => {
  await send(1);
  const first = await look();
  const columns = [
    { name: 'id', type: 'BIGINT' },
    { name: 'v', type: 'VARCHAR' },
  ];
  expect(first).toMatchObject({ columns, rows: [], missedRows: 0 });
  await send(2, 3);
  const second = await look({ after: first.cursor });
  expect(second.rows).toEqual([
    ['2', 'v2'],
    ['3', 'v3'],
  ]);
  expect(second.columns).toEqual(columns);
  expect(second.missedRows).toBe(0);
  expect(await look({ after: second.cursor })).toMatchObject({ rows: [], missedRows: 0 });
});

it('shows what a condition lets through, on lines of its own', async () => {
  const { cursor } = await look();
  await send(10, 11, 12);
  const { rows, missedRows } = await look({ after: cursor, where: 'id > 10 -- both of them' });
  expect(rows.map(([id]) => id)).toEqual(['11', '12']);
  expect(missedRows).toBe(0);
});

it('counts the rows that there was no room for', async () => {
  const { cursor } = await look();
  await send(20, 21, 22);
  const { rows, missedRows } = await look({ after: cursor, rowsMax: 2 });
  expect(rows).toHaveLength(2);
  expect(missedRows).toBe(1);
});

it('counts the rows that were rolled between two looks', async () => {
  const { cursor } = await look();
  await send(30, 31);
  await fixture.pipelines.supervisor.stop('p', { isDiscarding: false });
  await fixture.pipelines.supervisor.start('p');
  await send(32);
  const { rows, missedRows } = await look({ after: cursor });
  expect(rows).toEqual([['32', 'v32']]);
  expect(missedRows).toBe(2);
});

it('knows the table whatever its case, and says which there are', async () => {
  expect((await look({ table: 'SUNK' })).rows).toEqual([]);
  const missing = look({ table: 'snk' });
  await expect(missing).rejects.toMatchObject({ code: 'not_found' });
});

it.each([
  ['id >', 'invalid_sql'],
  ['nope = 1', 'invalid_sql'],
  ['true) UNION ALL SELECT (1', 'invalid_sql'],
  ['true); DROP TABLE sunk; SELECT (1', 'not_allowed'],
  ["v = read_text('/etc/passwd')", 'not_allowed'],
])('a condition %j is refused as %s', async (where, code) => {
  await expect(look({ where })).rejects.toMatchObject({ code });
  const { cursor } = await look();
  await send(40);
  await expect(look({ after: cursor, where })).rejects.toMatchObject({ code });
});

it.each([
  ['nope = 1', { line: 1, column: 1, length: 4 }],
  ['id > 1\n  AND nope = 1', { line: 2, column: 7, length: 4 }],
  ['id >', { line: 1, column: 5, length: 1 }],
])('a condition %j is wrong at its place, before there are rows', async (where, position) => {
  await expect(look({ where })).rejects.toMatchObject({ position });
});

it.each(['', 'x', '{', 'null', '7', '[]'])('a cursor %j is refused', async (after) => {
  await expect(look({ after })).rejects.toMatchObject({ code: 'invalid_request' });
});
