import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FixtureTables } from './fixture/fixture-tables.ts';
import { QueryFixture } from './fixture/query-fixture.ts';
import type { TableSource } from '../catalog/view.ts';
import { createQueryService } from './service.ts';

const bigint = { kind: 'integer', bits: 64, isUnsigned: false } as const;
let fixture: QueryFixture;

beforeAll(async () => {
  fixture = await QueryFixture.open({ processesMax: 2, waitingMax: 1 });
  await fill(fixture.tables);
});

afterAll(() => fixture[Symbol.asyncDispose]());

async function fill(target: FixtureTables): Promise<void> {
  target.create('events', [
    { name: 'id', type: bigint },
    { name: 'name', type: { kind: 'text' } },
    { name: 'Added Later', type: { kind: 'timestamp' } },
  ]);
  await target.addCold('events', "SELECT i::INTEGER AS id, 'a' || i AS name FROM range(5) r(i)");
  await target.addCold(
    'events',
    'SELECT i AS id, \'b\' AS name, now() AS "Added Later" FROM range(5, 9) r(i)',
  );
  await target.addHot(
    'events',
    'SELECT 100::BIGINT AS id, \'hot\' AS name, to_timestamp(1) AS "Added Later"',
  );
  target.create(
    'Partitioned',
    [
      { name: 'day', type: { kind: 'date' } },
      { name: 'id', type: bigint },
      { name: 'region', type: { kind: 'text' } },
    ],
    ['region', 'day'],
  );
  const places = [
    { region: "e'u/ä=%2F", day: '2024-01-02' },
    { region: 'NULL', day: null },
    { region: null, day: '2024-01-02' },
    { region: 'x'.repeat(300), day: '2024-01-03' },
    { region: 'NULL', day: null },
  ];
  for (const [index, partitionValues] of places.entries()) {
    await target.addCold('Partitioned', `SELECT ${index} AS id`, { partitionValues });
  }
  await target.addHot('Partitioned', "SELECT 9 AS id, 'hot' AS region, DATE '2024-01-04' AS day");
  target.create('empty', [{ name: 'id', type: bigint }]);
  target.create('helios.files', [
    { name: 'path', type: { kind: 'text' } },
    { name: 'bytes', type: bigint },
    { name: 'at', type: { kind: 'timestamp' } },
  ]);
  await target.addRows(
    'helios.files',
    "SELECT 'a' AS path, 9007199254740993 AS bytes, '2024-01-01T00:00:00Z' AS at",
  );
  for (const format of ['csv', 'json', 'parquet'] as const) {
    target.create(`attached ${format}`, [
      { name: 'x', type: bigint },
      { name: 'y', type: { kind: 'text' } },
    ]);
    await target.addAttached(`attached ${format}`, "SELECT 1 AS x, 'one' AS y", format);
    await target.addAttached(`attached ${format}`, 'SELECT 2 AS x', format);
  }
}

describe('tables', () => {
  it('are their cold and hot files together, with missing columns NULL and the types of the table', async () => {
    const sql = 'SELECT id, name, "Added Later" IS NULL AS was_absent FROM EVENTS ORDER BY id';
    const { rows, columns, saw } = await fixture.document({ sql });
    expect(rows.map(([id, name]) => `${String(id)} ${String(name)}`)).toEqual([
      '0 a0',
      '1 a1',
      '2 a2',
      '3 a3',
      '4 a4',
      '5 b',
      '6 b',
      '7 b',
      '8 b',
      '100 hot',
    ]);
    expect(rows.map((row) => row[2])).toEqual([...Array(5).fill(true), ...Array(5).fill(false)]);
    expect(columns.map(({ type }) => type)).toEqual(['BIGINT', 'VARCHAR', 'BOOLEAN']);
    expect(saw).toEqual([
      {
        table: 'events',
        version: 7,
        epoch: 42,
        newest_event: '2024-01-01T00:00:00.000Z',
        hot_rows: 1,
        files_read: 3,
        files_pruned: 0,
      },
    ]);
  });

  it('have exact partition values, whatever they are', async () => {
    const { rows } = await fixture.document({ sql: 'SELECT * FROM partitioned ORDER BY id' });
    expect(rows).toEqual([
      ['2024-01-02', '0', "e'u/ä=%2F"],
      [null, '1', 'NULL'],
      ['2024-01-02', '2', null],
      ['2024-01-03', '3', 'x'.repeat(300)],
      [null, '4', 'NULL'],
      ['2024-01-04', '9', 'hot'],
    ]);
  });

  it.each([
    ['SELECT * FROM empty', []],
    ['SELECT * FROM helios.files', [['a', '9007199254740993', '2024-01-01T00:00:00Z']]],
    [
      'SELECT * FROM "attached csv" ORDER BY x',
      [
        ['1', 'one'],
        ['2', null],
      ],
    ],
    [
      'SELECT * FROM "attached json" ORDER BY x',
      [
        ['1', 'one'],
        ['2', null],
      ],
    ],
    [
      'SELECT * FROM "attached parquet" ORDER BY x',
      [
        ['1', 'one'],
        ['2', null],
      ],
    ],
    ['WITH events AS (SELECT 1 AS a) SELECT * FROM events', [[1]]],
  ])('%s', async (sql, rows) => {
    expect((await fixture.document({ sql })).rows).toEqual(rows);
  });

  it('are let go of once they are linked', async () => {
    await fixture.bytes({ sql: 'SELECT * FROM events' });
    expect(fixture.tables.pinnedCount).toBe(0);
  });
});

describe('results', () => {
  it.each([
    [undefined, 10, false],
    [10, 10, false],
    [9, 9, true],
    [1, 1, true],
    [0, 0, true],
  ])('max_rows %s gives %i rows, truncated %s', async (maxRows, count, isTruncated) => {
    const sql = 'SELECT * FROM range(10)';
    const document = await fixture.document({ sql, maxRows });
    expect(document.rows).toHaveLength(count);
    expect(document).toMatchObject({ row_count: count, truncated: isTruncated });
    const csv = (await fixture.bytes({ sql, maxRows, format: 'csv' })).toString('utf8');
    expect(csv.trimEnd().split('\n')).toHaveLength(count + 1);
    const lines = (await fixture.bytes({ sql, maxRows, format: 'ndjson' })).toString('utf8');
    expect(lines.split('\n').filter((line) => line !== '')).toHaveLength(count);
    expect(lines.endsWith('\n\n')).toBe(false);
  });

  it('are cut at 10,000 rows of JSON unless asked, and not cut in other formats', async () => {
    const sql = 'SELECT * FROM range(20000)';
    expect(await fixture.document({ sql })).toMatchObject({ row_count: 10_000, truncated: true });
    expect(
      (await fixture.bytes({ sql, format: 'csv' })).toString('utf8').trimEnd().split('\n'),
    ).toHaveLength(20_001);
  });

  it('keep the order that was asked for, over many chunks', async () => {
    const sql = 'SELECT i FROM range(300000) r(i) ORDER BY i DESC';
    const lines = (await fixture.bytes({ sql, format: 'csv' }))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    expect(lines.slice(1).map(Number)).toEqual(
      Array.from({ length: 300_000 }, (_, index) => 299_999 - index),
    );
  });

  it('take columns of one name and names of any kind', async () => {
    const sql = 'SELECT 1 AS a, 2 AS a, 3 AS "x,\n""y"';
    expect((await fixture.document({ sql })).rows).toEqual([[1, 2, 3]]);
    expect((await fixture.bytes({ sql, format: 'csv' })).toString('utf8')).toBe(
      'a,a_1,"x,\n""y"\n1,2,3\n',
    );
    expect(JSON.parse((await fixture.bytes({ sql, format: 'ndjson' })).toString('utf8'))).toEqual({
      a: 1,
      a_1: 2,
      'x,\n"y': 3,
    });
  });

  it.each([
    ['SELECT $1 AS x, $2 AS y, ? AS z', undefined, 'invalid_request'],
    ['SELECT $1 AS x', [], 'invalid_request'],
    ['SELECT $a AS x', { b: 1 }, 'invalid_request'],
    ['SELECT 1', { b: 1 }, 'invalid_request'],
    ['SELECT $1::INTEGER', [[1]], 'invalid_request'],
  ])('%s with %j fails', async (sql, params, code) => {
    expect((await fixture.failure({ sql, params })).code).toBe(code);
  });

  it('take parameters as values', async () => {
    const sql = 'SELECT $text AS t, $whole + 1 AS w, $big AS b, $half AS h, $yes AS y, $none AS n';
    const params = { text: "'; DROP", whole: 1, big: 2 ** 40, half: 0.5, yes: true, none: null };
    expect((await fixture.document({ sql, params })).rows[0]?.slice(0, 6)).toEqual([
      "'; DROP",
      2,
      String(2 ** 40),
      0.5,
      true,
      null,
    ]);
    expect(
      (
        await fixture
          .document({
            sql: 'SELECT id FROM events WHERE id = ? LIMIT $2',
            params: [100, 5],
          })
          .catch(() =>
            fixture.document({
              sql: 'SELECT id FROM events WHERE id = $1 LIMIT $2',
              params: [100, 5],
            }),
          )
      ).rows,
    ).toEqual([['100']]);
  });
});

describe('failures', () => {
  it.each([
    ['SELECT 1 +\n  FROM events', 'invalid_sql', 2, 3],
    ['SELECT 1,\n  nme\nFROM events', 'invalid_sql', 2, 3],
    ['SELECT *\nFROM evnts', 'invalid_sql', 2, 6],
    ["SELECT 'é😀', nope FROM events", 'invalid_sql', 1, 15],
    ["SELECT\n 'é', 'abc'::INTEGER", 'query_failed', 2, 12],
    ['EXPLAIN SELECT\n nme FROM events', 'invalid_sql', 2, 2],
    ["SELECT 1, read_text('x')", 'not_allowed', 1, 11],
  ])('%j is placed at %s %i:%i', async (sql, code, line, column) => {
    const failure = await fixture.failure({ sql });
    expect([failure.code, failure.position?.line, failure.position?.column]).toEqual([
      code,
      line,
      column,
    ]);
  });

  it('suggest what was meant', async () => {
    expect((await fixture.failure({ sql: 'SELECT * FROM evnts' })).hint).toContain('events');
    expect((await fixture.failure({ sql: 'SELECT nme FROM events' })).hint).toContain('name');
  });

  it('end NDJSON in mid-stream with a line that says so', async () => {
    const sql =
      "SELECT CASE WHEN i = 2999 THEN error('early') ELSE i END AS v FROM range(3000) r(i)";
    const late =
      "SELECT CASE WHEN i = 2999999 THEN error('late') ELSE i::VARCHAR END AS v FROM range(3000000) r(i)";
    expect((await fixture.failure({ sql })).code).toBe('query_failed');
    const text = (await fixture.bytes({ sql: late, format: 'ndjson' })).toString('utf8');
    const last = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as object;
    expect(last).toMatchObject({ error: { code: 'query_failed' } });
    await expect(fixture.bytes({ sql: late, format: 'csv' })).rejects.toMatchObject({
      code: 'query_failed',
    });
  });

  it('of one query are not felt by the next', async () => {
    const sql = 'SELECT count(*) FROM range(1000000000000)';
    expect((await fixture.failure({ sql, timeoutMs: 300 })).code).toBe('timeout');
    expect((await fixture.document({ sql: 'SELECT 1 AS x' })).rows).toEqual([[1]]);
  });
});

describe('running queries', () => {
  const endless = 'SELECT count(*) FROM range(1000000000000)';

  it('end when their request is aborted', async () => {
    const abort = new AbortController();
    const failure = fixture.failure({ sql: endless, signal: abort.signal });
    abort.abort();
    expect((await failure).code).toBe('cancelled');
    expect(fixture.queries.history()[0]).toMatchObject({
      state: 'cancelled',
      errorCode: 'cancelled',
    });
  });

  it('end when nobody reads their result any more', async () => {
    const answer = await fixture.queries.run({
      sql: 'SELECT * FROM range(1000000000)',
      format: 'csv',
      maxRows: undefined,
      timeoutMs: 20_000,
      signal: new AbortController().signal,
    });
    for await (const bytes of answer.body) {
      expect(bytes.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(fixture.queries.history()[0]).toMatchObject({ state: 'cancelled' });
    expect((await fixture.document({ sql: 'SELECT 1 AS x' })).rows).toEqual([[1]]);
  });

  it('beyond the processes wait, and beyond the queue are refused', async () => {
    const abort = new AbortController();
    const { signal } = abort;
    const both = Array.from({ length: 2 }, () => {
      const begun = Promise.withResolvers<void>();
      const failure = fixture.failure({ sql: endless, signal, onProgress: () => begun.resolve() });
      return { begun: begun.promise, failure };
    });
    await Promise.all(both.map(({ begun }) => begun));
    const others = Array.from({ length: 2 }, () => fixture.failure({ sql: endless, signal }));
    const codes = await Promise.any(others.map(async (one) => (await one).code));
    expect(codes).toBe('too_busy');
    abort.abort();
    const failures = await Promise.all([...both.map(({ failure }) => failure), ...others]);
    const all = failures.map((failure) => failure.code).toSorted();
    expect(all).toEqual(['cancelled', 'cancelled', 'cancelled', 'too_busy']);
  });

  it('tell how far they are', async () => {
    const abort = new AbortController();
    const sql = 'SELECT count(*) AS n FROM range(1000000000000) r(i) WHERE hash(i) % 3 = 0';
    const onProgress = (): void => abort.abort();
    expect((await fixture.failure({ sql, signal: abort.signal, onProgress })).code).toBe(
      'cancelled',
    );
  });
});

it('completes over the names of tables and columns', async () => {
  const texts = async (text: string): Promise<readonly string[]> =>
    (await fixture.queries.complete(text)).map((item) => item.text);
  expect(await texts('SELECT * FROM eve')).toContain('events');
  expect(await texts('SELECT * FROM read')).not.toContain('read_csv');
  expect(await texts('SELECT date_tr')).toContain('date_trunc');
  expect(await texts("SELECT * FROM '/etc/")).not.toContain('passwd');
});

it('asks all tables at once for their columns, and waits for none that stays silent', async () => {
  const columns = await fixture.tables.schemaOf('events');
  const isAsked = Promise.withResolvers<undefined>();
  const tables: TableSource = {
    names: () => ['silent', 'events', 'last'],
    pin: async (names) => await fixture.tables.pin(names),
    pinAt: async (name) => await fixture.tables.pinAt(name),
    schemaOf: async (name) => {
      if (name === 'silent') return await new Promise<never>(() => {});
      if (name === 'last') isAsked.resolve(undefined);
      return (await isAsked.promise) ?? columns;
    },
  };
  const tempDirectory = join(fixture.folder, 'silent');
  const queries = await createQueryService({ tables, tempDirectory });
  const completions = await queries.complete('SELECT * FROM eve');
  expect(completions.map(({ text }) => text)).toContain('events');
  await queries.close();
});

it('says how well its processes are kept', () => {
  const { network, user, memory } = fixture.queries.capabilities();
  expect(['isolated', 'shared']).toContain(network);
  expect(['nobody', 'same', 'root']).toContain(user);
  expect(['limited', 'watched']).toContain(memory);
});

it('removes what a crash left in its folder', async () => {
  const tempDirectory = join(fixture.folder, 'crashed');
  const first = await createQueryService({ tables: fixture.tables, tempDirectory });
  await first.close();
  writeFileSync(join(tempDirectory, 'query-left'), '');
  const second = await createQueryService({ tables: fixture.tables, tempDirectory });
  expect(existsSync(join(tempDirectory, 'query-left'))).toBe(false);
  await second.close();
});
