import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { duckdbType } from '../../engine/types.ts';
import { outputSelect } from './plan.ts';
import { type Planned, planScript, scriptFailure } from './planner.ts';
import { validationOf } from './validation.ts';

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

const source =
  "CREATE TABLE src (a INT, b TEXT) WITH (connector = 'http', format = 'json', type = 'source');\n";
const sink = "CREATE TABLE out WITH (connector = 'delta', path = 'out', type = 'sink');\n";
const typed =
  "CREATE TABLE out (x BIGINT NOT NULL, y DATE) WITH (connector = 'delta', path = 'o', type = 'sink');\n";

async function errorsOf(script: string): Promise<readonly string[]> {
  const planned = await planScript(script, connection);
  if (planned.kind === 'ok') return [];
  return planned.errors.map(({ message, position }) => {
    const line = script.split('\n')[position.line - 1] ?? '';
    return `${line.slice(position.column - 1, position.column - 1 + position.length)}: ${message}`;
  });
}

async function planOf(script: string): Promise<Extract<Planned, { kind: 'ok' }>['plan']> {
  const result = await planScript(script, connection);
  if (result.kind === 'ok') return result.plan;
  throw new Error(result.errors.map(({ message }) => message).join('\n'));
}

describe('errors of the binder are shown where the person wrote them', () => {
  const cases: readonly [name: string, script: string, errors: readonly RegExp[]][] = [
    [
      'an INSERT',
      `${source}${sink}INSERT INTO out SELECT 'é🌍', nope FROM src;`,
      [/^nope: .*nope/],
    ],
    [
      'a view, once though two read it',
      `${source}${sink}CREATE VIEW v AS SELECT 'é' AS e, upperr(b) FROM src;
       INSERT INTO out SELECT * FROM v; INSERT INTO out SELECT * FROM v;`,
      [/^upperr: .*upperr/],
    ],
    [
      'a generated column',
      `CREATE TABLE src (a INT, c INT GENERATED ALWAYS AS (a + zzz))
         WITH (connector = 'http', format = 'json', type = 'source');
       ${sink}INSERT INTO out SELECT c FROM src;`,
      [/^zzz: .*zzz/],
    ],
    [
      'a memory table',
      `${source}${sink}CREATE TABLE m (x INT);
       INSERT INTO m SELECT nix FROM src; INSERT INTO out SELECT x FROM m;`,
      [/^nix: .*nix/],
    ],
    [
      'several at once',
      `${source}${sink}CREATE VIEW v AS SELECT one FROM src;
       CREATE VIEW w AS SELECT two FROM src; INSERT INTO out SELECT 1 AS n FROM src;`,
      [/^one: .*one/, /^two: .*two/],
    ],
    [
      'too few columns',
      `${source}${typed}INSERT INTO out SELECT a FROM src;`,
      [/1 columns, but 2 are expected/],
    ],
    [
      'a NOT NULL left out',
      `${source}${typed}INSERT INTO out (y) SELECT NULL FROM src;`,
      [/leaves out x, which is NOT NULL/],
    ],
    [
      "a key of a topic's records that is no column",
      `${source}CREATE TABLE out WITH (connector = 'kafka', topic = 't', type = 'sink',
         bootstrap_servers = 'h:1', format = 'json', 'sink.key_field' = 'bb');
       INSERT INTO out SELECT a, b FROM src;`,
      [/^out: sink.key_field of out is bb, which is none of its columns/],
    ],
    [
      'a time of them that is none',
      `${source}CREATE TABLE out WITH (connector = 'kafka', topic = 't', type = 'sink',
         bootstrap_servers = 'h:1', format = 'json', 'sink.timestamp_field' = 'b');
       INSERT INTO out SELECT a, b FROM src;`,
      [/^out: sink.timestamp_field of out is b, which is no time but text/],
    ],
    [
      'text of several columns',
      `${source}CREATE TABLE out WITH (connector = 'kafka', topic = 't', type = 'sink',
         bootstrap_servers = 'h:1', format = 'raw_string');
       INSERT INTO out SELECT a, b FROM src;`,
      [/^out: out is raw_string, which takes one column, not 2/],
    ],
    [
      'a partition field that is no column, or can not be one',
      `${source}CREATE TABLE out WITH (connector = 'delta', path = 'o', partition_fields = 'c');
       CREATE TABLE two WITH (connector = 'delta', path = 'p', partition_fields = 'l');
       INSERT INTO out SELECT a, b FROM src; INSERT INTO two SELECT a, [b] AS l FROM src;`,
      [/^out: .* there is no such column/, /^two: .* its type list can't be one/],
    ],
  ];
  test.each(cases)('%s', async (_, script, expected) => {
    const errors = await errorsOf(script);
    expect(errors).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(errors[index]).toMatch(pattern);
  });

  test('as one failure, which counts the others', async () => {
    const result = await planScript(
      `${source}${sink}CREATE VIEW v AS SELECT one FROM src;
      CREATE VIEW w AS SELECT two FROM src; INSERT INTO out SELECT 1 AS n FROM src;`,
      connection,
    );
    if (result.kind === 'ok') throw new Error('no errors');
    const failure = scriptFailure(result.errors);
    expect(failure).toMatchObject({ code: 'invalid_sql', position: { line: 3 } });
    expect(failure.message).toMatch(/\(and 1 more\)$/);
  });
});

describe('a plan', () => {
  test('knows what each output reads, through what, and its columns', async () => {
    const plan = await planOf(`${source}${sink}
      CREATE VIEW second AS SELECT x + 1 AS x FROM first;
      CREATE VIEW first AS SELECT a AS x FROM src;
      CREATE TABLE m (x BIGINT);
      INSERT INTO m SELECT x FROM second;
      INSERT INTO out SELECT x, 'é' AS e FROM m;`);
    const [output] = plan.outputs;
    expect(output?.reads).toEqual(['src']);
    expect(output?.through.toSorted()).toEqual(['first', 'm', 'second']);
    expect(plan.relations.map(({ name }) => name)).toEqual(['first', 'second', 'm']);
    expect(output?.schema.map(({ name, type }) => `${name} ${duckdbType(type)}`)).toEqual([
      'x BIGINT',
      'e VARCHAR',
    ]);
    expect(plan.edges).toContainEqual(['m', 'out']);
  });

  test('numbers names that come twice', async () => {
    const plan = await planOf(`${source}${sink}INSERT INTO out SELECT a, b AS A FROM src;`);
    expect(plan.outputs[0]?.schema.map(({ name }) => name)).toEqual(['a', 'A_1']);
  });

  test('runs: by position, cast to the declared columns, all INSERTs into one table together', async () => {
    const plan = await planOf(`${source}${typed}
      INSERT INTO out SELECT a, '2024-02-03' FROM src -- a comment at the end
      ; INSERT INTO out (y, x) SELECT DATE '2024-01-01', a + 10 FROM src WHERE a > 1;`);
    const [output] = plan.outputs;
    if (output === undefined) throw new Error('no output');
    const records = "SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS t(a, b)";
    const select = outputSelect(plan, output, new Map([['src', records]]), 'x, y').text;
    const rows = await connection.rows(`SELECT x, y::VARCHAR AS y FROM (${select}) ORDER BY x`);
    expect(rows.map((row) => `${String(row['x'])} ${String(row['y'])}`)).toEqual([
      '1 2024-02-03',
      '2 2024-02-03',
      '12 2024-01-01',
    ]);
    const broken = records.replace('1,', 'NULL,');
    const failing = outputSelect(plan, output, new Map([['src', broken]]), 'x').text;
    await expect(connection.rows(failing)).rejects.toThrow('the column x takes no NULL');
  });
});

test('the graph of a script with windows shows them', async () => {
  const script = `${source}CREATE TABLE out WITH (connector = 'blackhole');
    CREATE VIEW counts AS SELECT tumble(interval '1 minute') AS w, count(*) AS n FROM src GROUP BY w;
    INSERT INTO out SELECT n, hop(interval '1 hour', interval '1 day') FROM
      (SELECT n FROM counts) GROUP BY ALL;`;
  const validation = validationOf(await planScript(script, connection));
  expect(validation).toMatchObject({
    kind: 'ok',
    graph: {
      nodes: [
        { id: 'src', kind: 'source' },
        { id: 'counts', kind: 'window', label: 'counts: tumble(1 minute)' },
        { kind: 'select', label: 'projection' },
        { kind: 'window', label: 'hop(1 hour, 1 day)' },
        { id: 'out', kind: 'sink' },
      ],
      edges: [
        { from: 'src', to: 'counts' },
        { from: 'counts', to: '__node_1' },
        { from: '__node_1', to: '__node_2' },
        { from: '__node_2', to: 'out' },
      ],
    },
  });
});
