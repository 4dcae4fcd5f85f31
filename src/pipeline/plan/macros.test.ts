import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { PipelineFixture } from '../testing/fixture.ts';
import { events, ids, script } from '../testing/scripts.ts';
import { planScript } from './planner.ts';

let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
  connection = await engine.connect();
});

afterAll(() => {
  connection.close();
  engine.close();
});

async function errorsOf(text: string): Promise<readonly string[]> {
  const planned = await planScript(text, connection);
  if (planned.kind === 'ok') return [];
  return planned.errors.map(({ message, position: { line, column, length } }) => {
    const place = text.split('\n')[line - 1]?.slice(column - 1, column - 1 + length);
    return `${line}: ${place}: ${message.split('\n')[0]}`;
  });
}

const source = "CREATE TABLE src (a INT, b TEXT) WITH (connector = 'http');\n";

test.each<[name: string, text: string, errors: readonly RegExp[]]>([
  [
    'a name that is no parameter',
    `${source}CREATE MACRO f(x) AS 'é' || x || nope;\nSELECT f(b) FROM src;`,
    [/^2: nope: .*nope/],
  ],
  [
    'a function that does not exist, in each of two macros',
    `${source}CREATE MACRO f(x) AS upperr(x);\nCREATE MACRO g(x) AS lowerr(x);\nSELECT a FROM src;`,
    [/^2: upperr: .*upperr/, /^3: lowerr: .*lowerr/],
  ],
  [
    'a default that is a column',
    `${source}CREATE MACRO f(x, y := x) AS x || y;\nSELECT f(b) FROM src;`,
    [/^2: x: .*column names/],
  ],
  [
    'values that its expression does not fit, where the expression says so',
    `${source}CREATE MACRO f(x) AS 'é' || (x +\n 1);\nSELECT 'é', f([a]) FROM src;`,
    [/^2: \+?x?.*: No function matches .*\+\(INTEGER\[\], INTEGER/],
  ],
  [
    'values that a called macro does not fit',
    `${source}CREATE MACRO f(x) AS g(x);\nCREATE MACRO g(x) AS date_part('day', x);
      CREATE VIEW v AS SELECT f(a) AS y FROM src;\nSELECT y FROM v;`,
    [/^3: date_part: .*date_part/],
  ],
  [
    'too many values, where it is called',
    `${source}CREATE MACRO f(x) AS x;\nSELECT 'é', f(a, b) FROM src;`,
    [/^3: f: Macro f\(\) does not support the supplied arguments/],
  ],
  [
    'a value of another type than its parameter has',
    `${source}CREATE MACRO f(x DATE) AS x;\nSELECT f(a) FROM src;`,
    [/^3: f: Macro f\(\) does not support the supplied arguments/],
  ],
  [
    'a column beside a macro',
    `${source}CREATE MACRO f(x) AS x;\nSELECT f(a), nope FROM src;`,
    [/^3: nope: .*nope/],
  ],
])('%s', async (_, text, errors) => {
  const found = await errorsOf(text);
  expect(found).toHaveLength(errors.length);
  for (const [index, error] of errors.entries()) expect(found[index]).toMatch(error);
});

test('macros are of one script alone', async () => {
  const own = `${source}CREATE MACRO mine(x) AS x;\nSELECT mine(a) FROM src;`;
  expect(await errorsOf(own)).toEqual([]);
  await using other = await engine.connect();
  const planned = await planScript(`${source}SELECT mine(a) FROM src;`, other);
  expect(planned).toMatchObject({ errors: [{ message: expect.stringContaining('mine') }] });
});

const macros = `CREATE MACRO whole(t) AS t::INT;
  CREATE MACRO doubled(t, times := 2) AS whole(t) * times;`;

test('records that a macro fails on are rejected, before and after a restart', async () => {
  let helios = await PipelineFixture.open();
  try {
    const sql = `${macros}${script('SELECT id, doubled(v) AS d, doubled(v, times := 3) AS t FROM events')}`;
    await helios.supervisor.create({ name: 'p', sql, isAdopting: false });
    await helios.sendAndWait('events', ['{"id":1,"v":"1"}', '{"id":2,"v":"x"}', '{"id":3}']);
    helios = await helios.reopened();
    await helios.sendAndWait('events', ['{"id":4,"v":"4"}', '{"id":5,"v":"y"}']);
    const rows = await helios.rows('sunk');
    expect(ids(rows)).toEqual([1, 3, 4]);
    expect(rows.find((row) => row['id'] === '4')).toMatchObject({ d: 8, t: 12 });
    const rejected = await helios.rows('quarantine', 'raw_text, message AS m');
    expect(rejected.map(({ raw_text: raw, m }) => `${String(raw)} ${String(m)}`)).toEqual([
      expect.stringMatching(/^\{"id":2.* .*Could not convert string 'x'/),
      expect.stringMatching(/^\{"id":5.* .*Could not convert string 'y'/),
    ]);
  } finally {
    await helios[Symbol.asyncDispose]();
  }
});

test('a preview knows macros, and generated columns may call them', async () => {
  await using helios = await PipelineFixture.open();
  await helios.log.ensureStream('events');
  await helios.send('events', ['{"id":1,"v":"7"}', '{"id":2,"v":"x"}']);
  const table = events.replace('v TEXT', 'v TEXT, n INT GENERATED ALWAYS AS (doubled(v)) STORED');
  const found: unknown[] = [];
  for await (const event of helios.supervisor.preview(
    `${macros}${table} SELECT id, n FROM events`,
    {
      rowsMax: 1,
      timeoutMs: 5000,
      input: 'history',
      signal: new AbortController().signal,
    },
  )) {
    found.push(event);
  }
  expect(found).toMatchObject([
    { kind: 'columns' },
    { kind: 'rejected', code: 'sql_error', raw: '{"id":2,"v":"x"}' },
    { kind: 'rows', rows: [['1', 14]] },
    { kind: 'end' },
  ]);
});
