import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fc } from '../../../test/properties.ts';
import { asHeliosError } from '../../base/errors.ts';
import { type Connection, Engine } from '../../engine/engine.ts';
import { planScript } from './planner.ts';

// Types whose values are objects in JavaScript, and TIME: through a function's process and back.

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
});

afterAll(() => engine.close());

async function connectionWith(functions: string): Promise<Connection> {
  const connection = await engine.connect();
  const sql = `CREATE TABLE src (a INT) WITH (connector = 'http');\n${functions}\nSELECT a FROM src;`;
  const planned = await planScript(sql, connection);
  if (planned.kind === 'ok') return connection;
  connection.close();
  throw new Error(planned.errors.map(({ message }) => message).join('\n'));
}

function declared(name: string, [from, to]: readonly [string, string], body: string): string {
  return `CREATE FUNCTION ${name}(v ${from}) RETURNS ${to} LANGUAGE javascript
    AS $$ export const ${name} = (v) => ${body} $$;`;
}

async function answer(connection: Connection, expression: string): Promise<string> {
  try {
    const [row] = await connection.rows(`SELECT (${expression})::VARCHAR AS v`);
    return String(row?.['v']);
  } catch (thrown) {
    return asHeliosError(thrown).message;
  }
}

const duckdbTypes = {
  bytes: ['BYTEA', 'BLOB'],
  clock: ['TIME', 'TIME'],
  span: ['INTERVAL', 'INTERVAL'],
  wholes: ['BIGINT[]', 'BIGINT[]'],
  reals: ['DOUBLE[][]', 'DOUBLE[][]'],
  row: [
    'STRUCT<a INT, b STRUCT<at TIMESTAMP, day DATE, price DECIMAL(38, 2)>, c TEXT[], d BYTEA, e TIME[], f INTERVAL>',
    'STRUCT(a INTEGER, b STRUCT("at" TIMESTAMPTZ, "day" DATE, price DECIMAL(38,2)), c VARCHAR[], d BLOB, e TIME[], f INTERVAL)',
  ],
} as const;

type Kind = keyof typeof duckdbTypes;

function orNull(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 5, arbitrary: values }, fc.constant('NULL'));
}

function listOf(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(orNull(values), { maxLength: 4 }).map((all) => `[${all.join(', ')}]`);
}

const text = fc.string({ maxLength: 5, unit: 'grapheme' }).map((value) => {
  return `'${value.replaceAll("'", "''").replaceAll('\0', '')}'`;
});
const big = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => `${value}`);
const real = fc.double().map((value) => `'${Object.is(value, -0) ? '-0.0' : value}'::DOUBLE`);
const bytes = fc
  .uint8Array({ maxLength: 6 })
  .map((value) => `unhex('${Buffer.from(value).toString('hex')}')`);
const clock = fc
  .integer({ min: 0, max: 86_399_999_999 })
  .map((us) => `(TIME '00:00:00' + to_microseconds(${us}))`);
const int = fc.integer({ min: -(2 ** 30), max: 2 ** 30 });
const span = fc
  .tuple(int, int, fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n }))
  .map(
    ([months, days, us]) => `(to_months(${months}) + to_days(${days}) + to_microseconds(${us}))`,
  );
const inner = fc
  .tuple(orNull(fc.constant("'9999-12-31 23:59:59.999999Z'")), orNull(fc.constant("'2026-02-28'")))
  .map(([at, day]) => `{'at': ${at}, 'day': ${day}, 'price': -12.30}`);
const row = fc
  .tuple(
    orNull(int.map(String)),
    orNull(inner),
    orNull(listOf(text)),
    orNull(bytes),
    listOf(clock),
    span,
  )
  .map(
    ([a, b, c, d, e, f]) => `{'a': ${a}, 'b': ${b}, 'c': ${c}, 'd': ${d}, 'e': ${e}, 'f': ${f}}`,
  );

const values: Readonly<Record<Kind, fc.Arbitrary<string>>> = {
  bytes,
  clock,
  span,
  wholes: listOf(big),
  reals: listOf(listOf(real)),
  row,
};

test('objects go through functions unchanged', async () => {
  const names = Object.keys(duckdbTypes) as Kind[];
  const functions = names.map((name) => {
    const [type] = duckdbTypes[name];
    return declared(`same_${name}`, [type, type], 'v');
  });
  await using connection = await connectionWith(functions.join('\n'));
  await fc.assert(
    fc.asyncProperty(fc.record(values), async (given) => {
      for (const name of names) {
        const value = `(${given[name]})::${duckdbTypes[name][1]}`;
        const same = `SELECT same_${name}(v) IS NOT DISTINCT FROM v AS is_same,
          same_${name}(v)::VARCHAR AS got, v::VARCHAR AS v FROM (SELECT ${value} AS v)`;
        const [found] = await connection.rows(same);
        expect(found).toEqual({ is_same: true, got: found?.['v'], v: found?.['v'] });
      }
    }),
    { numRuns: 25 },
  );
});

test('functions see values as the page says, and give them so', async () => {
  const functions = [
    declared('reversed', ['BYTEA', 'BYTEA'], 'v.slice().reverse()'),
    declared('is_bytes', ['BYTEA', 'BOOLEAN'], 'v instanceof Uint8Array'),
    declared('total', ['BIGINT[]', 'BIGINT'], 'v.reduce((a, b) => a + (b ?? 0n), 0n)'),
    declared('doubled', ['INTERVAL', 'INTERVAL'], '({ ...v, micros: v.micros * 2n })'),
    declared('named', ['TEXT', 'STRUCT<name TEXT, length INT>'], '({ name: v, length: v.length })'),
    declared('field', ['STRUCT<a INT, b TEXT>', 'TEXT'], 'v.b + v.a'),
    declared('escape', ['TEXT[]', 'TEXT'], "v.constructor.constructor('return typeof process')()"),
  ];
  await using connection = await connectionWith(functions.join('\n'));
  expect(await answer(connection, "hex(reversed('\\x01\\x02\\xFF'::BLOB))")).toBe('FF0201');
  expect(await answer(connection, "is_bytes(''::BLOB)")).toBe('true');
  expect(await answer(connection, 'total([1, NULL, 9007199254740993])')).toBe('9007199254740994');
  expect(await answer(connection, "doubled(INTERVAL '1 month 3 hours')")).toBe('1 month 06:00:00');
  expect(await answer(connection, "named('hat')")).toBe("{'name': hat, 'length': 3}");
  expect(await answer(connection, "field({'a': 1, 'b': 'x'})")).toBe('x1');
  expect(await answer(connection, "escape(['a'])")).toContain('Code generation from strings');
});

test.each<[type: string, body: string, message: string]>([
  ['INT[]', '[1, "x"]', 'It returned "x", and is declared to return a whole number'],
  ['INT[]', '({})', 'It returned an object, and is declared to return an array'],
  [
    'STRUCT<a INT, b TEXT>',
    '[1]',
    'It returned an object, and is declared to return an object of a, b',
  ],
  ['STRUCT<a INT>', '({ a: 1, z: 2 })', 'It returned the field z'],
  ['BYTEA', '"text"', 'It returned "text", and is declared to return a Uint8Array'],
  ['TIME', '"24:00:00"', `It returned "24:00:00", and is declared to return a text 'HH:MM:SS`],
  ['INTERVAL', '({ months: 1, days: 0.5, micros: 0n })', 'an object of months, days'],
  ['INTERVAL', '({ months: 1, days: 0, micros: 2n ** 70n })', 'an object of months, days'],
  ['DATE[]', '["2026-02-30"]', `It returned "2026-02-30", and is declared to return a text 'YYYY`],
])('%s is not %s', async (type, body, message) => {
  await using connection = await connectionWith(declared('f', ['INT', type], body));
  expect(await answer(connection, 'f(1)')).toContain(message);
});
