import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { type Connection, Engine } from '../engine/engine.ts';
import { FixtureTables } from './fixture/fixture-tables.ts';
import type { QueryRequest, QueryService } from './query.ts';
import { createQueryService } from './service.ts';

const folder = mkdtempSync(join(tmpdir(), 'queries-'));
const bigint = { kind: 'integer', bits: 64, isUnsigned: false } as const;
let engine: Engine;
let connection: Connection;
let tables: FixtureTables;
let queries: QueryService;

beforeAll(async () => {
  // So that processes of another user can get to their folders.
  chmodSync(folder, 0o711);
  engine = await Engine.open({
    threads: 1,
    memoryBytes: 2 ** 28,
    tempDirectory: join(folder, 's'),
  });
  connection = await engine.connect();
  tables = new FixtureTables(join(folder, 'lake'), connection);
  await fill(tables);
  queries = await createQueryService({
    tables,
    tempDirectory: join(folder, 'queries'),
    limits: { memoryBytes: 2 ** 28, processesMax: 2, waitingMax: 1 },
  });
});

afterAll(async () => {
  await queries.close();
  connection.close();
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

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

type Ask = Partial<QueryRequest> & { readonly sql: string };

async function bytesOf(ask: Ask): Promise<Buffer> {
  const answer = await queries.run({
    format: 'json',
    maxRows: undefined,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
    ...ask,
  });
  const all: Uint8Array[] = [];
  for await (const bytes of answer.body) all.push(bytes);
  return Buffer.concat(all);
}

type Document = {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly row_count: number;
  readonly truncated: boolean;
  readonly saw: readonly Readonly<Record<string, unknown>>[];
};

async function documentOf(ask: Ask): Promise<Document> {
  return JSON.parse((await bytesOf(ask)).toString('utf8')) as Document;
}

async function failureOf(ask: Ask): Promise<HeliosError> {
  try {
    await bytesOf(ask);
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
  throw new Error(`${ask.sql} did not fail`);
}

describe('tables', () => {
  it('are their cold and hot files together, with missing columns NULL and the types of the table', async () => {
    const sql = 'SELECT id, name, "Added Later" IS NULL AS was_absent FROM EVENTS ORDER BY id';
    const { rows, columns, saw } = await documentOf({ sql });
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
    const { rows } = await documentOf({ sql: 'SELECT * FROM partitioned ORDER BY id' });
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
    expect((await documentOf({ sql })).rows).toEqual(rows);
  });

  it('are let go of, and leave no files behind', async () => {
    await bytesOf({ sql: 'SELECT * FROM events' });
    expect(tables.pinnedCount).toBe(0);
    const processes = readdirSync(join(folder, 'queries')).filter((name) =>
      name.startsWith('query-'),
    );
    for (const name of processes) {
      expect(readdirSync(join(folder, 'queries', name, 'files'))).toEqual(['result']);
    }
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
    const document = await documentOf({ sql, maxRows });
    expect(document.rows).toHaveLength(count);
    expect(document).toMatchObject({ row_count: count, truncated: isTruncated });
    const csv = (await bytesOf({ sql, maxRows, format: 'csv' })).toString('utf8');
    expect(csv.trimEnd().split('\n')).toHaveLength(count + 1);
    const lines = (await bytesOf({ sql, maxRows, format: 'ndjson' })).toString('utf8');
    expect(lines.split('\n').filter((line) => line !== '')).toHaveLength(count);
    expect(lines.endsWith('\n\n')).toBe(false);
  });

  it('are cut at 10,000 rows of JSON unless asked, and not cut in other formats', async () => {
    const sql = 'SELECT * FROM range(20000)';
    expect(await documentOf({ sql })).toMatchObject({ row_count: 10_000, truncated: true });
    expect(
      (await bytesOf({ sql, format: 'csv' })).toString('utf8').trimEnd().split('\n'),
    ).toHaveLength(20_001);
  });

  it('keep the order that was asked for, over many chunks', async () => {
    const sql = 'SELECT i FROM range(300000) r(i) ORDER BY i DESC';
    const lines = (await bytesOf({ sql, format: 'csv' })).toString('utf8').trimEnd().split('\n');
    expect(lines.slice(1).map(Number)).toEqual(
      Array.from({ length: 300_000 }, (_, index) => 299_999 - index),
    );
  });

  it('take columns of one name and names of any kind', async () => {
    const sql = 'SELECT 1 AS a, 2 AS a, 3 AS "x,\n""y"';
    expect((await documentOf({ sql })).rows).toEqual([[1, 2, 3]]);
    expect((await bytesOf({ sql, format: 'csv' })).toString('utf8')).toBe(
      'a,a_1,"x,\n""y"\n1,2,3\n',
    );
    expect(JSON.parse((await bytesOf({ sql, format: 'ndjson' })).toString('utf8'))).toEqual({
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
    expect((await failureOf({ sql, params })).code).toBe(code);
  });

  it('take parameters as values', async () => {
    const sql = 'SELECT $text AS t, $whole + 1 AS w, $big AS b, $half AS h, $yes AS y, $none AS n';
    const params = { text: "'; DROP", whole: 1, big: 2 ** 40, half: 0.5, yes: true, none: null };
    expect((await documentOf({ sql, params })).rows[0]?.slice(0, 6)).toEqual([
      "'; DROP",
      2,
      String(2 ** 40),
      0.5,
      true,
      null,
    ]);
    expect(
      (
        await documentOf({
          sql: 'SELECT id FROM events WHERE id = ? LIMIT $2',
          params: [100, 5],
        }).catch(() =>
          documentOf({ sql: 'SELECT id FROM events WHERE id = $1 LIMIT $2', params: [100, 5] }),
        )
      ).rows,
    ).toEqual([['100']]);
  });
});

/** DuckDB's expression, its type's name, its JSON, its CSV. */
const values: readonly (readonly [string, string, unknown, string])[] = [
  ['true', 'BOOLEAN', true, 'true'],
  ['(-128)::TINYINT', 'TINYINT', -128, '-128'],
  ['4294967295::UINTEGER', 'UINTEGER', 4294967295, '4294967295'],
  ['9223372036854775807', 'BIGINT', '9223372036854775807', '9223372036854775807'],
  ['18446744073709551615::UBIGINT', 'UBIGINT', '18446744073709551615', '18446744073709551615'],
  ['9007199254740993::HUGEINT', 'HUGEINT', '9007199254740993', '9007199254740993'],
  ['1.10::DECIMAL(10,2)', 'DECIMAL(10,2)', '1.10', '1.10'],
  [
    '(-12345678901234567890.1234567891)::DECIMAL(38,10)',
    'DECIMAL(38,10)',
    '-12345678901234567890.1234567891',
    '-12345678901234567890.1234567891',
  ],
  ['0.1::FLOAT', 'FLOAT', 0.1, '0.1'],
  ['1e300::DOUBLE', 'DOUBLE', 1e300, '1e+300'],
  ["'nan'::DOUBLE", 'DOUBLE', 'NaN', 'NaN'],
  ["'-inf'::DOUBLE", 'DOUBLE', '-Infinity', '-Infinity'],
  ["''", 'VARCHAR', '', '""'],
  ["'a,\"b\"' || chr(10) || '😀'", 'VARCHAR', 'a,"b"\n😀', '"a,""b""\n😀"'],
  ['\'{"b": 1.10}\'::JSON', 'JSON', '{"b": 1.10}', '"{""b"": 1.10}"'],
  ["'\\xFF\\x00'::BLOB", 'BLOB', '/wA=', '/wA='],
  ["DATE '2023-09-18'", 'DATE', '2023-09-18', '2023-09-18'],
  ["TIME '10:11:12.5'", 'TIME', '10:11:12.5', '10:11:12.5'],
  [
    "TIMESTAMPTZ '2023-09-18 14:00:00+00'",
    'TIMESTAMPTZ',
    '2023-09-18T14:00:00Z',
    '2023-09-18T14:00:00Z',
  ],
  [
    "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'",
    'TIMESTAMPTZ',
    '1969-12-31T23:59:59.999999Z',
    '1969-12-31T23:59:59.999999Z',
  ],
  [
    "TIMESTAMP '2023-09-18 14:00:00.25'",
    'TIMESTAMP',
    '2023-09-18T14:00:00.250000Z',
    '2023-09-18T14:00:00.250000Z',
  ],
  [
    "TIMESTAMP_NS '2023-09-18 14:00:00.123456789'",
    'TIMESTAMP_NS',
    '2023-09-18T14:00:00.123456789Z',
    '2023-09-18T14:00:00.123456789Z',
  ],
  ["INTERVAL '14 months 3 days -4 hours'", 'INTERVAL', 'P1Y2M3DT-4H', 'P1Y2M3DT-4H'],
  [
    "'00000000-0000-0000-0000-00000000000f'::UUID",
    'UUID',
    '00000000-0000-0000-0000-00000000000f',
    '00000000-0000-0000-0000-00000000000f',
  ],
  ['[1::BIGINT, NULL]', 'BIGINT[]', ['1', null], '"[""1"",null]"'],
  [
    "{'a': 1, 'b': [{'c': 'x'}]}",
    'STRUCT("a" INTEGER, "b" STRUCT("c" VARCHAR)[])',
    { a: 1, b: [{ c: 'x' }] },
    '"{""a"":1,""b"":[{""c"":""x""}]}"',
  ],
  ["MAP {'k': 1.5::DOUBLE}", 'MAP(VARCHAR, DOUBLE)', { k: 1.5 }, '"{""k"":1.5}"'],
  ['row(1, 2)', 'STRUCT("" INTEGER, "" INTEGER)', [1, 2], '"[1,2]"'],
  ['NULL', 'INTEGER', null, ''],
];

describe('values', () => {
  it('have one text each in JSON', async () => {
    const sql = `SELECT ${values.map(([expression]) => expression).join(', ')}`;
    const { rows, columns } = await documentOf({ sql });
    expect(rows[0]).toEqual(values.map(([, , json]) => json));
    expect(columns.map(({ type }) => type)).toEqual(
      values
        .map(([, type]) => type)
        .map((type) => (type === 'INTEGER' ? expect.stringMatching(/INTEGER|"NULL"/) : type)),
    );
  });

  it('are the same in NDJSON, and NULLs are null', async () => {
    const list = values.map(([expression], index) => `${expression} AS c${index}`).join(', ');
    const nulls = values.map((_, index) => `NULL AS c${index}`).join(', ');
    const sql = `SELECT ${list} UNION ALL SELECT ${nulls}`;
    const lines = (await bytesOf({ sql, format: 'ndjson' })).toString('utf8').trimEnd().split('\n');
    const [full, empty] = lines.map((line) => Object.values(JSON.parse(line) as object));
    expect(full).toEqual(values.map(([, , json]) => json));
    expect(empty).toEqual(values.map(() => null));
  });

  it('are quoted in CSV where they must be', async () => {
    const sql = `SELECT ${values.map(([expression], index) => `${expression} AS c${index}`).join(', ')}`;
    const csv = (await bytesOf({ sql, format: 'csv' })).toString('utf8');
    expect(csv.slice(csv.indexOf('\n') + 1)).toBe(
      `${values.map(([, , , text]) => text).join(',')}\n`,
    );
  });

  it('come back from Parquet as they were', async () => {
    const kept = values.filter(([, type]) => !/INTERVAL|_NS|""|NULL/.test(type));
    const select = `SELECT ${kept.map(([expression], index) => `${expression} AS c${index}`).join(', ')}`;
    const nulls = kept
      .map(([, type], index) => `NULL::${type.replace(/HUGEINT/, 'DECIMAL(38,0)')} AS c${index}`)
      .join(', ');
    const path = join(folder, 'result.parquet');
    writeFileSync(
      path,
      await bytesOf({ sql: `${select} UNION ALL SELECT ${nulls}`, format: 'parquet' }),
    );
    const text = kept.map((_, index) => `c${index}::VARCHAR AS c${index}`).join(', ');
    const [back] = await connection.rows(`SELECT ${text} FROM '${path}'`);
    const [own] = await connection.rows(`SELECT ${text} FROM (${select})`);
    const normal = (value: unknown): unknown =>
      typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(value)
        ? value.replace(/\+00$/, '')
        : value;
    expect(Object.values(back ?? {}).map(normal)).toEqual(Object.values(own ?? {}).map(normal));
  });

  it('come back from Arrow as they were', async () => {
    const sql = `SELECT true AS b, -5::TINYINT AS i8, 9223372036854775807 AS i64, 18446744073709551615::UBIGINT AS u64,
      (-1.10)::DECIMAL(10,2) AS dec, 0.5::FLOAT AS f, 1e300::DOUBLE AS d, 'é' AS s, '\\xFF'::BLOB AS bin,
      DATE '1969-12-31' AS day, TIME '10:00:00.000001' AS t, TIMESTAMPTZ '2023-09-18 14:00:00.123457+00' AS ts,
      [1, NULL, 3] AS l, {'x': 1, 'y': [2]} AS st, MAP {'k': 1} AS m, 9007199254740993::HUGEINT AS h,
      INTERVAL '1 day' AS iv
      UNION ALL SELECT ${Array(17).fill('NULL').join(', ')}`;
    const table = arrow.tableFromIPC(await bytesOf({ sql, format: 'arrow' }));
    expect(table.numRows).toBe(2);
    const raw = (name: string): ArrayLike<unknown> =>
      table.getChild(name)!.data[0]!.values as ArrayLike<unknown>;
    expect(raw('i64')[0]).toBe(9223372036854775807n);
    expect(raw('u64')[0]).toBe(18446744073709551615n);
    expect(raw('ts')[0]).toBe(1695045600123457n);
    expect(raw('t')[0]).toBe(36000000001n);
    expect(raw('day')[0]).toBe(-1);
    const row = table.get(0)!.toJSON();
    expect(row['b']).toBe(true);
    expect(row['i8']).toBe(-5);
    expect(String(row['dec'])).toBe('-110');
    expect(String(row['h'])).toBe('9007199254740993');
    expect([row['f'], row['d'], row['s'], row['iv']]).toEqual([0.5, 1e300, 'é', 'P1D']);
    expect([...(row['bin'] as Uint8Array)]).toEqual([255]);
    expect(JSON.parse(JSON.stringify([row['l'], row['st'], row['m']]))).toEqual([
      [1, null, 3],
      { x: 1, y: [2] },
      { k: 1 },
    ]);
    expect(Object.values(table.get(1)!.toJSON()).every((value) => value === null)).toBe(true);
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
    const failure = await failureOf({ sql });
    expect([failure.code, failure.position?.line, failure.position?.column]).toEqual([
      code,
      line,
      column,
    ]);
  });

  it('suggest what was meant', async () => {
    expect((await failureOf({ sql: 'SELECT * FROM evnts' })).hint).toContain('events');
    expect((await failureOf({ sql: 'SELECT nme FROM events' })).hint).toContain('name');
  });

  it('end NDJSON in mid-stream with a line that says so', async () => {
    const sql =
      "SELECT CASE WHEN i = 2999 THEN error('early') ELSE i END AS v FROM range(3000) r(i)";
    const late =
      "SELECT CASE WHEN i = 2999999 THEN error('late') ELSE i::VARCHAR END AS v FROM range(3000000) r(i)";
    expect((await failureOf({ sql })).code).toBe('query_failed');
    const text = (await bytesOf({ sql: late, format: 'ndjson' })).toString('utf8');
    const last = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as object;
    expect(last).toMatchObject({ error: { code: 'query_failed' } });
    await expect(bytesOf({ sql: late, format: 'csv' })).rejects.toMatchObject({
      code: 'query_failed',
    });
  });

  it('of one query are not felt by the next', async () => {
    const sql = 'SELECT count(*) FROM range(1000000000000)';
    expect((await failureOf({ sql, timeoutMs: 300 })).code).toBe('timeout');
    expect((await documentOf({ sql: 'SELECT 1 AS x' })).rows).toEqual([[1]]);
  });
});

describe('running queries', () => {
  const endless = 'SELECT count(*) FROM range(1000000000000)';

  it('end when their request is aborted', async () => {
    const abort = new AbortController();
    const failure = failureOf({ sql: endless, signal: abort.signal });
    abort.abort();
    expect((await failure).code).toBe('cancelled');
    expect(queries.history()[0]).toMatchObject({ state: 'cancelled', errorCode: 'cancelled' });
  });

  it('end when nobody reads their result any more', async () => {
    const answer = await queries.run({
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
    expect(queries.history()[0]).toMatchObject({ state: 'cancelled' });
    expect((await documentOf({ sql: 'SELECT 1 AS x' })).rows).toEqual([[1]]);
  });

  it('beyond the processes wait, and beyond the queue are refused', async () => {
    const abort = new AbortController();
    const running = Array.from({ length: 4 }, () =>
      failureOf({ sql: endless, signal: abort.signal }),
    );
    const codes = await Promise.race([Promise.any(running.map(async (one) => (await one).code))]);
    expect(codes).toBe('too_busy');
    abort.abort();
    const all = (await Promise.all(running)).map((failure) => failure.code).toSorted();
    expect(all).toEqual(['cancelled', 'cancelled', 'cancelled', 'too_busy']);
  });

  it('tell how far they are', async () => {
    const progress: number[] = [];
    const sql = 'SELECT count(*) AS n FROM range(300000000) r(i) WHERE hash(i) % 3 = 0';
    await failureOf({
      sql,
      timeoutMs: 1200,
      onProgress: ({ rowsRead }) => progress.push(rowsRead),
    }).catch(() => undefined);
    expect(progress.length).toBeGreaterThan(0);
  });
});

it('completes over the names of tables and columns', async () => {
  const texts = async (text: string): Promise<readonly string[]> =>
    (await queries.complete(text)).map((item) => item.text);
  expect(await texts('SELECT * FROM eve')).toContain('events');
  expect(await texts('SELECT na')).toEqual(expect.arrayContaining([]));
  expect(await texts("SELECT * FROM '/etc/")).not.toContain('passwd');
});

it('says how well its processes are kept', () => {
  const { network, user, memory } = queries.capabilities();
  expect(['isolated', 'shared']).toContain(network);
  expect(['nobody', 'same', 'root']).toContain(user);
  expect(['limited', 'watched']).toContain(memory);
});

it('removes what a crash left in its folder', async () => {
  const tempDirectory = join(folder, 'crashed');
  const first = await createQueryService({ tables, tempDirectory });
  await first.close();
  writeFileSync(join(tempDirectory, 'query-left'), '');
  const second = await createQueryService({ tables, tempDirectory });
  expect(existsSync(join(tempDirectory, 'query-left'))).toBe(false);
  await second.close();
});
