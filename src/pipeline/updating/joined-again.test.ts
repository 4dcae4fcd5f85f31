import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { changesOf, crashed, outputsOf, queryRows, stateAfter } from './testing/changes.ts';

const sources = `CREATE TABLE a (k TEXT, v BIGINT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'a');
  CREATE TABLE b (id INT, k TEXT, w BIGINT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'b');`;
const viewList = [
  ['counts', 'SELECT k, count(*) AS n FROM b GROUP BY k'],
  ['sums', 'SELECT k, sum(v)::BIGINT AS s FROM a GROUP BY k HAVING count(*) > 0'],
  ['pairs', 'SELECT a.k, v, w FROM a JOIN b ON a.k = b.k'],
  ['left_pairs', 'SELECT a.k, v, w FROM a LEFT JOIN b ON a.k = b.k'],
] as const;
const viewsSql = viewList.map(([name, select]) => `CREATE VIEW ${name} AS ${select};`).join('\n');
const views = viewList.map(([name, select]) => `, ${name} AS (${select})`).join('');
const columns = {
  a: { k: 'VARCHAR', v: 'BIGINT' },
  b: { id: 'INTEGER', k: 'VARCHAR', w: 'BIGINT' },
};

const all = [
  // Three and more inputs.
  'SELECT x.k, x.v, y.w, z.n FROM a x JOIN b y ON x.k = y.k JOIN counts z ON z.k = y.k',
  'SELECT x.v AS xv, y.id, z.v AS zv, q.w FROM a x JOIN b y ON x.v = y.id JOIN a z ON z.v = y.w LEFT JOIN b q ON q.id = z.v',
  'SELECT * FROM a FULL JOIN b USING (k) FULL JOIN counts USING (k)',
  'SELECT a.k, v, w FROM (a JOIN b ON a.k = b.k) JOIN counts ON counts.k = a.k AND n > 1',
  'SELECT a.k AS k, v, t.w, t.n FROM a LEFT JOIN (SELECT b.k, w, n FROM b JOIN counts ON b.k = counts.k) t ON t.k = a.k',
  'SELECT a.v, b.id, c.s FROM a, b, sums c WHERE a.k = b.k AND c.k = b.k AND a.v > 1',
  // Joined with itself.
  'SELECT x.v AS one, y.v AS other FROM a x JOIN a y ON x.k = y.k AND x.v < y.v',
  'SELECT x.k, x.n, y.n AS same FROM counts x JOIN counts y ON x.n = y.n AND x.k <> y.k',
  'SELECT x.v, y.v AS w FROM a x LEFT JOIN a y ON x.v = y.v + 1',
  'SELECT v FROM a x WHERE EXISTS (SELECT 1 FROM a y WHERE y.k = x.k AND y.v > x.v)',
  // What changes, joined again.
  'SELECT counts.k, n, s FROM counts JOIN sums ON counts.k = sums.k',
  'SELECT coalesce(counts.k, sums.k) AS k, n, s FROM counts FULL JOIN sums ON counts.k = sums.k',
  'SELECT p.k, v, w, n FROM left_pairs p LEFT JOIN counts ON p.k = counts.k',
  'SELECT p.v, q.w FROM left_pairs p JOIN pairs q ON p.k = q.k AND p.w = q.w',
  'SELECT n, count(*) AS c, sum(s) AS s FROM counts JOIN sums USING (k) GROUP BY n',
  // Groups over joins.
  'SELECT k, count(*) AS c, min(v) AS low, max(w) AS high, sum(v * w) AS s FROM pairs GROUP BY k',
  'SELECT k, count(w) AS c, count(*) AS n, list(w ORDER BY w) AS w FROM left_pairs GROUP BY k',
  'SELECT a.k, count(*) AS c FROM a FULL JOIN b ON a.k = b.k AND v = w GROUP BY a.k HAVING count(*) > 1',
  'SELECT DISTINCT a.k, n FROM a JOIN counts ON a.k = counts.k',
  'SELECT c, count(*) AS times FROM (SELECT k, count(*) AS c FROM pairs GROUP BY k) GROUP BY c',
  // IN and EXISTS.
  'SELECT v, k FROM a WHERE v IN (SELECT w FROM b WHERE w > 1)',
  'SELECT v, k FROM a WHERE v NOT IN (SELECT w FROM b WHERE w IS NOT NULL) AND v IS NOT NULL',
  'SELECT v, k FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.w > a.v)',
  'SELECT v, k FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k)',
  'SELECT v, k FROM a WHERE k IN (SELECT k FROM counts WHERE n > 1) AND v IN (SELECT id FROM b)',
  'SELECT k, n FROM counts WHERE k NOT IN (SELECT k FROM a WHERE k IS NOT NULL) AND k IS NOT NULL',
  'SELECT k, n FROM counts WHERE NOT EXISTS (SELECT 1 FROM sums WHERE sums.k = counts.k AND s > n)',
  'SELECT k, count(*) AS n FROM a WHERE v IN (SELECT w FROM b) GROUP BY k',
  'SELECT w FROM b WHERE (k, w) IN (SELECT (k, v) FROM a)',
  'SELECT a.v, b.w FROM a JOIN b ON a.k = b.k WHERE b.id IN (SELECT n FROM counts)',
];

type Row = Readonly<Record<string, unknown>>;

const key = fc.constantFrom('x', 'y', 'z', null);
const value = fc.option(fc.integer({ min: 0, max: 3 }));
const step = fc.record({
  a: fc.array(fc.record({ k: key, v: value }), { maxLength: 4 }),
  b: fc.array(fc.record({ id: value, k: key, w: value }), { maxLength: 4 }),
  next: fc.constantFrom('go on', 'go on', 'restart', 'crash'),
});

/** All of them take long: each seed has its own. */
const some = fc.shuffledSubarray(all, { minLength: 10, maxLength: 10 });

const lastStep = { a: [{ k: 'x', v: 1 }], b: [{ id: 1, k: 'x', w: 2 }], next: 'go on' };

test('joins of what was joined and grouped add up to one query over all rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 3 }),
      some,
      async (steps, selects) => {
        let helios = await PipelineFixture.open();
        const sent: { readonly a: Row[]; readonly b: Row[] } = { a: [], b: [] };
        try {
          const sql = `${sources} ${viewsSql} ${outputsOf(selects)}`;
          await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
          for (const { next, ...rows } of [...steps, lastStep]) {
            for (const stream of ['b', 'a'] as const) {
              const records = rows[stream].map((one) => JSON.stringify(one));
              if (records.length === 0) continue;
              sent[stream].push(...rows[stream]);
              if (next === 'crash') await helios.send(stream, records);
              else await helios.sendAndWait(stream, records);
            }
            if (next === 'restart') helios = await helios.reopened();
            if (next === 'crash') helios = await crashed(helios);
          }
          for (const [index, select] of selects.entries()) {
            const state = stateAfter(await changesOf(helios, index));
            const tables = (['a', 'b'] as const).map((name) => {
              return { name, columns: columns[name], rows: sent[name] };
            });
            expect(state, select).toEqual(await queryRows(helios, tables, { select, views }));
          }
        } finally {
          await helios[Symbol.asyncDispose]();
        }
      },
    ),
    { numRuns: 1 },
  );
}, 60_000);
