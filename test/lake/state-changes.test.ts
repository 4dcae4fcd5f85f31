import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TcpProxy } from '../peers/tcp-proxy.ts';
import type { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { Machines } from './state-fixture.ts';

let machines: Machines | undefined;
let proxy: TcpProxy;

beforeAll(async () => {
  machines = await Machines.create();
  proxy = await TcpProxy.listen();
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await machines?.[Symbol.asyncDispose]();
});

type Health = {
  readonly state: {
    readonly number: number;
    readonly location: string;
    readonly failing?: { readonly since: string; readonly message: string };
  };
};

/** All that the API lists of what is in the catalog. */
async function listed(helios: HeliosProcess): Promise<unknown> {
  const lists = ['connections', 'streams', 'tables', 'pipelines'].map(
    async (name) => await helios.call<Record<string, readonly object[]>>('GET', `/api/v1/${name}`),
  );
  const [connections, streams, tables, pipelines] = await Promise.all(lists);
  const of = (rows: readonly object[] = [], keys: readonly string[]): unknown =>
    rows.map((row) => keys.map((key) => Reflect.get(row, key)));
  return {
    connections,
    streams: of(streams?.['streams'], ['name']),
    tables: of(tables?.['tables'], ['name', 'kind', 'path']),
    pipelines: of(pipelines?.['pipelines'], ['id', 'name', 'sql', 'state', 'created_at']),
  };
}

const board = {
  description: 'größte 🚀',
  variables: [{ name: 'n', value: '1', choices: ['1', '2'] }],
  panels: [
    {
      ...{ id: 'a', title: '<b>Top</b>', kind: 'bar', source: { query: 'team/top' } },
      ...{ x: 0, y: 0, width: 6, height: 4 },
    },
  ],
};

/** Answers the version of what was kept. */
async function keepDocument(helios: HeliosProcess, path: string, body: object): Promise<string> {
  const response = await helios.request(`/api/v1/library/${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.headers.get('etag') ?? '';
}

/** All saved queries and dashboards, whole. */
async function library(helios: HeliosProcess): Promise<readonly object[]> {
  const documents: object[] = [];
  for (const kind of ['queries', 'dashboards']) {
    const lists = await helios.call<Record<string, { path: string }[]>>(
      'GET',
      `/api/v1/library/${kind}`,
    );
    for (const { path } of lists[kind] ?? []) {
      documents.push(
        await helios.call('GET', `/api/v1/library/${kind}/${encodeURIComponent(path)}`),
      );
    }
  }
  return documents;
}

test('a standby has all that was answered, as soon as its owner is gone', async (context) => {
  if (machines === undefined) return context.skip();
  const place = machines.place('changes/state');
  const attached = { name: 'csv', path: machines.disk('csv') };
  await mkdir(attached.path);
  await writeFile(join(attached.path, 'rows.csv'), 'a\n1\n');
  const first = await machines.start('first', place);
  const lake = machines.place('changes/lake');
  const options = {
    bootstrap_servers: '127.0.0.1:1',
    'auth.type': 'sasl',
    'auth.mechanism': 'PLAIN',
    'auth.username': 'u',
    'auth.password': 'env:PASSWORD',
  };
  await first.call('POST', '/api/v1/connections', { name: 'k', kind: 'kafka', options });
  const sql = (name: string): string => `CREATE TABLE events_${name} (id BIGINT)
      WITH (connector = 'kafka', connection_profile = 'k', topic = 't', format = 'json');
    CREATE TABLE ${name} WITH (connector = 'delta', path = '${lake}/${name}');
    INSERT INTO ${name} SELECT id FROM events_${name};`;
  await first.call('POST', '/api/v1/pipelines', { name: 'one', sql: sql('one') });
  await first.call('POST', '/api/v1/pipelines', { name: 'two', sql: sql('two') });
  await first.call('DELETE', '/api/v1/pipelines/two');
  await first.call('PATCH', '/api/v1/pipelines/one', { state: 'paused' });
  await first.call('POST', '/api/v1/tables', attached);
  await keepDocument(first, 'queries/team%2Ftop', { sql: 'SELECT $n', parameters: { n: '1' } });
  await keepDocument(first, 'queries/gone', { sql: 'SELECT 1' });
  await first.call('DELETE', '/api/v1/library/queries/gone');
  const begun = await keepDocument(first, 'dashboards/team%2Fboard', { panels: [] });
  const before = await listed(first);

  const second = machines.begin('second', place, { options: ['--standby'] });
  await until(
    async () => await Promise.resolve(second.output),
    (output) => output.includes(`(pid ${first.pid} on `),
  );
  // It is there, and answers: nobody takes over from it.
  const { state } = await until(
    async () => await first.call<Health>('GET', '/healthz'),
    () => true,
  );
  expect(first.isRunning).toBe(true);
  const metrics = await (await first.request('/metrics')).text();
  expect(metrics).toContain(`helios_state_number ${state.number}\n`);
  expect(metrics).toContain('helios_state_failing 0\n');

  // Answered, and a moment later there is neither the process nor its disk.
  await first.call('POST', '/api/v1/pipelines', { name: 'three', sql: sql('three') });
  const version = await keepDocument(first, 'dashboards/team%2Fboard', board);
  const documents = await library(first);
  first.kill('SIGKILL');
  await second.ready();
  expect(await library(second)).toEqual(documents);
  expect(documents).toMatchObject([{ path: 'team/top' }, { path: 'team/board', ...board }]);
  // Who opened it at the other machine saves over what was opened there, and nothing else.
  const save = async (known: string): Promise<number> => {
    const headers = { 'content-type': 'application/json', 'if-match': known };
    const body = JSON.stringify({ panels: [] });
    const path = '/api/v1/library/dashboards/team%2Fboard';
    return (await second.request(path, { method: 'PUT', headers, body })).status;
  };
  expect(await save(begun)).not.toBe(200);
  expect(await save(version)).toBe(200);
  const after = await listed(second);
  expect(after).toMatchObject({ connections: Reflect.get(before as object, 'connections') });
  const { pipelines } = await second.call<{
    pipelines: readonly { readonly name: string; readonly state: string }[];
  }>('GET', '/api/v1/pipelines');
  expect(pipelines.map(({ name }) => name).toSorted()).toEqual(['one', 'three']);
  expect(pipelines.find(({ name }) => name === 'one')?.state).toBe('paused');
  await second.stop();
});

test('while the store is away rows are queryable, and nothing is rolled', async (context) => {
  if (machines === undefined) return context.skip();
  proxy.forwardTo(machines.endpoint.replace('http://', ''));
  const place = machines.place('away/state', `http://${proxy.address}`);
  const helios = await machines.start('away', place);
  await helios.call('POST', '/api/v1/pipelines', {
    name: 'clicks',
    sql: `CREATE TABLE events (id BIGINT) WITH (connector = 'http', format = 'json');
      CREATE TABLE clicks WITH (connector = 'delta', path = '${machines.disk('clicks')}',
        rollover_seconds = 1);
      INSERT INTO clicks SELECT id FROM events;`,
  });
  proxy.fault = () => ({ kind: 'cut', afterBytes: 0 });
  proxy.cut();
  await helios.request('/ingest/events?wait=queryable', { method: 'POST', body: '{"id":1}\n' });
  const { state } = await until(
    async () => await helios.call<Health>('GET', '/healthz'),
    ({ state: { failing } }) => failing !== undefined,
  );
  expect(state.failing?.message).toContain(proxy.address);
  type Facts = { readonly hot_rows: string; readonly rows: string };
  const facts = async (): Promise<Facts> => await helios.call('GET', '/api/v1/tables/clicks');
  expect(await facts()).toMatchObject({ hot_rows: 1, rows: 1 });
  expect((await helios.query('SELECT id FROM clicks')).rows).toEqual([['1']]);
  const pipeline = await helios.call('GET', '/api/v1/pipelines/clicks');
  expect(pipeline).toMatchObject({
    state: 'running',
    kept: { failing_since: state.failing?.since },
  });
  const change = helios.call('PATCH', '/api/v1/pipelines/clicks', { state: 'paused' });
  await expect(change).rejects.toThrow(/503 .*The change was made on this machine, and is not at /);

  proxy.fault = () => undefined;
  await helios.call('PATCH', '/api/v1/pipelines/clicks', { state: 'running' });
  await until(facts, ({ hot_rows: hotRows }) => Number(hotRows) === 0);
  expect(await facts()).toMatchObject({ rows: 1 });
  const healthy = await helios.call<Health>('GET', '/healthz');
  expect(healthy.state.failing).toBeUndefined();
  await helios.stop();
});
