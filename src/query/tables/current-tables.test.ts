import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { PipelineFixture } from '../../pipeline/testing/fixture.ts';
import { crashed, queryRows } from '../../pipeline/updating/testing/changes.ts';
import { TablesFixture } from '../fixture/tables-fixture.ts';
import { currentTables, rowsCommitted, rowsNow } from '../fixture/current-tables.ts';

const sources = `CREATE TABLE users (id INT PRIMARY KEY, city TEXT, age BIGINT)
    WITH (connector = 'http', format = 'debezium_json', type = 'source', stream = 'users');
  CREATE TABLE events (k TEXT, v BIGINT, price DOUBLE)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
  CREATE VIEW counts AS SELECT k, count(*) AS n FROM events GROUP BY k;`;

const selects = [
  'SELECT k, count(*) AS n, sum(price) AS p FROM events GROUP BY k',
  'SELECT count(*) AS n, max(v) AS hi FROM events WHERE v > 0 HAVING count(*) % 3 <> 1',
  'SELECT DISTINCT v, k FROM events',
  'SELECT id, city FROM users WHERE age > 1',
  'SELECT city, count(*) AS n, sum(age) AS s FROM users GROUP BY city',
  'SELECT n AS total, k AS "Key" FROM (SELECT * FROM counts WHERE n > 1) c',
  'SELECT n, count(*) AS keys FROM counts GROUP BY n',
  'SELECT e.v, e.k, u.age, city FROM events e LEFT JOIN users u ON u.id = e.v AND u.age < 3',
  'SELECT city, id, v, k FROM users FULL JOIN events ON id = v WHERE city IS NOT NULL OR v > 1',
];

type User = { readonly id: number; readonly city: string | null; readonly age: number };

const user = fc.record({
  id: fc.integer({ min: 1, max: 4 }),
  city: fc.constantFrom('bern', 'rome', null),
  age: fc.integer({ min: 0, max: 4 }),
});
const event = fc.record({
  k: fc.constantFrom('a', 'b', 'c', null),
  v: fc.option(fc.integer({ min: -3, max: 3 })),
  // Sums of these are exact in any order.
  price: fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8),
});
const step = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 6 }),
  users: fc.array(fc.record({ user, isGone: fc.boolean() }), { maxLength: 4 }),
});
const nexts = ['go on', 'roll', 'restart', 'crash'] as const;
const steps = fc
  .tuple(
    fc.shuffledSubarray([...nexts], { minLength: nexts.length }),
    fc.array(step, { minLength: nexts.length, maxLength: nexts.length }),
  )
  .map(([order, some]) => some.map((one, index) => ({ ...one, next: order[index] })));
const lastStep = {
  events: [{ k: 'last', v: 1, price: 1 }],
  users: [{ user: { id: 1, city: 'last', age: 2 }, isGone: false }],
  next: 'go on',
};
const columns = {
  users: { id: 'INTEGER', city: 'VARCHAR', age: 'BIGINT' },
  events: { k: 'VARCHAR', v: 'BIGINT', price: 'DOUBLE' },
};

test('a table always has what one query over all events gives', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      let helios = await PipelineFixture.open();
      const users = new Map<number, User>();
      const events: unknown[] = [];
      try {
        // The first one is rolled with each epoch, beside those that follow.
        const sql = `${sources} ${currentTables(selects, (index) =>
          index % 3 === 0 ? ", 'rolling_policy.file_size' = 1" : '',
        )}`;
        await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
        for (const one of [...all, lastStep]) {
          events.push(...one.events);
          const records = {
            users: one.users.map(({ user: after, isGone }) => {
              if (isGone) users.delete(after.id);
              else users.set(after.id, after);
              const before = { id: after.id };
              return JSON.stringify(isGone ? { before, after: null, op: 'd' } : { after, op: 'u' });
            }),
            events: one.events.map((row) => JSON.stringify(row)),
          };
          for (const stream of ['users', 'events'] as const) {
            if (records[stream].length === 0) continue;
            if (one.next === 'crash') await helios.send(stream, records[stream]);
            else await helios.sendAndWait(stream, records[stream]);
          }
          if (one.next === 'restart') helios = await helios.reopened();
          if (one.next === 'crash') helios = await crashed(helios);
          if (one.next !== 'roll') continue;
          await helios.supervisor.stop('p', { isDiscarding: false });
          await helios.supervisor.start('p');
        }
        await expectRows(rowsNow);
        await helios.supervisor.stop('p', { isDiscarding: false });
        await expectRows(rowsCommitted);
      } finally {
        await helios[Symbol.asyncDispose]();
      }

      async function expectRows(read: typeof rowsNow): Promise<void> {
        const tables = [
          { name: 'users', columns: columns.users, rows: [...users.values()] },
          { name: 'events', columns: columns.events, rows: events },
        ];
        const views = ', counts AS (SELECT k, count(*) AS n FROM events GROUP BY k)';
        for (const [index, select] of selects.entries()) {
          const found = await read(helios, `out${index}`);
          const wanted = await queryRows(helios, tables, { select, views });
          expect(found, `${read.name}: ${select}`).toEqual(wanted);
        }
      }
    }),
    { numRuns: 1 },
  );
}, 60_000);

const counting = `${sources.split(';')[1]};
  CREATE TABLE counts WITH (connector = 'delta', type = 'sink', path = 'tables/counts');`;

test.each([
  ['SELECT count(*) AS n FROM events GROUP BY k', 'By what the rows of counts change together'],
  [
    "SELECT k || '!' AS k, n FROM (SELECT k, count(*) AS n FROM events GROUP BY k)",
    'By what the rows of counts change together',
  ],
  [
    `SELECT k, count(*) AS n FROM events GROUP BY k
      UNION ALL SELECT 'all', count(*) FROM events`,
    'By what the rows of counts change together',
  ],
  ['SELECT k, count(*) AS __gone FROM events GROUP BY k', 'counts is kept current, and __gone is'],
])('is refused where rows cannot be told apart: %s', async (select, message) => {
  await using helios = await PipelineFixture.open();
  const sql = `${counting} INSERT INTO counts ${select};`;
  const refused = helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await expect(refused).rejects.toThrow(message);
});

test('only one pipeline writes to it', async () => {
  await using helios = await PipelineFixture.open();
  const sql = `${counting} INSERT INTO counts SELECT k, count(*) AS n FROM events GROUP BY k;`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  await helios.supervisor.create({ name: 'q', sql, isAdopting: false });
  await expect.poll(() => helios.state()).toContain('is kept current by one pipeline');
});

test('partitioned tables are kept current too, in the process that queries', async () => {
  await using fixture = await TablesFixture.open();
  const helios = fixture.pipelines;
  const sql = `${sources}
    CREATE TABLE people WITH (connector = 'delta', type = 'sink', path = 'tables/people',
      partition_fields = 'city');
    INSERT INTO people SELECT * FROM users;`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  const send = async (...users: readonly (readonly [number, string | null, number])[]) => {
    const records = users.map(([id, city, age]) =>
      JSON.stringify({ before: null, after: { id, city, age }, op: 'c' }),
    );
    await helios.sendAndWait('users', records);
  };
  const people = async () => await fixture.rows('SELECT id, city, age FROM people ORDER BY id');
  await send([1, 'bern', 20], [2, 'rome', 30], [3, null, 40]);
  expect(await people()).toEqual([
    [1, 'bern', '20'],
    [2, 'rome', '30'],
    [3, null, '40'],
  ]);
  await helios.supervisor.stop('p', { isDiscarding: false });
  await helios.supervisor.start('p');
  await helios.sendAndWait('users', ['{"before":{"id":2},"after":null,"op":"d"}']);
  await send([1, 'rome', 21]);
  const then = [
    [1, 'rome', '21'],
    [3, null, '40'],
  ];
  expect(await people()).toEqual(then);
  expect(await fixture.rows("SELECT count(*) FROM people WHERE city = 'bern'")).toEqual([['0']]);
  await helios.supervisor.stop('p', { isDiscarding: false });
  expect(await people()).toEqual(then);
  const folders = (await helios.delta('tables/people')).snapshot().files.map(({ path }) => path);
  expect(folders.map((path) => path.split('/')[0] ?? '').toSorted()).toEqual([
    'city=__HIVE_DEFAULT_PARTITION__',
    'city=rome',
  ]);
  await expect(
    fixture.tail.rowsAfter({
      ...{ table: 'people', where: undefined, after: undefined, rowsMax: 10 },
      signal: new AbortController().signal,
    }),
  ).rejects.toThrow('is kept current');
});
