import { afterAll, beforeAll, expect, it } from 'vitest';
import { QueryFixture } from './fixture/query-fixture.ts';

let fixture: QueryFixture;

/**
 * Ten files of ten rows: id 0 to 99, an hour each, `region` by file; a hot part that no one prunes.
 * `unstated` has the same rows and no statistics.
 */
beforeAll(async () => {
  fixture = await QueryFixture.open();
  const { tables } = fixture;
  const schema = [
    { name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } },
    { name: 'ts', type: { kind: 'timestamp' } },
    { name: 'name', type: { kind: 'text' } },
    { name: 'price', type: { kind: 'decimal', precision: 10, scale: 2 } },
    { name: 'region', type: { kind: 'text' } },
  ] as const;
  for (const name of ['events', 'unstated']) {
    tables.create(name, schema, ['region']);
    for (let file = 0; file < 10; file++) {
      const columns = `i AS id, to_timestamp(i * 3600) AS ts, 'n' || lpad(i::VARCHAR, 2, '0') AS name,
        (i / 4)::DECIMAL(10,2) AS price`;
      const rows = `FROM range(${file * 10}, ${file * 10 + 10}) r(i)`;
      await tables.addCold(name, `SELECT ${columns} ${rows}`, {
        partitionValues: { region: file < 5 ? 'eu' : 'us' },
        ...(name === 'events' ? { statsJson: statsOf(file * 10, file * 10 + 9) } : {}),
      });
    }
    await tables.addHot(
      name,
      `SELECT 5 AS id, TIMESTAMPTZ '2100-01-01 00:00:00+00' AS ts, 'x' AS name, 1.00::DECIMAL(10,2) AS price, 'eu' AS region`,
    );
  }
});

afterAll(() => fixture[Symbol.asyncDispose]());

function statsOf(low: number, high: number): string {
  const bound = (id: number): object => ({
    id,
    ts: new Date(id * 3_600_000).toISOString(),
    name: `n${String(id).padStart(2, '0')}`,
    price: id / 4,
  });
  const nullCount = { id: 0, ts: 0, name: 0, price: 0 };
  return JSON.stringify({
    numRecords: 10,
    minValues: bound(low),
    maxValues: bound(high),
    nullCount,
  });
}

/** FROM and WHERE, and how many of the cold files stay. */
const cases: readonly (readonly [string, number])[] = [
  ['events', 10],
  ['events WHERE id = 15', 1],
  ['events WHERE 15 = id', 1],
  ['events WHERE 15 <= id', 9],
  ['events WHERE id > 85', 2],
  ['events WHERE id > 89.5', 1],
  ['events WHERE id IN (1, 95)', 2],
  ['events WHERE id NOT IN (1, 95)', 10],
  ['events WHERE id BETWEEN 20 AND 29', 1],
  ['events WHERE NOT id >= 20', 2],
  ['events WHERE NOT (id >= 20 OR id < 10)', 1],
  ['events WHERE id IS NULL', 0],
  ['events WHERE id IS NOT NULL', 10],
  ["events WHERE region = 'us'", 5],
  ["events WHERE region = 'us' AND id < 60", 1],
  ["events WHERE region = 'asia'", 0],
  ["events WHERE name = 'n07'", 1],
  ["events WHERE name >= 'n95'", 1],
  ['events WHERE price < 2.5', 1],
  ["events WHERE ts >= TIMESTAMPTZ '1970-01-05 00:00:00+00'", 1],
  ["events WHERE ts < '1970-01-01 05:00:00'", 1],
  ["events WHERE ts::DATE = DATE '1970-01-01'", 10],
  ["events WHERE ts >= DATE '1970-01-05'", 1],
  ['events WHERE ts > now() - INTERVAL 1 HOUR', 0],
  ["events WHERE ts > now() - INTERVAL '3 days'", 0],
  ['events WHERE ts > current_timestamp - INTERVAL 7 DAYS', 0],
  ['events WHERE ts < now() - INTERVAL 1 HOUR', 10],
  ['events WHERE NOT (ts > now() - INTERVAL 1 HOUR)', 10],
  ['events WHERE ts > now() - INTERVAL 2 MONTHS', 10],
  ['events WHERE id + 1 = 15', 10],
  ['events WHERE abs(id) = 15', 10],
  ['events WHERE id = 15 OR random() > 2', 10],
  ['events WHERE id = 15 AND random() < 2', 1],
  ['events e WHERE e.id = 15', 1],
  ['main.events WHERE events.id = 15', 1],
  ['events e(a, b, c, id) WHERE id = 15', 10],
  ['(SELECT * FROM events) WHERE id = 15', 10],
  ['(SELECT * FROM events WHERE id = 15)', 1],
  ['events a JOIN events b ON a.id = b.id WHERE a.id = 15 AND b.id = 95', 2],
  ['events a JOIN events b USING (id) WHERE a.id = 15', 10],
  ['events a LEFT JOIN events b USING (id) WHERE b.id IS NULL AND a.id = 15', 10],
  ['events WHERE id = (SELECT max(id) FROM events WHERE id = 15)', 10],
  ['(SELECT id FROM events WHERE id = 15 UNION ALL SELECT id FROM events WHERE id = 95)', 2],
  ['events TABLESAMPLE 100% WHERE id = 15', 10],
];

it.each(cases)('%s reads %i files, and gives what all files give', async (from, count) => {
  const sql = `SELECT count(*) AS n, sum(hash(q)::HUGEINT) AS h FROM (SELECT * FROM ${from}) q`;
  const { rows, saw } = await fixture.document({ sql });
  expect(saw[0]?.['files_pruned']).toBe(10 - count);
  expect(saw[0]?.['files_read']).toBe(count + 1);
  const other = await fixture.document({ sql: sql.replaceAll(/\bevents\b/g, 'unstated') });
  expect(other.rows).toEqual(rows);
});

it.each([
  ['id = $x', { x: 15 }, 1],
  ['id = $x', { x: '15' }, 10],
  ['name = $x', { x: 'n15' }, 1],
  ['id > $x AND id < $y', { x: 14.5, y: 17 }, 1],
  ['id = $x', { x: null }, 0],
])('parameters count as constants: %s with %j reads %i files', async (where, params, count) => {
  const { saw } = await fixture.document({ sql: `SELECT * FROM events WHERE ${where}`, params });
  expect(saw[0]?.['files_pruned']).toBe(10 - count);
});
