import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asHeliosError } from '../../base/errors.ts';
import { type Connection, Engine } from '../../engine/engine.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { ids, script } from '../testing/scripts.ts';
import { planScript } from './planner.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
});

afterAll(() => engine.close());

const source = "CREATE TABLE src (a INT) WITH (connector = 'http');\n";

async function connectionWith(functions: string): Promise<Connection> {
  const connection = await engine.connect();
  const planned = await planScript(`${source}${functions}\nSELECT a FROM src;`, connection);
  if (planned.kind === 'ok') return connection;
  connection.close();
  throw new Error(planned.errors.map(({ message }) => message).join('\n'));
}

async function answer(connection: Connection, expression: string): Promise<string> {
  try {
    const [row] = await connection.rows(`SELECT ${expression} AS v`);
    return JSON.stringify(row?.['v']);
  } catch (thrown) {
    return asHeliosError(thrown).message;
  }
}

function identity(name: string, type: string, more = ''): string {
  return `CREATE FUNCTION ${name}(v ${type}) RETURNS ${type} LANGUAGE javascript ${more}
    AS 'export const ${name} = (v) => v';`;
}

const kinds = {
  boolean: 'BOOLEAN',
  tiny: 'TINYINT',
  whole: 'INT',
  natural: 'INT UNSIGNED',
  big: 'BIGINT',
  huge: 'BIGINT UNSIGNED',
  single: 'FLOAT',
  real: 'DOUBLE',
  price: 'DECIMAL(38,2)',
  words: 'TEXT',
  doc: 'JSON',
  moment: 'TIMESTAMP',
  civil: 'DATE',
};

test('values go through functions unchanged, and NULL past them', async () => {
  const declared = Object.entries(kinds).map(([name, type]) => identity(`same_${name}`, type));
  await using connection = await connectionWith(declared.join('\n'));
  const values: readonly [kind: keyof typeof kinds, values: readonly string[]][] = [
    ['boolean', ['true', 'false']],
    ['tiny', ['-128', '127']],
    ['whole', ['-2147483648', '2147483647']],
    ['natural', ['4294967295']],
    ['big', ['-9223372036854775808', '9223372036854775807', '9007199254740993']],
    ['huge', ['18446744073709551615']],
    ['single', ['0.1', "'-inf'", '3.4e38']],
    ['real', ['0.1', "'nan'", "'inf'", '-0.0', '0.0', '5e-324', '1.7976931348623157e308']],
    ['price', ['-0.01', '999999999999999999999999999999999999.99', '0', '-12.30']],
    ['words', ["''", "'é🌍'", "'a''b'", "E'\\n\\t'", "repeat('x', 100000)"]],
    ['doc', [`'{"a": [1.50, 12345678901234567890]}'`]],
    [
      'moment',
      ["'1970-01-01 00:00:00.000001Z'", "'9999-12-31 23:59:59.999999Z'", "'0001-01-01 00:00:00Z'"],
    ],
    ['civil', ["'2024-02-29'", "'0001-01-01'", "'9999-12-31'"]],
  ];
  const wrong: string[] = [];
  for (const [kind, all] of values) {
    const duckdb = kinds[kind]
      .replace('INT UNSIGNED', 'UINTEGER')
      .replace('BIGUINTEGER', 'UBIGINT');
    const type = duckdb === 'TIMESTAMP' ? 'TIMESTAMPTZ' : duckdb;
    for (const value of [...all, 'NULL']) {
      const cast = `CAST(${value} AS ${type})`;
      const same = `(same_${kind}(${cast})::VARCHAR IS NOT DISTINCT FROM (${cast})::VARCHAR)`;
      const found = await answer(
        connection,
        `${same} AND typeof(same_${kind}(${cast})) = typeof(${cast})`,
      );
      if (found !== 'true') wrong.push(`${kind} ${value}: ${found}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('a result that is not of the declared type is an error, and nothing is coerced', async () => {
  const returned = (name: string, type: string): string =>
    `CREATE FUNCTION ${name}(code TEXT) RETURNS ${type} LANGUAGE javascript AS $$
       const values = { text: '1', one: 1, half: 1.5, large: 2 ** 40, big: 1n, date: '2023-02-29',
         money: '1.005', promise: Promise.resolve(1), object: {}, broken: '\\ud800', symbol: Symbol() };
       export const ${name} = (code) => values[code];
     $$;`;
  await using connection = await connectionWith(
    ['INT', 'BIGINT', 'DOUBLE', 'TEXT', 'DATE', 'DECIMAL(9,2)', 'BOOLEAN', 'FLOAT', 'JSON']
      .map((type) => returned(`as_${type.toLowerCase().replace(/\W.*/, '')}`, type))
      .join('\n'),
  );
  const cases: readonly [call: string, answer: string][] = [
    ["as_int('one')", '1'],
    [
      "as_int('half')",
      'as_int: It returned 1.5, and is declared to return a whole number from -2147483648 to 2147483647.',
    ],
    [
      "as_int('large')",
      'as_int: It returned 1099511627776, and is declared to return a whole number from -2147483648 to 2147483647.',
    ],
    [
      "as_int('text')",
      'as_int: It returned "1", and is declared to return a whole number from -2147483648 to 2147483647.',
    ],
    ["as_int('none')", 'null'],
    ["as_bigint('big')", '"1"'],
    [
      "as_bigint('one')",
      'as_bigint: It returned 1, and is declared to return a bigint from -9223372036854775808 to 9223372036854775807.',
    ],
    [
      "as_double('promise')",
      'as_double: It returned a Promise, and is declared to return a number.',
    ],
    [
      "as_double('object')",
      'as_double: It returned an object, and is declared to return a number.',
    ],
    ["as_double('symbol')", 'as_double: It returned a symbol, and is declared to return a number.'],
    ["as_text('broken')", 'as_text: It returned "\\ud800", and is declared to return a text.'],
    [
      "as_date('date')",
      `as_date: It returned "2023-02-29", and is declared to return a text 'YYYY-MM-DD'.`,
    ],
    ["as_decimal('text')", '"1.00"'],
    [
      "as_decimal('money')",
      'as_decimal: It returned "1.005", and is declared to return a text of at most 7 digits and 2 behind the point.',
    ],
    [
      "as_boolean('one')",
      'as_boolean: It returned 1, and is declared to return true, false or null.',
    ],
    ["as_json('text')", '"1"'],
  ];
  for (const [call, expected] of cases) {
    expect(await answer(connection, call), call).toBe(expected);
  }
  expect(await answer(connection, "as_json('money')")).toBe('"1.005"');
  expect(await answer(connection, "as_json('date')")).toMatch(/JSON/);
});

test('calls stand wherever expressions do, in each other and in macros', async () => {
  await using connection = await connectionWith(`
    CREATE FUNCTION next(v INT) RETURNS INT LANGUAGE typescript
      AS 'export const next = (v: number): number => v + 1;';
    CREATE FUNCTION or_zero(v INT) RETURNS INT LANGUAGE js CALLED ON NULL INPUT
      AS 'export default (v) => v ?? 0';
    CREATE MACRO twice(v) AS next(next(v));`);
  const rows = await connection.rows(`
    SELECT twice(next(r::INT)) AS v, sum(next(r::INT)) OVER () AS s,
      list_transform([r::INT], lambda e: next(e)) AS l, or_zero(NULL) AS z, next(NULL) AS n
    FROM range(3) AS t(r) WHERE next(r::INT) > 1 ORDER BY next(r::INT) DESC`);
  expect(rows).toEqual([
    { v: 5, s: '5', l: [3], z: 0, n: null },
    { v: 4, s: '5', l: [2], z: 0, n: null },
  ]);
  const grouped = await connection.rows(`
    SELECT next(r::INT % 2) AS g, max(next(r::INT)) AS m FROM range(5000) AS t(r)
    GROUP BY next(r::INT % 2) ORDER BY g`);
  expect(grouped).toEqual([
    { g: 1, m: 4999 },
    { g: 2, m: 5000 },
  ]);
  expect(await answer(connection, 'next(1.5)')).toMatch(/^No function matches .*'next\(DECIMAL/);
  expect(await answer(connection, 'next(random()::INT * 1000000 + (random() * 1e6)::INT)')).toBe(
    'A function is called with values that change each time.',
  );
});

test('statements with calls take effect once', async () => {
  await using connection = await connectionWith(identity('same', 'INT'));
  await connection.execute('CREATE TEMP TABLE kept (v INT)');
  await connection.execute('INSERT INTO kept SELECT same(same(r::INT)) FROM range(3000) AS t(r)');
  const [row] = await connection.rows('SELECT count(*)::INT AS n, sum(v)::INT AS s FROM kept');
  expect(row).toEqual({ n: 3000, s: 4498500 });
});

const hostile = `CREATE FUNCTION hostile(what TEXT) RETURNS TEXT LANGUAGE typescript
  FROM 'functions/hostile.ts' AS $$export function hostile(what: string): string {
  if (what === 'throw') throw new TypeError('not this');
  if (what === 'throw null') throw null;
  if (what === 'hang') for (;;);
  if (what === 'recurse') return hostile(what);
  if (what === 'heap') { const all = []; for (;;) all.push(new Array(100_000).fill(1.5)); }
  if (what === 'buffers') { const all = []; for (;;) all.push(new ArrayBuffer(2 ** 27)); }
  if (what === 'getter') throw { get message() { throw 1; }, get stack() { for (const _ of [1]) throw 2; } };
  if (what === 'names') {
    return ['process', 'require', 'fetch', 'setTimeout', 'WebAssembly', 'SharedArrayBuffer', 'console']
      .filter((name) => name in globalThis).join();
  }
  if (what === 'eval') return (0, eval)('1') as string;
  if (what === 'constructor') return hostile.constructor.constructor('return process')();
  return what;
}
$$ TIMEOUT INTERVAL '1500 ms';`;

test('a function that throws, hangs or takes all memory is an error, and others go on', async () => {
  await using connection = await connectionWith(hostile);
  const cases: readonly [what: string, answer: string | RegExp][] = [
    ['fine', '"fine"'],
    ['throw', 'hostile: TypeError: not this (functions/hostile.ts:2:31)'],
    ['throw null', 'hostile: It threw null.'],
    ['hang', 'hostile: It took longer than 1500 ms.'],
    ['recurse', /^hostile: RangeError: Maximum call stack size exceeded/],
    ['heap', /^hostile: (?:Its process ended; it may take 128 MB of memory|It took longer)/],
    [
      'buffers',
      /^hostile: (?:RangeError: Array buffer allocation failed|Its process|It took longer)/,
    ],
    ['getter', 'hostile: Error: '],
    ['names', '""'],
    ['eval', /^hostile: EvalError/],
    ['constructor', /^hostile: EvalError/],
    ['fine again', '"fine again"'],
  ];
  for (const [what, expected] of cases) {
    const found = await answer(connection, `hostile('${what}')`);
    if (typeof expected === 'string') expect(found, what).toBe(expected);
    else expect(found, what).toMatch(expected);
  }
  const tried = await connection.rows(`
    SELECT list(TRY(hostile(CASE WHEN r = 700 THEN 'hang' ELSE r::VARCHAR END)) ORDER BY r) AS l
    FROM range(2000) AS t(r)`);
  const list = tried[0]?.['l'];
  const missing = Array.isArray(list) ? list.flatMap((v, at) => (v === null ? [at] : [])) : [];
  expect(missing).toEqual([700]);
});

test('when all calls hang, the statement fails within limits', async () => {
  await using connection = await connectionWith(
    `CREATE FUNCTION stuck(v INT) RETURNS INT LANGUAGE js AS 'export default () => { for (;;); }'
       TIMEOUT '20 ms';`,
  );
  await expect(connection.rows('SELECT stuck(r::INT) FROM range(100000) AS t(r)')).rejects.toThrow(
    /^stuck was stopped 4 times: It took longer than 20 ms\./,
  );
});

test.each<[name: string, clause: string, message: RegExp]>([
  ['types', "LANGUAGE ts AS E'export enum A { b }'", /enum is not supported/],
  [
    'no export',
    "LANGUAGE js AS 'const f = 1; export const g = 2, h = 3'",
    /exports no "f"\. It exports g, h\./,
  ],
  [
    'arity',
    "LANGUAGE js AS 'export const f = (a, b) => a'",
    /takes 2 values, and is declared with 1/,
  ],
  [
    'imports',
    `LANGUAGE js AS 'import fs from "node:fs"; export const f = () => 1'`,
    /imports "node:fs"/,
  ],
  ['throws', "LANGUAGE js AS 'throw new Error(1)'", /f:1:7: Error: 1/],
  ['file', "LANGUAGE js FROM 'lib/f.js' AS E'\\n  %'", /lib\/f\.js:2.*: SyntaxError/],
])('code that cannot be used is refused: %s', async (_, clause, message) => {
  const text = `CREATE FUNCTION f(a INT) RETURNS INT ${clause};`;
  await expect(connectionWith(text)).rejects.toThrow(message);
});

const label = `CREATE FUNCTION label(v TEXT) RETURNS TEXT LANGUAGE javascript FROM 'label.js' AS $$
  export function label(v) {
    if (v === 'bad') throw new Error('no label for ' + v);
    return '<' + v + '>';
  }$$;`;

test('records that a function fails on are rejected, before and after a restart', async () => {
  let helios = await PipelineFixture.open();
  try {
    const sql = label + script("SELECT id, label(v) AS l FROM events WHERE label(v) <> '<no>'");
    await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
    await helios.sendAndWait('events', [
      '{"id":1,"v":"a"}',
      '{"id":2,"v":"bad"}',
      '{"id":3,"v":"no"}',
    ]);
    helios = await helios.reopened();
    await helios.sendAndWait('events', ['{"id":4,"v":"d"}', '{"id":5,"v":"bad"}', '{"id":6}']);
    const rows = await helios.rows('sunk');
    expect(ids(rows)).toEqual([1, 4]);
    expect(rows.find((row) => row['id'] === '4')).toMatchObject({ l: '<d>' });
    const rejected = await helios.rows('quarantine', 'raw_text AS raw, code, message');
    expect(rejected).toEqual(
      [2, 5].map((id) => ({
        raw: `{"id":${id},"v":"bad"}`,
        code: 'sql_error',
        message: 'label: Error: no label for bad (label.js:3:28)',
      })),
    );
  } finally {
    await helios[Symbol.asyncDispose]();
    await rm(helios.directory, { recursive: true, force: true });
  }
});

test('windows know functions and macros', async () => {
  await using helios = await PipelineFixture.open();
  const sql = `CREATE FUNCTION kind(v TEXT) RETURNS TEXT LANGUAGE js
      AS 'export const kind = (v) => v.slice(0, 1)';
    CREATE MACRO loud(v) AS upper(kind(v));
    CREATE TABLE events (id BIGINT NOT NULL, v TEXT, ts TIMESTAMP, WATERMARK FOR ts)
      WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
    CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink');
    INSERT INTO sunk SELECT loud(v) AS kind, count(*) AS n, kind(max(v)) AS k
      FROM events GROUP BY loud(v), tumble(interval '1 minute');`;
  await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
  const lines = ['ab', 'ac', 'b'].map(
    (v, id) => `{"id":${id},"v":"${v}","ts":"2026-01-01T00:00:01Z"}`,
  );
  await helios.sendAndWait('events', [...lines, '{"id":9,"v":"z","ts":"2026-01-01T00:09:03Z"}']);
  await helios.sendAndWait('events', ['{"id":10,"v":"z","ts":"2026-01-01T00:09:04Z"}']);
  const rows = await helios.rows('sunk');
  expect(
    rows.toSorted((left, right) => (String(left['kind']) < String(right['kind']) ? -1 : 1)),
  ).toEqual([
    { kind: 'A', n: '2', k: 'a' },
    { kind: 'B', n: '1', k: 'b' },
  ]);
});
