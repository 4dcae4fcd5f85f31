import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { candidates } from '../shell/shell.ts';
import { FakeApi, runToEnd, startCli, type CliResult, type CliRun } from '../testing/fixture.ts';

const result = {
  columns: [
    { name: 'product', type: 'VARCHAR' },
    { name: 'views', type: 'BIGINT' },
  ],
  rows: [
    ['tent', '9007199254740993'],
    [null, '2'],
  ],
  row_count: 2,
  truncated: false,
  saw: [],
  ms: 3,
};

let api: FakeApi;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'helios-sql-'));
  api.liveAnswers = [
    { kind: 'progress', rows_read: 10, percent: 50 },
    { kind: 'result', result },
    { kind: 'end' },
  ];
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function sql(words: readonly string[], input = ''): Promise<CliResult> {
  const environment = { HELIOS_URL: api.url };
  return runToEnd(['sql', ...words], { environment, workingDirectory: folder }, input);
}

test('a table shows types and exact numbers, NULL marked', async () => {
  const { exitCode, stdout } = await sql(['-c', 'select 1', '--format', 'table']);
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`┌─────────┬──────────────────┐
│ product │            views │
│ VARCHAR │           BIGINT │
├─────────┼──────────────────┤
│ tent    │ 9007199254740993 │
│ NULL    │                2 │
└─────────┴──────────────────┘
`);
});

test('markdown escapes what would break it', async () => {
  const rows = [['a|b\nc', '1']];
  api.liveAnswers = [{ kind: 'result', result: { ...result, rows } }];
  const { stdout } = await sql(['-c', 'select 1', '--format', 'markdown']);
  expect(stdout).toBe('| product | views |\n| --- | --- |\n| a\\|b<br>c | 1 |\n');
});

test('a truncated answer says so on stderr', async () => {
  api.liveAnswers = [{ kind: 'result', result: { ...result, truncated: true } }];
  const { stderr } = await sql(['-c', 'select 1', '--format', 'table', '--max-rows', '2']);
  expect(stderr).toBe('The first 2 rows of more: --max-rows shows more of them.\n');
  expect(api.subscriptions).toMatchObject([{ max_rows: 2 }]);
});

test('an answer that is too large for the socket comes over HTTP', async () => {
  const error = { code: 'too_large', message: 'Too large.', id: 'r' } as const;
  api.liveAnswers = [{ kind: 'error', error }];
  api.routes['POST /api/v1/query'] = { body: result };
  const { exitCode, stdout } = await sql(['-c', 'select 1', '--format', 'table']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('9007199254740993');
});

describe('formats that stream pass on what came', () => {
  test.each([
    ['csv', 'text/csv', 'a,b\n1,""\n', 'a,b\n1,""\n'],
    ['ndjson', 'application/x-ndjson', '{"a":1}\n{"a":2}\n', '{"a":1}\n{"a":2}\n'],
    ['ndjson', 'application/x-ndjson', '{"error":"a column"}\n', '{"error":"a column"}\n'],
    ['ndjson', 'application/x-ndjson', '', ''],
    ['json', 'application/json', '{"rows":[[1.10]]}', '{"v":1,"rows":[[1.10]]}\n'],
  ])('%s', async (format, accept, body, expected) => {
    api.routes['POST /api/v1/query'] = { body };
    const { exitCode, stdout } = await sql(['--format', format], 'select 1;');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expected });
    expect(api.seen.at(-1)).toMatchObject({ headers: { accept }, body: { sql: 'select 1' } });
  });

  test('all rows are asked for, unless fewer are wanted', async () => {
    api.routes['POST /api/v1/query'] = { body: '' };
    await sql(['-c', 'x', '--format', 'csv']);
    await sql(['-c', 'x', '--format', 'csv', '--max-rows', '7']);
    await sql(['-c', 'x', '--format', 'json']);
    const asked = api.seen.map(({ body }) => (body as { max_rows: number }).max_rows);
    expect(asked).toEqual([1_000_000_000_000, 7, 10_000]);
  });

  test('a failure in mid-stream is an error, not a row', async () => {
    const error = { code: 'out_of_memory', message: 'No room.', id: 'r' };
    api.routes['POST /api/v1/query'] = { body: `{"a":1}\n${JSON.stringify({ error })}\n` };
    const outcome = await sql(['-c', 'x', '--format', 'ndjson']);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: '{"a":1}\n' });
    expect(outcome.stderr).toContain('error: No room.');
  });
});

test('a file runs statement by statement, and an error has its place in the file', async () => {
  await writeFile(join(folder, 'two.sql'), 'select 1;\n\nselect\n  nope;\nselect 3;\n');
  const error = {
    code: 'invalid_sql',
    message: 'There is no column nope.',
    position: { line: 2, column: 3, length: 4 },
    id: 'r',
  };
  api.routes['POST /api/v1/query'] = ({ body }) =>
    (body as { sql: string }).sql.includes('nope')
      ? { status: 400, body: { error } }
      : { body: 'a\n1\n' };
  const outcome = await sql(['-f', 'two.sql']);
  expect(outcome.exitCode).toBe(3);
  expect(outcome.stdout).toBe('a\n1\n');
  expect(outcome.stderr).toContain('  at two.sql:4:3\n    |\n  4 |   nope\n    |   ^^^^\n');
  expect(api.seen).toHaveLength(2);
});

test('parameters are numbers, truth values, NULL or text', async () => {
  api.routes['POST /api/v1/query'] = { body: '' };
  await sql([
    '-c',
    'x',
    '-p',
    'a=5',
    '-p',
    'b=x=y',
    '-p',
    'c="5"',
    '-p',
    'd=null',
    '--param',
    'e=12345678901234567890',
  ]);
  expect(api.seen.at(-1)?.body).toMatchObject({
    params: { a: 5, b: 'x=y', c: '5', d: null, e: '12345678901234567890' },
  });
});

test('Ctrl+C closes the connection, which cancels the query', async () => {
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  api.routes['POST /api/v1/query'] = async () => {
    onAsked();
    await closed;
    return { body: '' };
  };
  const run = startCli(['sql', '-c', 'x', '--format', 'csv'], {
    environment: { HELIOS_URL: api.url },
  });
  await asked;
  run.interrupt();
  expect(await run.exitCode).toBe(130);
  onClosed();
});

describe('the shell', () => {
  function shell(parts: { readonly width?: number } = {}): CliRun {
    return startCli(['sql'], {
      isStdinTty: true,
      workingDirectory: folder,
      homeDirectory: folder,
      columns: () => parts.width,
      environment: { HELIOS_URL: api.url },
    });
  }

  async function until(run: CliRun, text: string): Promise<void> {
    while (!(run.stdout() + run.stderr()).includes(text))
      await new Promise((resolve) => setImmediate(resolve));
  }

  test('collects lines to a statement, keeps it in a private history, and leaves with \\q', async () => {
    const run = shell();
    run.stdin.write('select count(*)\nfrom shop_events\nwhere a; \n');
    await until(run, '9007199254740993');
    run.stdin.write('\\q\n');
    expect(await run.exitCode).toBe(0);
    expect(api.subscriptions).toMatchObject([
      { kind: 'query', sql: 'select count(*)\nfrom shop_events\nwhere a' },
    ]);
    const path = join(folder, '.local', 'state', 'helios', 'sql_history');
    expect(await readFile(path, 'utf8')).toBe('select count(*) from shop_events where a;\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('goes on after an error', async () => {
    const run = shell();
    const error = { code: 'invalid_sql', message: 'There is no x.', id: 'r' } as const;
    api.liveAnswers = [
      { kind: 'error', error: { ...error, position: { line: 1, column: 8, length: 1 } } },
    ];
    run.stdin.write('select x;\n');
    await until(run, 'There is no x.');
    api.liveAnswers = [{ kind: 'result', result }];
    run.stdin.write('select 1;\n');
    await until(run, '9007199254740993');
    run.stdin.end();
    expect(await run.exitCode).toBe(0);
    expect(run.stderr()).toContain('  1 | select x\n    |        ^\n');
  });

  test('Ctrl+C cancels the query and not the shell; twice at an empty prompt leaves', async () => {
    api.liveAnswers = [];
    const run = shell();
    run.stdin.write('select 1;\n');
    while (api.subscriptions.length === 0) await new Promise((resolve) => setImmediate(resolve));
    run.stdin.write('\u0003');
    await until(run, 'error: Cancelled.');
    await api.liveClosed;
    run.stdin.write('\u0003');
    await until(run, 'Ctrl+C again leaves.');
    run.stdin.write('\u0003');
    expect(await run.exitCode).toBe(0);
  });

  test('Ctrl+C throws away what was typed', async () => {
    const run = shell();
    run.stdin.write('select broken\nfrom ');
    await until(run, 'from ');
    run.stdin.write('\u0003');
    await until(run, '^C');
    run.stdin.write('select 2;\n');
    await until(run, '9007199254740993');
    run.stdin.write('\\q\n');
    await run.exitCode;
    expect(api.subscriptions).toMatchObject([{ sql: 'select 2' }]);
  });

  test('has commands of its own', async () => {
    api.routes['GET /api/v1/tables'] = { body: { tables: [] } };
    const plan = { graph: { nodes: [], edges: [] }, plan: 'sink s\n' };
    api.routes['GET /api/v1/pipelines/shop/plan'] = { body: plan };
    const run = shell();
    const lines = ['\\?', '\\format csv', '\\formt', '\\format xml', '\\timer off', '\\d'];
    for (const line of [...lines, '\\plan shop']) run.stdin.write(`${line}\n`);
    await until(run, 'newest event');
    await until(run, 'sink s');
    run.stdin.write('\\q\n');
    expect(await run.exitCode).toBe(0);
    for (const text of [
      'Format is csv.',
      'no command \\formt',
      'no format "xml"',
      'Timer is off.',
    ]) {
      expect(run.stderr()).toContain(text);
    }
  });

  test('completes with the server', async () => {
    const completions = [{ text: 'shop_events', start: 14 }];
    api.routes['POST /api/v1/complete'] = { body: { completions } };
    const run = shell();
    run.stdin.write('select 1 from SHO\t');
    await until(run, 'SHOp_events');
    run.stdin.write('\u0015\\q\n');
    expect(await run.exitCode).toBe(0);
    expect(api.seen.at(-1)?.body).toEqual({ text: 'select 1 from SHO' });
  });
});

test.each([
  ['sel', [{ text: 'SELECT ', start: 0 }], [['selECT '], 'sel']],
  ['select a, ', [], [[], '']],
  [
    'from s',
    [
      { text: 'shop', start: 5 },
      { text: 'sql', start: 5 },
      { text: 'x', start: 5 },
    ],
    [['shop', 'sql'], 's'],
  ],
])('completions of %j', (text, completions, expected) => {
  expect(candidates(text, completions)).toEqual(expected);
});
