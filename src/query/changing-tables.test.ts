import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { QueryFixture } from './fixture/query-fixture.ts';

const bigint = { kind: 'integer', bits: 64, isUnsigned: false } as const;

it('finds the newest files, columns and types, query after query', async () => {
  await using changing = await QueryFixture.open({ processesMax: 1 });
  const { tables } = changing;
  const count = async (): Promise<unknown> => {
    const sql = 'SELECT count(*)::INTEGER, max(id)::INTEGER, count(extra)::INTEGER FROM t';
    return (await changing.document({ sql })).rows[0];
  };
  tables.create('t', [
    { name: 'id', type: bigint },
    { name: 'extra', type: { kind: 'text' } },
  ]);
  expect(await count()).toEqual([0, null, 0]);
  await tables.addHot('t', 'SELECT i AS id FROM range(3) r(i)');
  expect(await count()).toEqual([3, 2, 0]);
  expect(await count()).toEqual([3, 2, 0]);
  await tables.addHot('t', "SELECT 7::BIGINT AS id, 'x' AS extra");
  expect(await count()).toEqual([4, 7, 1]);
  // Completion makes views of its own.
  await changing.queries.complete('SELECT * FROM t');
  expect(await count()).toEqual([4, 7, 1]);
  // Rolled: the rows are in a file of the table, and the parts are gone.
  tables.create('t', [
    { name: 'id', type: { kind: 'text' } },
    { name: 'extra', type: { kind: 'text' } },
  ]);
  await tables.addCold('t', "SELECT i::VARCHAR AS id, 'x' AS extra FROM range(4) r(i)");
  expect(await count()).toEqual([4, 3, 4]);
  const { columns } = await changing.document({ sql: 'SELECT id FROM t' });
  expect(columns).toEqual([{ name: 'id', type: 'VARCHAR' }]);
});

it('still has a file that is deleted while it is read', async () => {
  await using changing = await QueryFixture.open({ processesMax: 1 });
  const { tables, queries } = changing;
  tables.create('t', [{ name: 'id', type: bigint }]);
  await tables.addHot('t', 'SELECT i AS id FROM range(1000000) r(i)');
  const answer = await queries.run({
    sql: 'SELECT id FROM t',
    format: 'csv',
    maxRows: undefined,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
  });
  let lineCount = 0;
  for await (const bytes of answer.body) {
    rmSync(join(changing.folder, 'lake'), { recursive: true, force: true });
    lineCount += Buffer.from(bytes).toString('latin1').split('\n').length - 1;
  }
  expect(lineCount).toBe(1_000_001);
});
