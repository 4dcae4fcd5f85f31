import { afterAll, beforeAll, expect, it } from 'vitest';
import { QueryFixture } from './fixture/query-fixture.ts';

let fixture: QueryFixture;

const columns = ['a', 'b', 'c', 'd', 's', 'l', 'name'] as const;

/** `far` is in an object store, `near` is on this machine; both have the same rows. */
beforeAll(async () => {
  fixture = await QueryFixture.open();
  const { tables } = fixture;
  const integer = { kind: 'integer', bits: 64, isUnsigned: false } as const;
  const schema = [
    ...['a', 'b', 'c'].map((name) => ({ name, type: integer })),
    { name: 'd', type: { kind: 'float', bits: 64 } },
    {
      name: 's',
      type: { kind: 'struct', fields: ['x', 'a'].map((name) => ({ name, type: integer })) },
    },
    { name: 'l', type: { kind: 'list', element: integer } },
    { name: 'name', type: { kind: 'text' } },
  ] as const;
  tables.create('far', schema);
  tables.create('near', schema);
  const rows = (start: number, end: number): string =>
    `SELECT i AS a, i % 7 AS b, CASE WHEN i % 5 > 0 THEN i * 13 % 101 END AS c,
      hash(i) / 1e9 AS d, {'x': i % 11, 'a': i} AS s, [i, i % 3] AS l, 'n' || i % 50 AS name
      FROM range(${start}, ${end}) r(i)`;
  for (const [start, end] of [
    [0, 3000],
    [3000, 5000],
  ] as const) {
    await tables.addRemote('far', rows(start, end));
    await tables.addCold('near', rows(start, end));
  }
  for (const name of ['far', 'near']) await tables.addHot(name, rows(5000, 5010));
});

afterAll(() => fixture[Symbol.asyncDispose]());

/** Gives the bytes that the query could do without. */
async function compare(sql: string): Promise<number> {
  const near = await fixture.document({ sql: sql.replaceAll(/\bfar\b/g, 'near') });
  const before = fixture.tables.leftOutBytes;
  const far = await fixture.document({ sql });
  expect(far.rows, sql).toEqual(near.rows);
  return fixture.tables.leftOutBytes - before;
}

it.each([
  'SELECT count(*) FROM far',
  'SELECT sum(A) FROM far WHERE "B" = 3',
  'SELECT far.a FROM main.far ORDER BY far.c, a LIMIT 10',
  'SELECT count(*) FROM far x JOIN far y USING (a) WHERE x.b = 2',
  'WITH q AS MATERIALIZED (SELECT a, b FROM far) SELECT sum(q.a) FROM q WHERE b IN (SELECT c FROM far)',
  'SELECT s.x, sum(a) FROM far GROUP BY 1 ORDER BY 1',
  'SELECT u, count(*) FROM (SELECT unnest(l) AS u FROM far) GROUP BY u ORDER BY 2 DESC, 1 LIMIT 5',
  'SELECT a, sum(c) OVER (PARTITION BY b ORDER BY a) AS w FROM far ORDER BY a LIMIT 20',
  'SELECT DISTINCT ON (b) b, a FROM far ORDER BY b, a',
  'SELECT b FROM far UNION SELECT c FROM far WHERE d > 1 ORDER BY 1',
  'SELECT b FROM far EXCEPT SELECT c FROM far ORDER BY 1',
  'SELECT (SELECT max(y.a) FROM far y WHERE y.b = x.b) AS m FROM far x ORDER BY x.a LIMIT 5',
  'SELECT count(*) FROM far WHERE EXISTS (SELECT 1 FROM far y WHERE y.name = far.name AND y.a < 9)',
  'SELECT a FROM far QUALIFY row_number() OVER (ORDER BY c DESC NULLS LAST, a) < 5 ORDER BY a',
  'WITH RECURSIVE r(n) AS (SELECT min(a) FROM far UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * EXCLUDE (k) FROM (SELECT n, 1 AS k FROM r) ORDER BY 1',
  'SELECT list_transform(l, lambda a: a + 1) AS m FROM far ORDER BY c NULLS LAST, m LIMIT 5',
  'SELECT b AS a FROM far GROUP BY ALL ORDER BY 1',
  'SELECT x.a FROM far x ASOF JOIN far y ON x.b = y.b AND x.a > y.a ORDER BY 1 LIMIT 3',
  "SELECT a FROM far WHERE name = 'n7' AND c IS NOT NULL ORDER BY d DESC LIMIT 3",
])('%s', async (sql) => {
  if (!sql.includes('*')) expect(await compare(sql)).toBeGreaterThan(0);
  else await compare(sql);
});

it.each([
  'SELECT * FROM far ORDER BY a LIMIT 3',
  'SELECT x.* EXCLUDE (b) FROM far x ORDER BY a LIMIT 3',
  "SELECT COLUMNS('a|b') FROM far ORDER BY ALL LIMIT 3",
  'SELECT far FROM far ORDER BY far.a LIMIT 3',
  'SELECT x::VARCHAR AS t FROM far x ORDER BY x.a LIMIT 3',
  'SELECT p FROM far t(p, q) ORDER BY 1 LIMIT 3',
  'SELECT count(*) FROM far NATURAL JOIN far y',
  'SELECT count(*) FROM far POSITIONAL JOIN (SELECT a FROM far) y',
  'SELECT #1 FROM far ORDER BY a LIMIT 3',
  'FROM far ORDER BY a LIMIT 3',
  'SELECT value FROM (UNPIVOT (SELECT a, b FROM far) ON a, b) ORDER BY 1 LIMIT 3',
])('%s is given whole files', async (sql) => {
  expect(await compare(sql)).toBe(0);
});

it('a column that is not there is named with those that are', async () => {
  const { message } = await fixture.failure({ sql: 'SELECT nam FROM far' });
  expect(message).toContain('"name"');
});

it('gives for any columns and conditions what whole files give', async () => {
  const random = randomFrom(20_261_123);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const some = (): readonly string[] => columns.filter(() => random() < 0.3);
  const conditions = [
    'a > 2500',
    'b = 3',
    'c IS NULL',
    'c BETWEEN 10 AND 40',
    'd < 1e9',
    "name LIKE 'n1%'",
    's.x = 4',
    'l[2] = 1',
    "name IN ('n3', 'n44')",
    'a % 97 = 5',
    'NOT (b = 1 OR c = 7)',
    'true',
  ];
  const shapes = [
    (list: string, where: string) => `SELECT ${list} FROM far WHERE ${where}`,
    (list: string, where: string) =>
      `SELECT count(*), hash(${list}) AS h FROM far WHERE ${where} GROUP BY h`,
    (list: string, where: string) =>
      `WITH q AS (SELECT ${list} FROM far WHERE ${where}) SELECT * FROM q`,
    (list: string, where: string) => `SELECT DISTINCT ${list} FROM far WHERE ${where}`,
    (list: string, where: string) =>
      `SELECT ${list} FROM far WHERE ${where} AND b IN (SELECT b FROM far WHERE c = 5)`,
    (list: string, where: string) =>
      `SELECT ${list} FROM far WHERE ${where} UNION ALL SELECT ${list} FROM far WHERE a = 17`,
  ];
  for (let round = 0; round < 120; round++) {
    const list = some().join(', ') || pick(columns);
    const where = [pick(conditions), pick(conditions)].join(pick([' AND ', ' OR ']));
    const inner = pick(shapes)(list, `(${where})`);
    await compare(`SELECT count(*) AS n, sum(hash(q::VARCHAR)::HUGEINT) AS h FROM (${inner}) q`);
  }
  expect(fixture.tables.leftOutBytes).toBeGreaterThan(0);
});

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
