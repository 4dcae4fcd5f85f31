import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { ForeignTableFixture } from '../fixture/foreign-table.ts';
import { TablesFixture } from '../fixture/tables-fixture.ts';

let fixture: TablesFixture;
beforeAll(async () => {
  fixture = await TablesFixture.open();
  const path = join(fixture.pipelines.directory, 'foreign', 'past');
  const table = new ForeignTableFixture(path, fixture.pipelines.engine);
  await table.create([['id', 'long']]);
  const files = [1, 2, 3].map(async (id) => await table.file(`SELECT ${id}::BIGINT AS id`));
  const [one, two, three] = await Promise.all(files);
  await table.commit([one!]);
  await table.commit([two!, { remove: { ...one!.add, deletionTimestamp: 1 } }]);
  await table.commit([
    three!,
    ForeignTableFixture.metadata([
      ['id', 'long'],
      ['late', 'string'],
    ]),
  ]);
  for (const version of [0, 1, 2, 3]) {
    const log = join(path, '_delta_log', `${String(version).padStart(20, '0')}.json`);
    await utimes(log, Date.UTC(2024, 0, 1 + version) / 1000, Date.UTC(2024, 0, 1 + version) / 1000);
  }
  fixture.pipelines.catalog.addTable({ name: 'past', path, kind: 'attached' });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function failure(sql: string): Promise<HeliosError> {
  const thrown: unknown = await fixture.rows(sql).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (thrown instanceof HeliosError) return thrown;
  throw new Error(`${sql}: ${String(thrown)}`);
}

describe('a table as it was', () => {
  test.each<[string, unknown[][]]>([
    [
      'SELECT * FROM past ORDER BY id',
      [
        ['2', null],
        ['3', null],
      ],
    ],
    ['SELECT * FROM past AT (VERSION => 0)', []],
    ['SELECT * FROM past AT (VERSION => 1)', [['1']]],
    ['SELECT past.id FROM main.past at(version=>2)', [['2']]],
    ['SELECT p.id FROM "past" AS p AT (VERSION => 3) ORDER BY 1', [['2'], ['3']]],
    ['SELECT p.x FROM past p(x, y) AT (VERSION => 3) ORDER BY 1', [['2'], ['3']]],
    [`SELECT * FROM past AT (TIMESTAMP => '2024-01-02 12:00:00')`, [['1']]],
    [`SELECT * FROM past AT (TIMESTAMP => TIMESTAMP '2024-01-03 00:00:00')`, [['2']]],
    ['SELECT id FROM past AT (TIMESTAMP => now() - INTERVAL 1 HOUR) ORDER BY id', [['2'], ['3']]],
    [
      `SELECT a.id, b.id, 'past AT (VERSION => 1)' FROM past AS a AT (VERSION => 1), past AS b
         AT (VERSION
           => 2) WHERE a.id < b.id /* at ( */`,
      [['1', '2', 'past AT (VERSION => 1)']],
    ],
    ['WITH x AS (FROM past AT (VERSION => 1)) SELECT count(*) FROM x, past', [['2']]],
    ['EXPLAIN SELECT 1 FROM past AT (VERSION => 1) WHERE false', expect.anything() as never],
  ])('%s', async (sql, expected) => {
    expect(await fixture.rows(sql)).toEqual(expected);
  });

  test.each([
    ['FROM past AT (VERSION => 4)', 'not_found', 'past has no version 4 yet: its newest is 3.'],
    [`FROM past AT (TIMESTAMP => '2023-01-01')`, 'not_found', `doesn't reach back`],
    [`FROM past AT (TIMESTAMP => '2123-01-01')`, 'not_found', 'is in the future'],
    ['FROM past AT (VERSION => 1 + id)', 'invalid_sql', 'constant'],
    ['FROM helios.files AT (VERSION => 1)', 'unsupported_table', 'has no versions'],
    ['FROM pest AT (VERSION => 1)', 'invalid_sql', 'There is no table "pest"'],
    ['SELECT nothing FROM past AT (VERSION => 1)', 'invalid_sql', 'nothing'],
  ])('%s is refused', async (sql, code, message) => {
    const thrown = await failure(sql);
    expect(thrown.code).toBe(code);
    expect(thrown.message).toContain(message);
  });

  test('says which version was read', async () => {
    const answer = await fixture.queries.run({
      sql: 'SELECT count(*) FROM past AT (VERSION => 2)',
      format: 'json',
      maxRows: undefined,
      timeoutMs: 20_000,
      signal: new AbortController().signal,
    });
    for await (const _ of answer.body) continue;
    expect(answer.saw).toMatchObject([{ table: 'past', version: 2, files_read: 1, hot_rows: 0 }]);
  });
});
