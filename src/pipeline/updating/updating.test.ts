import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { changesOf, crashed, outputsOf, queryRows, stateAfter } from './testing/changes.ts';

const source = `CREATE TABLE events (k TEXT, v BIGINT, price DOUBLE)
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;

type Event = { readonly k: string | null; readonly v: number | null; readonly price: number };

const counts = 'SELECT k, count(*) AS n, sum(price) AS p FROM events GROUP BY k';
const columns = { k: 'VARCHAR', v: 'BIGINT', price: 'DOUBLE' };

const event = fc.record({
  k: fc.constantFrom('a', 'b', 'c', null),
  v: fc.option(fc.integer({ min: -3, max: 3 })),
  // Sums of these are exact in any order.
  price: fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8),
});
const step = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 8 }),
  next: fc.constantFrom('go on', 'go on', 'restart', 'crash'),
});

const lastStep = { events: [{ k: 'last', v: 1, price: 1 }], next: 'go on' };

const selects = [
  `SELECT k, count(*) AS n, sum(v) AS s, avg(price) AS p, min(v) AS lo, max(v) AS hi
    FROM events GROUP BY k`,
  `SELECT string_agg(k, ',' ORDER BY k) AS ks, count(DISTINCT v) AS vs FROM events WHERE v > 0
    HAVING count(*) > 0`,
  'SELECT DISTINCT v % 2 AS parity, k FROM events',
  'SELECT v + 1 AS v, count(*) AS n FROM events GROUP BY v HAVING count(*) > 1',
  "SELECT n, count(*) AS keys, string_agg(k, ',' ORDER BY k) AS ks FROM counts GROUP BY n",
  "SELECT upper(k) AS k, p FROM counts WHERE n > 1 UNION ALL SELECT 'all', sum(price) FROM events",
  'SELECT DISTINCT n, n + 1 AS n FROM counts',
  'SELECT k AS n, count(*) AS n, sum(v) AS N FROM events GROUP BY k',
  'SELECT max(n) AS most, sum(n) AS n, avg(p) AS p FROM counts',
  'SELECT count(*) AS several FROM counts WHERE n > 1 HAVING count(*) > 0',
];

test('the changes of each SELECT add up to one query over all events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
      let helios = await PipelineFixture.open();
      const sent: Event[] = [];
      try {
        const sql = `${source} CREATE VIEW counts AS ${counts}; ${outputsOf(selects)}`;
        await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
        for (const { events, next } of [...steps, lastStep]) {
          sent.push(...events);
          const records = events.map((one) => JSON.stringify(one));
          if (next === 'crash') await helios.send('events', records);
          else await helios.sendAndWait('events', records);
          if (next === 'restart') helios = await helios.reopened();
          if (next === 'crash') helios = await crashed(helios);
        }
        for (const [index, select] of selects.entries()) {
          const state = stateAfter(await changesOf(helios, index));
          const tables = [{ name: 'events', columns, rows: sent }];
          const views = `, counts AS (${counts})`;
          expect(state, select).toEqual(await queryRows(helios, tables, { select, views }));
        }
      } finally {
        await helios[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 2 },
  );
}, 60_000);

test("what changes goes into no sink that can't say so", async () => {
  await using helios = await PipelineFixture.open();
  const sql = `${source}
    CREATE TABLE sunk WITH (connector = 'single_file', path = 'sunk.json', format = 'json');
    INSERT INTO sunk SELECT k, count(*) AS n FROM events GROUP BY k;`;
  const refused = helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await expect(refused).rejects.toMatchObject({
    code: 'invalid_sql',
    message:
      'input is updating, but sink is not configured as an updating sink ' +
      "(hint: use format = 'debezium_json')",
    position: { line: 4 },
  });
});
