import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { changesOf, crashed, outputsOf, queryRows, stateAfter } from './testing/changes.ts';

const sources = `CREATE TABLE a (k TEXT, v BIGINT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'a');
  CREATE TABLE b (id INT, k TEXT, w BIGINT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'b');
  CREATE VIEW counts AS SELECT k, count(*) AS n FROM b GROUP BY k;`;
const views = ', counts AS (SELECT k, count(*) AS n FROM b GROUP BY k)';
const columns = {
  a: { k: 'VARCHAR', v: 'BIGINT' },
  b: { id: 'INTEGER', k: 'VARCHAR', w: 'BIGINT' },
};

const selects = [
  'SELECT a.k, v, w, id FROM a JOIN b ON a.k = b.k',
  'SELECT k, v + w AS sum FROM a JOIN b USING (k) WHERE v < 3',
  'SELECT a.*, b.w FROM a LEFT JOIN b ON a.k = b.k AND a.v < b.w',
  'SELECT a.k AS ak, b.k AS bk, v, w FROM a RIGHT JOIN b ON a.k = b.k AND v = w',
  'SELECT * FROM a FULL JOIN b USING (k)',
  'SELECT * FROM a SEMI JOIN b ON a.v = b.id AND a.k <= b.k',
  'SELECT v, k FROM a WHERE v IN (SELECT w FROM b) AND v > 0',
  'SELECT v FROM a ANTI JOIN b ON a.k IS NOT DISTINCT FROM b.k',
  'SELECT a.k, v, n FROM a JOIN counts c ON a.k = c.k WHERE n > 1',
  'SELECT counts.k, n, v FROM counts LEFT JOIN a ON counts.k = a.k',
  'SELECT x.k, count(*) AS n, sum(w) AS s FROM a x, b y WHERE x.k = y.k GROUP BY x.k',
  `SELECT x.v, z.v AS v2, y.w FROM a x LEFT JOIN b y ON x.v = y.id
    JOIN a z ON z.k = y.k AND z.v > x.v`,
  'SELECT DISTINCT v % 2 AS odd, u.i FROM a JOIN b ON a.v = b.w, unnest([id, w]) AS u(i)',
];

type Row = Readonly<Record<string, unknown>>;

const key = fc.constantFrom('x', 'y', 'z', null);
const value = fc.option(fc.integer({ min: 0, max: 4 }));
const step = fc.record({
  a: fc.array(fc.record({ k: key, v: value }), { maxLength: 5 }),
  b: fc.array(fc.record({ id: value, k: key, w: value }), { maxLength: 5 }),
  next: fc.constantFrom('go on', 'go on', 'restart', 'crash'),
});

const lastStep = { a: [{ k: 'x', v: 1 }], b: [{ id: 1, k: 'x', w: 2 }], next: 'go on' };

test('the changes of each join add up to one query over all rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 4 }), async (steps) => {
      let helios = await PipelineFixture.open();
      const sent: { readonly a: Row[]; readonly b: Row[] } = { a: [], b: [] };
      try {
        const sql = `${sources} ${outputsOf(selects)}`;
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
    }),
    { numRuns: 2 },
  );
}, 60_000);

test('an inner join of rows that only come goes into any sink', async () => {
  await using helios = await PipelineFixture.open();
  const sql = `${sources}
    CREATE TABLE joined WITH (connector = 'delta', path = 'tables/joined', type = 'sink');
    INSERT INTO joined SELECT a.k, v, w FROM a JOIN b ON a.k = b.k;`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.sendAndWait('a', ['{"k": "x", "v": 1}']);
  await helios.sendAndWait('b', ['{"id": 1, "k": "x", "w": 2}']);
  const again = await helios.reopened();
  await again.sendAndWait('a', ['{"k": "x", "v": 3}', '{"k": "y", "v": 3}']);
  const rows = await again.rows('joined', 'k, v::INTEGER AS v, w::INTEGER AS w');
  expect(rows).toEqual([
    { k: 'x', v: 1, w: 2 },
    { k: 'x', v: 3, w: 2 },
  ]);
  await again.close();
});

test('what such a join gives has the later of both times, and meets windows too', async () => {
  const options = (name: string): string =>
    `WITH (connector = 'http', format = 'json', type = 'source', stream = '${name}')`;
  await using helios = await PipelineFixture.open();
  const sql = `CREATE TABLE c (t TIMESTAMP, k TEXT, WATERMARK FOR t) ${options('c')};
    CREATE TABLE d (t TIMESTAMP, k TEXT, WATERMARK FOR t) ${options('d')};
    CREATE VIEW minutes AS SELECT tumble(INTERVAL '1 minute') AS w, k, count(*) AS n
      FROM c GROUP BY w, k;
    CREATE TABLE met WITH (connector = 'delta', path = 'tables/met', type = 'sink');
    INSERT INTO met SELECT minute(w.start) AS m, k, n FROM (
      SELECT tumble(INTERVAL '1 minute') AS w, c.k AS k, count(*) AS n
      FROM c JOIN d ON c.k = d.k GROUP BY w, c.k HAVING n > 0);
    CREATE TABLE told WITH (connector = 'delta', path = 'tables/told', type = 'sink');
    INSERT INTO told SELECT minute(w.start) AS m, n, d.k FROM minutes JOIN d USING (k);`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  const send = async (stream: string, time: string, k: string): Promise<void> =>
    await helios.sendAndWait(stream, [JSON.stringify({ t: `2026-01-01T00:${time}Z`, k })]);
  await send('c', '01:00', 'x');
  await send('d', '01:10', 'x');
  await send('d', '02:10', 'x');
  await send('c', '01:50', 'x');
  for (const stream of ['c', 'd']) await send(stream, '09:00', stream);
  expect(await helios.rows('met', 'm::INTEGER AS m, k, n::INTEGER AS n')).toEqual(
    expect.arrayContaining([
      { m: 1, k: 'x', n: 2 },
      { m: 2, k: 'x', n: 2 },
    ]),
  );
  expect(await helios.rows('told', 'm::INTEGER AS m, k, n::INTEGER AS n')).toEqual([
    { m: 1, k: 'x', n: 2 },
    { m: 1, k: 'x', n: 2 },
  ]);
});

test.each([
  ['SELECT * FROM a JOIN b ON a.v < b.w', /needs an equality/],
  ['SELECT * FROM a, b', /needs an equality/],
  ['SELECT * FROM a JOIN b ON a.k = a.v', /needs an equality/],
  ["SELECT tumble(INTERVAL '1 s') AS w, sum(n) AS n FROM counts GROUP BY w", /have no time/],
  ['SELECT COLUMNS(*) FROM a JOIN b ON a.v = b.w', /form of \*/],
])('%s is refused', async (select, message) => {
  await using helios = await PipelineFixture.open();
  const sql = `${sources} ${outputsOf([select])}`;
  const refused = helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(message) });
});
