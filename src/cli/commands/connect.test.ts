import { expect, test } from 'vitest';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

const draft = {
  table: 'orders',
  shape: 'columns',
  columns: [],
  warnings: [],
  sql: 'the script',
  sample: {
    record_count: 1,
    readable_count: 1,
    partition_counts: { 0: 1 },
    silent: [],
    problems: [],
  },
  dry_run: {
    accepted_count: 1,
    rejected_count: 0,
    blank_count: 0,
    counts_by_code: {},
    rejected: [],
  },
};

/** All that `connect` asks for, up to a pipeline that is in this state. */
async function apiWith(state: string): Promise<FakeApi> {
  const api = await FakeApi.start();
  const connections = '/api/v1/connections';
  const streams = `${connections}/kafka/streams/orders`;
  const record = { partition: '0', position: '0', key: null, headers: {}, value: { text: '{}' } };
  const error = { id: 'e', code: 'bad_record', message: 'It is bad.', hint: 'Mend it.' };
  const pipeline = { name: 'orders', state, sources: [], sinks: [], error };
  const answers: Readonly<Record<string, unknown>> = {
    [`GET ${connections}`]: { connections: [] },
    [`POST ${connections}/test`]: '{"step":"read","outcome":"ok","message":"Fine."}\n',
    [`POST ${connections}`]: { name: 'kafka', kind: 'kafka', options: {} },
    [`GET ${streams}/records?count=3&wait_ms=0`]: { records: [record], silent: [], problems: [] },
    [`POST ${streams}/infer`]: draft,
    'POST /api/v1/pipelines/validate': { valid: true, errors: [], sinks: [{ name: 'orders' }] },
    'POST /api/v1/pipelines': pipeline,
    'GET /api/v1/pipelines/orders': pipeline,
    'DELETE /api/v1/pipelines/orders?discard=true': '',
    [`DELETE ${connections}/kafka`]: '',
    'POST /api/v1/query': { columns: [], rows: [], row_count: 0 },
  };
  for (const [route, body] of Object.entries(answers)) api.routes[route] = { body };
  const isMade = (): boolean => api.seen.some(({ route }) => route === 'POST /api/v1/pipelines');
  api.routes['GET /api/v1/pipelines'] = () => ({
    body: { pipelines: isMade() ? [pipeline] : [] },
  });
  return api;
}

const words = ['connect', '--bootstrap-servers', 'b:1', '--stream', 'orders', '--yes'];

test('takes back a pipeline that fails for good, with the connection that was made for it', async () => {
  await using api = await apiWith('failed');
  const run = await runToEnd([...words, '--url', api.url], {});
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("The pipeline orders can't go on: It is bad.");
  expect(run.stderr).toContain(
    'Deleted again: the pipeline orders and the connection kafka. Nothing was kept.',
  );
  const deleted = api.seen.map(({ route }) => route).filter((route) => route.startsWith('DELETE'));
  expect(deleted).toEqual([
    'DELETE /api/v1/pipelines/orders?discard=true',
    'DELETE /api/v1/connections/kafka',
  ]);
});

test('without a stream says which there are, and takes the only one', async () => {
  await using api = await apiWith('failed');
  const streams = 'GET /api/v1/connections/kafka/streams';
  const without = words.filter((word) => word !== '--stream' && word !== 'orders');
  api.routes[streams] = { body: { streams: [{ name: 'orders' }, { name: 'refunds' }] } };
  const several = await runToEnd([...without, '--url', api.url], {});
  expect(several).toMatchObject({ exitCode: 2 });
  expect(several.stderr).toContain('--stream is missing.\nhint: It is one of: orders, refunds.');
  expect(several.stderr).toContain('Deleted again: the connection kafka.');
  api.routes[streams] = { body: { streams: [{ name: 'orders' }] } };
  const one = await runToEnd([...without, '--url', api.url], {});
  expect(one.stderr).toContain('There is one stream: orders.');
  expect(one.stderr).toContain("The pipeline orders can't go on");
});

test('does not look far for a table that is there already', async () => {
  await using api = await apiWith('running');
  api.routes['GET /api/v1/pipelines'] = { body: { pipelines: [{ name: 'Orders' }] } };
  const run = await runToEnd([...words, '--url', api.url], {});
  expect(run).toMatchObject({ exitCode: 6 });
  expect(run.stderr).toContain('A pipeline named orders exists.');
  expect(run.stderr).toContain('helios pipeline show orders. Or choose another name: --table NAME');
  expect(api.seen.map(({ route }) => route)).not.toContain('POST /api/v1/pipelines');
});

test('says what the choices are where nobody can be asked', async () => {
  await using api = await apiWith('running');
  const run = await runToEnd(['connect', '--yes', '--url', api.url], {});
  expect(run.stderr).toBe(
    'error: --kind is missing.\nhint: It is one of kafka, confluent, kinesis.\n',
  );
});
