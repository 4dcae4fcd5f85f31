import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { PipelineFixture } from '../testing/fixture.ts';

type Change = {
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly op: string;
};

const source = `CREATE TABLE events (k TEXT, v BIGINT, price DOUBLE)
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;

/** A pipeline with a file for the changes of each SELECT. */
function scriptOf(all: readonly string[]): string {
  const outputs = all.map(
    (select, index) => `CREATE TABLE out${index} WITH (connector = 'single_file',
        path = 'out${index}.json', format = 'debezium_json');
      INSERT INTO out${index} ${select};`,
  );
  return `${source}
    CREATE VIEW counts AS SELECT k, count(*) AS n, sum(price) AS p FROM events GROUP BY k;
    ${outputs.join('\n')}`;
}

async function changesOf(
  { directory }: PipelineFixture,
  index: number,
): Promise<readonly Change[]> {
  const path = join(directory, `out${index}.json`);
  const text = existsSync(path) ? await readFile(path, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Change => JSON.parse(line));
}

/**
 * The rows that the changes leave, as JSON, in order. Each row that goes has to be there, to the
 * last digit.
 */
function stateAfter(changes: readonly Change[]): readonly string[] {
  const copies = new Map<string, number>();
  for (const { before, after, op } of changes) {
    expect(op).toBe(before === null ? 'c' : after === null ? 'd' : 'u');
    if (before !== null) {
      const row = JSON.stringify(before);
      const count = copies.get(row) ?? 0;
      expect(count, `${row} goes, and was not there`).toBeGreaterThan(0);
      copies.set(row, count - 1);
    }
    if (after !== null) {
      const row = JSON.stringify(after);
      copies.set(row, (copies.get(row) ?? 0) + 1);
    }
  }
  return [...copies].flatMap(([row, count]) => Array<string>(count).fill(row)).toSorted();
}

type Event = { readonly k: string | null; readonly v: number | null; readonly price: number };

/** What one query over all events gives, as JSON. */
async function oracle(
  helios: PipelineFixture,
  select: string,
  events: readonly Event[],
): Promise<readonly string[]> {
  await using connection = await helios.engine.connect();
  const path = join(helios.directory, 'all.json');
  await connection.execute(
    `COPY (SELECT unnest(from_json('${JSON.stringify(events)}',
      '[{"k":"VARCHAR","v":"BIGINT","price":"DOUBLE"}]'), recursive := true)) TO '${path}'`,
  );
  const rows = await connection.rows(
    `WITH events AS (SELECT * FROM read_json('${path}',
        columns = {k: 'VARCHAR', v: 'BIGINT', price: 'DOUBLE'})),
      counts AS (SELECT k, count(*) AS n, sum(price) AS p FROM events GROUP BY k)
      SELECT to_json(r)::VARCHAR AS row FROM (${select}) r ORDER BY 1`,
  );
  return rows.map(({ row }) => JSON.stringify(JSON.parse(String(row)))).toSorted();
}

/** What a crash at this moment leaves, started again in the same place. */
async function crashed(helios: PipelineFixture): Promise<PipelineFixture> {
  const left = helios.copied();
  await helios[Symbol.asyncDispose]();
  await rename(left, helios.directory);
  const again = await PipelineFixture.open(helios.directory);
  await again.supervisor.startAll();
  return again;
}

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
  'SELECT DISTINCT n FROM counts',
  'SELECT max(n) AS most, sum(n) AS n, avg(p) AS p FROM counts',
];

test('the changes of each SELECT add up to one query over all events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
      let helios = await PipelineFixture.open();
      const sent: Event[] = [];
      try {
        const sql = scriptOf(selects);
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
          expect(state, select).toEqual(await oracle(helios, select, sent));
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
    CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink');
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
