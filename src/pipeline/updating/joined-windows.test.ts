import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { changesOf, crashed, outputsOf, queryRows, stateAfter } from './testing/changes.ts';

const sources = `CREATE TABLE c (t TIMESTAMP, k TEXT, v BIGINT, WATERMARK FOR t AS (t))
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'c');
  CREATE TABLE b (id INT, k TEXT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'b');
  CREATE VIEW counts AS SELECT k, count(*) AS n FROM b GROUP BY k;
  CREATE VIEW minutes AS SELECT minute(w.start) AS m, k, s FROM (
    SELECT tumble(INTERVAL '1 minute') AS w, k, sum(v)::BIGINT AS s FROM c GROUP BY w, k);`;
const views = `, counts AS (SELECT k, count(*) AS n FROM b GROUP BY k),
  minutes AS (SELECT minute(t) AS m, k, sum(v)::BIGINT AS s FROM c
    WHERE hour(t) = 0 GROUP BY m, k)`;
const columns = {
  c: { t: 'TIMESTAMP', k: 'VARCHAR', v: 'BIGINT' },
  b: { id: 'INTEGER', k: 'VARCHAR' },
};

const selects = [
  'SELECT m, minutes.k, s, id FROM minutes JOIN b ON minutes.k = b.k',
  'SELECT m, k, s, id FROM minutes LEFT JOIN b USING (k)',
  'SELECT id, b.k, m, s FROM b LEFT JOIN minutes ON minutes.k = b.k AND s > id',
  'SELECT m, minutes.k, s, n FROM minutes JOIN counts ON minutes.k = counts.k',
  'SELECT m, k, s, n FROM minutes FULL JOIN counts USING (k)',
  'SELECT m, k, s FROM minutes WHERE k IN (SELECT k FROM b)',
  'SELECT m, k, s FROM minutes WHERE NOT EXISTS (SELECT 1 FROM counts WHERE counts.k = minutes.k AND n > 1)',
  'SELECT id, k FROM b WHERE k IN (SELECT k FROM minutes WHERE s > 1)',
  'SELECT b.k, count(*) AS times, sum(s) AS s FROM b JOIN minutes ON b.k = minutes.k GROUP BY b.k',
  'SELECT n, max(s) AS s FROM counts JOIN minutes USING (k) GROUP BY n',
];

type Row = Readonly<Record<string, unknown>>;

const key = fc.constantFrom('x', 'y', null);
const small = fc.integer({ min: 0, max: 3 });
const step = fc.record({
  c: fc.array(fc.record({ second: small, k: key, v: small }), { maxLength: 4 }),
  b: fc.array(fc.record({ id: small, k: key }), { maxLength: 3 }),
  next: fc.constantFrom('go on', 'restart', 'crash'),
});

test('windows meet what has none, whenever either comes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 3 }), async (steps) => {
      let helios = await PipelineFixture.open();
      const sent: { readonly b: Row[]; readonly c: Row[] } = { b: [], c: [] };
      const send = async (stream: 'b' | 'c', rows: readonly Row[]): Promise<void> => {
        sent[stream].push(...rows);
        if (rows.length === 0) return;
        await helios.sendAndWait(
          stream,
          rows.map((row) => JSON.stringify(row)),
        );
      };
      try {
        const sql = `${sources} ${outputsOf(selects)}`;
        await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
        for (const [index, { b, c, next }] of steps.entries()) {
          const timed = c.map(({ second, k, v }) => {
            return { t: `2026-01-01T00:0${index + 1}:1${second}Z`, k, v };
          });
          await send(
            'c',
            timed.toSorted((one, other) => (one.t < other.t ? -1 : 1)),
          );
          await send('b', b);
          if (next === 'restart') helios = await helios.reopened();
          if (next === 'crash') helios = await crashed(helios);
        }
        await send('c', [{ t: '2026-01-01T05:00:00Z', k: 'x', v: 1 }]);
        await send('b', [{ id: 1, k: 'x' }]);
        for (const [index, select] of selects.entries()) {
          const state = stateAfter(await changesOf(helios, index));
          const tables = (['b', 'c'] as const).map((name) => {
            return { name, columns: columns[name], rows: sent[name] };
          });
          expect(state, select).toEqual(await queryRows(helios, tables, { select, views }));
        }
      } finally {
        await helios[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 1 },
  );
}, 60_000);
