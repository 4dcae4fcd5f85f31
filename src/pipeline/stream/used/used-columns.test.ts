import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../../engine/engine.ts';
import { tableOf } from '../../../format/trial.conformance.ts';
import { PartStore } from '../../epoch/part-store.ts';
import { findUsedColumns, givenColumns, storedColumns, type UsedColumns } from './used-columns.ts';

const table = tableOf({
  id: 'BIGINT',
  name: 'VARCHAR',
  'odd "name"': 'VARCHAR',
  place: 'STRUCT(city VARCHAR, "a.b" VARCHAR, a STRUCT(x BIGINT, b VARCHAR))',
});

let directory: string;
let engine: Engine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-used-'));
  const memoryBytes = 64 * 1024 * 1024;
  engine = await Engine.open({ threads: 1, memoryBytes, tempDirectory: join(directory, 'engine') });
});

afterAll(async () => {
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

/** Statements over the relation `rows`, and which columns they use; `undefined`: all. */
const cases: readonly (readonly [selects: readonly string[], used: string | undefined])[] = [
  [['SELECT id FROM rows'], 'id'],
  [['SELECT 1 FROM rows'], ''],
  [['SELECT id FROM rows', 'SELECT count(name) FROM rows'], 'id name'],
  [['SELECT i FROM (SELECT id AS i, upper(name) AS n FROM rows)'], 'id'],
  [["SELECT id FROM rows WHERE name > 'a'"], 'id name'],
  [['SELECT count(*) FROM rows GROUP BY "odd ""name"""'], 'odd "name"'],
  [['SELECT hash(rows) FROM rows'], 'id name odd "name" place'],
  [['SELECT DISTINCT * FROM rows'], 'id name odd "name" place'],
  [['SELECT place.city FROM rows', 'SELECT id FROM rows'], 'id place.city'],
  [['SELECT place.city FROM rows', 'SELECT id FROM rows WHERE place IS NULL'], 'id place'],
  // `place.a.b` in a plan may be either of two.
  [['SELECT place."a.b" FROM rows'], 'place'],
  [['SELECT place.a.x FROM rows'], 'place.a'],
  [['SELECT r.id FROM rows r JOIN rows s ON r.name = s.name'], 'id name'],
  [['SELECT id FROM rows', 'SELECT nothing FROM rows'], undefined],
];

test.each(cases)('%j', async (selects, used) => {
  await using connection = await engine.connect();
  const parts = new PartStore(join(directory, 'parts'));
  await parts.open();
  const readers = selects.map((select) => ({
    sources: [table],
    text: (relations: ReadonlyMap<string, string>) =>
      `WITH rows AS (${relations.get(table.name) ?? ''}) ${select}`,
  }));
  const found = (await findUsedColumns({ connection, parts }, readers)).get(table.name);
  const names = [...(found ?? [])]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([place, use]) => {
      const name = table.columns[place]?.name ?? '';
      return use === 'all' ? [name] : [...use].map((member) => `${name}.${member}`);
    });
  expect(found && names.join(' ')).toBe(used);
  expect(await readdir(parts.directory)).toEqual([]);
});

test('what is not used is NULL, and all of it has its place and type', async () => {
  await using connection = await engine.connect();
  const row = `SELECT 1::BIGINT AS id, 'n' AS name, 'o' AS "odd ""name""",
    {city: 'c', 'a.b': 'd', a: {x: 2::BIGINT, b: 'e'}} AS place`;
  const used: UsedColumns = new Map<number, 'all' | ReadonlySet<string>>([
    [1, 'all'],
    [3, new Set(['city'])],
  ]);
  const stored = `SELECT ${storedColumns(table, used)}0 AS "__batch" FROM (${row})`;
  const given = `SELECT ${givenColumns(table, used)} FROM (${stored})`;
  const place = { city: 'c', 'a.b': null, a: null };
  expect(await connection.rows(given)).toEqual([
    { id: null, name: 'n', 'odd "name"': null, place },
  ]);
  const types = (select: string): string => `SELECT column_type FROM (DESCRIBE ${select})`;
  expect(await connection.rows(types(given))).toEqual(await connection.rows(types(row)));
});
