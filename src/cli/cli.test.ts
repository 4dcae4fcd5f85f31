import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeApi, runToEnd, startCli, type CliResult } from './testing/fixture.ts';

const pipeline = {
  id: 'p1',
  name: 'shop',
  sql: 'select 1',
  state: 'running',
  created_at: '2026-01-01T00:00:00Z',
  epoch: 3,
  bytes_in: 12_345,
  records_rejected: 2,
  sources: [{ name: 'events', connector: 'http', bytes_behind: 10 }],
  sinks: [
    { table: 'shop_events', connector: 'delta', rows_out: 9, hot_rows: 1_234, rolled_epoch: 1 },
  ],
};
const table = {
  name: 'shop_events',
  kind: 'delta',
  path: '/data/shop_events',
  columns: [{ name: 'id', type: 'VARCHAR' }],
  version: 4,
  files: 2,
  rows: 1_000,
  bytes: 2_048,
  hot_rows: 10,
  newest_event: '2026-01-01T00:00:00Z',
  rejected_count: 1,
};
const stream = {
  id: 's1',
  name: 'clicks',
  created_at: '2026-01-01T00:00:00Z',
  retention_ms: 604_800_000,
  retention_bytes: 10 * 1024 ** 3,
  bytes: 4_096,
  backing: null,
  durability: { survives: 'disk', by: 'volume' },
  partitions: [{ start_offset: 0, end_offset: 4_096, bytes: 4_096 }],
};
const valid = { valid: true, graph: { nodes: [], edges: [] }, sinks: [{ name: 's', columns: [] }] };

let api: FakeApi;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'helios-cli-'));
  await writeFile(join(folder, 'shop.sql'), 'select 1');
  Object.assign(api.routes, {
    'GET /api/v1/pipelines': { body: { pipelines: [pipeline] } },
    'GET /api/v1/pipelines/shop': { body: pipeline },
    'POST /api/v1/pipelines': { status: 201, body: pipeline },
    'POST /api/v1/pipelines/validate': { body: valid },
    'PATCH /api/v1/pipelines/shop': { body: pipeline },
    'POST /api/v1/pipelines/shop/backfill': { status: 201, body: pipeline },
    'PATCH /api/v1/pipelines/shop?discard=true': { body: pipeline },
    'DELETE /api/v1/pipelines/shop': { status: 204 },
    'DELETE /api/v1/pipelines/shop?discard=true': { status: 204 },
    'GET /api/v1/tables': { body: { tables: [table] } },
    'GET /api/v1/tables/shop_events': { body: table },
    'POST /api/v1/tables': { body: table },
    'DELETE /api/v1/tables/old': { status: 204 },
    'GET /api/v1/streams': { body: { streams: [stream] } },
    'GET /api/v1/streams/clicks': { body: stream },
    'POST /api/v1/streams': { status: 201, body: stream },
    'PATCH /api/v1/streams/clicks': { body: stream },
    'DELETE /api/v1/streams/clicks': { status: 204 },
  });
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function helios(words: readonly string[], input = ''): Promise<CliResult> {
  const environment = { HELIOS_URL: api.url };
  return runToEnd(words, { environment, workingDirectory: folder }, input);
}

describe('a command becomes its request', () => {
  test.each<[string, string, unknown]>([
    ['pipeline create shop shop.sql', 'POST /api/v1/pipelines', { name: 'shop', sql: 'select 1' }],
    [
      'pipeline create shop --adopt -c x',
      'POST /api/v1/pipelines',
      { name: 'shop', sql: 'x', adopt: true },
    ],
    ['pipeline list', 'GET /api/v1/pipelines', ''],
    ['pipeline show shop', 'GET /api/v1/pipelines/shop', ''],
    ['pipeline validate shop.sql', 'POST /api/v1/pipelines/validate', { sql: 'select 1' }],
    ['pipeline start shop', 'PATCH /api/v1/pipelines/shop', { state: 'running' }],
    ['pipeline pause shop', 'PATCH /api/v1/pipelines/shop', { state: 'paused' }],
    ['pipeline resume shop', 'PATCH /api/v1/pipelines/shop', { state: 'running' }],
    [
      'pipeline restart shop --from earliest --allow-duplicates',
      'PATCH /api/v1/pipelines/shop',
      { restart_from: 'earliest', allow_duplicates: true, allow_skipping: false },
    ],
    [
      'pipeline restart shop --from {"orders/3":"12"} -y',
      'PATCH /api/v1/pipelines/shop',
      { restart_from: { 'orders/3': '12' }, allow_duplicates: true, allow_skipping: true },
    ],
    [
      'pipeline backfill shop --from earliest',
      'POST /api/v1/pipelines/shop/backfill',
      { from: 'earliest' },
    ],
    ['pipeline stop shop', 'PATCH /api/v1/pipelines/shop', { state: 'stopped' }],
    [
      'pipeline stop shop --discard -y',
      'PATCH /api/v1/pipelines/shop?discard=true',
      { state: 'stopped' },
    ],
    ['pipeline delete shop --yes', 'DELETE /api/v1/pipelines/shop', ''],
    ['pipeline delete shop --discard --yes', 'DELETE /api/v1/pipelines/shop?discard=true', ''],
    ['table list', 'GET /api/v1/tables', ''],
    ['table show shop_events', 'GET /api/v1/tables/shop_events', ''],
    ['table attach old /data/old', 'POST /api/v1/tables', { name: 'old', path: '/data/old' }],
    [
      'table attach lake s3://b/lake --storage-option aws_region=x --storage-option sse=kms',
      'POST /api/v1/tables',
      { name: 'lake', path: 's3://b/lake', storage_options: { aws_region: 'x', sse: 'kms' } },
    ],
    ['table detach old', 'DELETE /api/v1/tables/old', ''],
    ['stream create clicks', 'POST /api/v1/streams', { name: 'clicks' }],
    [
      'stream create clicks --partitions 4 --retention 7d --retention-size 10GB',
      'POST /api/v1/streams',
      { name: 'clicks', partitions: 4, retention_ms: 604_800_000, retention_bytes: 10_737_418_240 },
    ],
    [
      'stream create clicks --connection local --topic shop.clicks --partitions 6',
      'POST /api/v1/streams',
      { name: 'clicks', connection: 'local', topic: 'shop.clicks', partitions: 6 },
    ],
    [
      'stream alter clicks --retention-size none',
      'PATCH /api/v1/streams/clicks',
      { retention_bytes: null },
    ],
    ['stream alter clicks --partitions 8', 'PATCH /api/v1/streams/clicks', { partitions: 8 }],
    ['stream list', 'GET /api/v1/streams', ''],
    ['stream show clicks', 'GET /api/v1/streams/clicks', ''],
    ['stream delete clicks -y', 'DELETE /api/v1/streams/clicks', ''],
  ])('%s', async (line, route, body) => {
    const result = await helios(line.split(' '));
    expect(result).toMatchObject({ exitCode: 0 });
    expect(api.seen.at(-1)).toMatchObject({ route, body });
    const json = await helios([...line.split(' '), '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ v: 1 });
  });
});

describe('a failure has its exit code, and says what to do', () => {
  const refused = (code: string, status: number): void => {
    api.routes['GET /api/v1/pipelines/shop'] = {
      status,
      body: { error: { code, message: `It is ${code}.`, hint: 'Do that.', id: 'req-7' } },
    };
  };
  test.each([
    ['invalid_sql', 400, 3],
    ['not_found', 404, 4],
    ['not_allowed', 403, 5],
    ['conflict', 409, 6],
    ['timeout', 504, 124],
    ['internal', 500, 1],
  ])('%s', async (code, status, exitCode) => {
    refused(code, status);
    const result = await helios(['pipeline', 'show', 'shop']);
    expect(result).toEqual({
      exitCode,
      stdout: '',
      stderr: `error: It is ${code}.\nhint: Do that.\n  id: req-7 (in Helios's log)\n`,
    });
  });

  test('as JSON, still on stderr', async () => {
    refused('not_found', 404);
    const result = await helios(['pipeline', 'show', 'shop', '--json']);
    expect(result.exitCode).toBe(4);
    expect(result.stdout).toBe('');
    expect(JSON.parse(result.stderr)).toMatchObject({ v: 1, error: { code: 'not_found' } });
  });

  test.each<[string, string[], number, string]>([
    ['an unknown command', ['pipelin', 'list'], 2, 'Did you mean pipeline?'],
    ['an unknown subcommand', ['pipeline', 'lst'], 2, 'Did you mean list?'],
    ['an unknown option', ['sql', '--formt', 'csv'], 2, 'Did you mean --format?'],
    ['an unknown format', ['sql', '--format', 'xml'], 2, 'Allowed choices are table, csv'],
    ['a missing name', ['pipeline', 'show'], 2, "missing required argument 'name'"],
    ['a duration without unit', ['stream', 'create', 'a', '--retention', '7'], 2, 'such as 7d'],
    ['nothing to alter', ['stream', 'alter', 'clicks'], 2, 'There is nothing to change.'],
    ['a file that is not there', ['pipeline', 'create', 'a', 'no.sql'], 4, "Can't read no.sql"],
    ['a bad setting', ['start', '--port', '99999'], 2, '--port: "99999" is not a whole number'],
    [
      'a server that is not there',
      ['table', 'list', '--url', 'http://127.0.0.1:1'],
      1,
      'helios start',
    ],
    ['a restart from nowhere', ['pipeline', 'restart', 'shop'], 2, '--from <where>'],
    [
      'a restart from half of an object',
      ['pipeline', 'restart', 'shop', '--from', '{"orders/3":'],
      2,
      '--from is not JSON',
    ],
    ['deleting without --yes', ['pipeline', 'delete', 'shop'], 6, 'Give --yes to go ahead.'],
    [
      'losing rows without --yes',
      ['pipeline', 'stop', 'shop', '--discard'],
      6,
      '1,234 hot rows will be lost.',
    ],
    [
      'a stream without --yes',
      ['stream', 'delete', 'clicks'],
      6,
      '4.0 KiB of records will be gone.',
    ],
    ['a condition on a stream', ['tail', 'clicks', '--where', 'a'], 2, 'a stream of lines'],
    ['a table nobody has', ['tail', 'shop_event'], 4, 'Did you mean "shop_events"?'],
  ])('%s', async (_name, words, exitCode, text) => {
    const result = await helios(words);
    expect(result.stderr).toContain(text);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(api.seen.filter(({ route }) => !route.startsWith('GET'))).toEqual([]);
  });

  test('all errors of a script, each with its place and a caret', async () => {
    await writeFile(join(folder, 'bad.sql'), 'creat table a;\nselect b;\n');
    const errors = [
      {
        message: 'No statement starts with creat.',
        hint: 'Did you mean CREATE?',
        position: { line: 1, column: 1, length: 5 },
      },
      { message: 'There is no b.', position: { line: 2, column: 8, length: 1 } },
    ];
    api.routes['POST /api/v1/pipelines/validate'] = { body: { valid: false, errors } };
    const result = await helios(['pipeline', 'create', 'bad', 'bad.sql']);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toBe(`error: No statement starts with creat.
  at bad.sql:1:1
    |
  1 | creat table a;
    | ^^^^^
hint: Did you mean CREATE?
error: There is no b.
  at bad.sql:2:8
    |
  2 | select b;
    |        ^
`);
    expect(api.seen.map(({ route }) => route)).toEqual(['POST /api/v1/pipelines/validate']);
  });
});

describe('help, versions, settings', () => {
  test('help has examples first', async () => {
    for (const words of [[], ['--help'], ['sql', '--help'], ['pipeline', '--help']]) {
      const result = await helios(words);
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
      expect(result.stdout).toMatch(/^Examples:\n {2}\$ helios /);
    }
  });

  test('the version names the engines', async () => {
    const result = await helios(['--version']);
    expect(result.stdout).toMatch(
      /^helios 0\.0\.1 \(Node v\d+\.\d+\.\d+, DuckDB v\d+\.\d+\.\d+\)\n$/,
    );
  });

  test('config --explain says where a value came from', async () => {
    await writeFile(join(folder, 'helios.yaml'), 'port: 9000\n');
    const result = await helios(['config', '--explain', '--json']);
    expect(JSON.parse(result.stdout)).toMatchObject({
      settings: {
        port: { value: 9000, origin: 'helios.yaml:1' },
        url: { value: api.url, origin: 'HELIOS_URL' },
        host: { value: '127.0.0.1', origin: 'default' },
      },
    });
    expect((await helios(['config'])).stdout).toContain('port: 9000\n');
  });

  test('a broken helios.yaml is refused by every command', async () => {
    await writeFile(join(folder, 'helios.yaml'), 'prot: 9000\n');
    const result = await helios(['table', 'list']);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain('Did you mean "port"?');
  });

  test.each(['bash', 'zsh', 'fish'])('completion for %s knows the commands', async (shell) => {
    const { exitCode, stdout } = await helios(['completion', shell]);
    expect(exitCode).toBe(0);
    for (const word of ['pipeline', 'doctor', '--partitions']) expect(stdout).toContain(word);
  });
});

describe('colours', () => {
  test.each([
    ['a terminal', {}, true, true],
    ['no terminal', {}, false, false],
    ['NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['TERM=dumb', { TERM: 'dumb' }, true, false],
    ['FORCE_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  ])('%s', async (_name, extra, isTty, expected) => {
    const environment = { HELIOS_URL: api.url, ...extra };
    const parts = { environment, workingDirectory: folder, isStderrTty: isTty };
    const { stderr } = await runToEnd(['pipeline', 'show', 'none'], parts);
    expect(stderr.includes('\u001b[')).toBe(expected);
    const plain = await runToEnd(['pipeline', 'show', 'none', '--no-color'], parts);
    expect(plain.stderr).not.toContain('\u001b[');
  });
});

test('quiet leaves only data and errors', async () => {
  expect((await helios(['pipeline', 'start', 'shop', '-q'])).stderr).toBe('');
  expect((await helios(['pipeline', 'show', 'none', '-q'])).stderr).toContain('error:');
});

test('a reader that goes away is no error', async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
  });
  const environment = { HELIOS_URL: api.url };
  const result = await runToEnd(['pipeline', 'list'], {
    environment,
    stdout,
    workingDirectory: folder,
  });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
});

test('preview prints rows of each sink and says how it ended', async () => {
  const lines = [
    { kind: 'columns', sink: 's', columns: [{ name: 'a', type: 'BIGINT' }] },
    { kind: 'rows', sink: 's', rows: [['1'], [null]] },
    { kind: 'rejected', source: 'events', code: 'bad_record', message: 'Not JSON.', raw: 'x' },
    { kind: 'end', row_count: 2, rejected_count: 1, reason: 'sources_ended' },
  ];
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  api.routes['POST /api/v1/pipelines/preview'] = { body };
  const result = await helios(['pipeline', 'preview', '-', '--max-rows', '5'], 'select 1');
  expect(result.stdout).toBe('{"sink":"s","row":{"a":"1"}}\n{"sink":"s","row":{"a":null}}\n');
  expect(result.stderr).toContain('2 rows, 1 rejected (sources ended). Nothing was written.');
  expect(api.seen.at(-1)?.body).toMatchObject({ sql: 'select 1', max_rows: 5, input: 'history' });
});

test('tail follows a table until enough rows came', async () => {
  api.liveAnswers = [
    {
      kind: 'columns',
      columns: [
        { name: 'a', type: 'BIGINT' },
        { name: 'b', type: 'VARCHAR' },
      ],
    },
    { kind: 'rows', rows: [['1', 'x']], dropped: 3 },
    {
      kind: 'rows',
      rows: [
        ['2', null],
        ['3', 'z'],
      ],
      dropped: 0,
    },
  ];
  const result = await helios(['tail', 'SHOP_events', '--where', "b = 'x'", '--count', '2']);
  expect(result).toMatchObject({ exitCode: 0, stdout: '{"a":"1","b":"x"}\n{"a":"2","b":null}\n' });
  expect(result.stderr).toContain('3 rows left out');
  expect(api.subscriptions).toMatchObject([
    { kind: 'tail', table: 'shop_events', where: "b = 'x'" },
  ]);
  await api.liveClosed;
});

test('Ctrl+C ends a tail, and its subscription', async () => {
  api.liveAnswers = [
    { kind: 'lines', partition: 0, offset: 0, lines: ['{"a":1}'], dropped_bytes: 0 },
  ];
  const run = startCli(['tail', 'clicks'], { environment: { HELIOS_URL: api.url } });
  while (run.stdout() === '') await new Promise((resolve) => setImmediate(resolve));
  run.interrupt();
  expect(await run.exitCode).toBe(130);
  expect(run.stdout()).toBe('{"a":1}\n');
  await api.liveClosed;
});
