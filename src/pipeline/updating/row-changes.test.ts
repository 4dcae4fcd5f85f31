import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { changesOf, crashed, outputsOf, queryRows, stateAfter } from './testing/changes.ts';

const sources = `CREATE TABLE users (id INT PRIMARY KEY, city TEXT, age BIGINT)
    WITH (connector = 'http', format = 'debezium_json', type = 'source', stream = 'users');
  CREATE TABLE visits (id INT, page TEXT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'visits');`;
const columns = {
  users: { id: 'INTEGER', city: 'VARCHAR', age: 'BIGINT' },
  visits: { id: 'INTEGER', page: 'VARCHAR' },
};

const selects = [
  'SELECT id, city FROM users WHERE age > 1',
  `SELECT city, count(*) AS n, sum(age) AS s, string_agg(id, ',' ORDER BY id) AS ids
    FROM users GROUP BY city`,
  'SELECT DISTINCT city FROM users',
  'SELECT u.id, city, page FROM users u JOIN visits v ON u.id = v.id',
  'SELECT v.id, page, age FROM visits v LEFT JOIN users u ON u.id = v.id AND age < 3',
  `SELECT city, count(page) AS n FROM users FULL JOIN visits USING (id) GROUP BY city`,
  'SELECT x.id, y.id AS other FROM users x JOIN users y ON x.city = y.city AND x.id < y.id',
];

type User = { readonly id: number; readonly city: string | null; readonly age: number };

const user = fc.record({
  id: fc.integer({ min: 1, max: 4 }),
  city: fc.constantFrom('bern', 'rome', null),
  age: fc.integer({ min: 0, max: 4 }),
});
const step = fc.record({
  users: fc.array(fc.record({ user, isGone: fc.boolean(), isTwice: fc.boolean() }), {
    maxLength: 5,
  }),
  visits: fc.array(fc.record({ id: fc.integer({ min: 1, max: 4 }), page: fc.constant('/') }), {
    maxLength: 3,
  }),
  next: fc.constantFrom('go on', 'go on', 'restart', 'crash'),
});

const lastStep = {
  users: [{ user: { id: 1, city: 'last', age: 2 }, isGone: false, isTwice: false }],
  visits: [{ id: 1, page: '/last' }],
  next: 'go on',
};

/** Events of Postgres's default: what was before is not in them, but for the key. */
function eventsOf(
  there: Map<number, User>,
  changes: readonly { user: User; isGone: boolean; isTwice: boolean }[],
): readonly string[] {
  return changes.flatMap(({ user: after, isGone, isTwice }) => {
    const wasThere = there.has(after.id);
    if (isGone) there.delete(after.id);
    else there.set(after.id, after);
    const before = { id: after.id, city: null, age: null };
    const op = wasThere ? 'u' : 'c';
    const event = JSON.stringify(isGone ? { before, after: null, op: 'd' } : { after, op });
    return isTwice ? [event, event] : [event];
  });
}

test('rows that are inserted, changed and deleted flow through all of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 4 }), async (steps) => {
      let helios = await PipelineFixture.open();
      const users = new Map<number, User>();
      const visits: unknown[] = [];
      try {
        const sql = `${sources} ${outputsOf(selects)}`;
        await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
        for (const one of [...steps, lastStep]) {
          visits.push(...one.visits);
          const records = {
            users: eventsOf(users, one.users),
            visits: one.visits.map((visit) => JSON.stringify(visit)),
          };
          for (const stream of ['users', 'visits'] as const) {
            if (records[stream].length === 0) continue;
            if (one.next === 'crash') await helios.send(stream, records[stream]);
            else await helios.sendAndWait(stream, records[stream]);
          }
          if (one.next === 'restart') helios = await helios.reopened();
          if (one.next === 'crash') helios = await crashed(helios);
        }
        const tables = [
          { name: 'users', columns: columns.users, rows: [...users.values()] },
          { name: 'visits', columns: columns.visits, rows: visits },
        ];
        for (const [index, select] of selects.entries()) {
          const state = stateAfter(await changesOf(helios, index));
          expect(state, select).toEqual(await queryRows(helios, tables, { select }));
        }
      } finally {
        await helios[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 2 },
  );
}, 60_000);
