import { connect } from 'node:net';
import { Check } from 'typebox/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, TestServer } from '../testing/test-server.ts';

let server: TestServer;
let description: Description;

type Description = {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Record<string, Record<string, { responses: Record<string, DescribedAnswer> }>>;
};

type DescribedAnswer = { readonly content?: Record<string, { readonly schema: object }> };

beforeAll(async () => {
  server = await TestServer.start();
  description = json(await server.send('GET', '/api/v1/openapi.json', {})) as Description;
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** One request after the other; each answer must be as the API's description says. */
const story: [method: string, path: string, body: unknown, status: number, answer: object][] = [
  ['POST', '/api/v1/streams', { name: 's', partitions: 2 }, 201, { name: 's', bytes: 0 }],
  ['POST', '/api/v1/streams', { name: 'S' }, 409, { error: { code: 'already_exists' } }],
  ['GET', '/api/v1/streams/s', undefined, 200, { name: 's', retention_bytes: null }],
  ['GET', '/api/v1/streams', undefined, 200, { streams: [{ name: 'events' }, { name: 's' }] }],
  ['PATCH', '/api/v1/streams/s', { retention_ms: 5000 }, 200, { retention_ms: 5000 }],
  ['PATCH', '/api/v1/streams/s', { retention_bytes: 2e6 }, 200, { retention_bytes: 2e6 }],
  ['PATCH', '/api/v1/streams/s', { retention_bytes: null }, 200, { retention_bytes: null }],
  ['PATCH', '/api/v1/streams/s', { partitions: 1 }, 400, { error: { code: 'invalid_request' } }],
  ['DELETE', '/api/v1/streams/s', undefined, 204, {}],
  ['GET', '/api/v1/streams/s', undefined, 404, { error: { code: 'not_found' } }],
  [
    'POST',
    '/api/v1/pipelines',
    { name: 'p', sql: 'SELECT 1' },
    201,
    { name: 'p', state: 'running', created_at: '1970-01-01T00:00:00.000Z', records_rejected: 1 },
  ],
  ['POST', '/api/v1/pipelines', { name: 'p', sql: 'SELECT 1' }, 409, {}],
  ['GET', '/api/v1/pipelines', undefined, 200, { pipelines: [{ name: 'p' }] }],
  ['PATCH', '/api/v1/pipelines/p', { state: 'stopped' }, 200, { state: 'stopped' }],
  ['PATCH', '/api/v1/pipelines/p', { state: 'running' }, 200, { state: 'running' }],
  ['PATCH', '/api/v1/pipelines/p', { state: 'paused' }, 200, { state: 'paused' }],
  [
    'PATCH',
    '/api/v1/pipelines/p',
    { restart_from: 'earliest', allow_duplicates: true },
    200,
    { state: 'running', sources: [{ partitions: [{ partition: '0', lag_ms: 0 }, {}] }] },
  ],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: '2026-01-31T08:00:00+01:00' }, 200, {}],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: { 'orders/3': '12' } }, 200, {}],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: { orders: { 'orders/3': '12' } } }, 200, {}],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: '2026-01-31T08:00:00' }, 400, {}],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: '2026-13-31T08:00:00Z' }, 400, {}],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: 'yesterday' }, 400, {}],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: { 'orders/3': 12 } }, 400, {}],
  ['PATCH', '/api/v1/pipelines/p', { restart_from: 'latest', allow: true }, 400, {}],
  ['PATCH', '/api/v1/pipelines/q', { restart_from: 'latest' }, 404, {}],
  ['POST', '/api/v1/pipelines/p/backfill', { from: 'earliest' }, 201, { name: 'p_backfill' }],
  ['POST', '/api/v1/pipelines/p/backfill', { from: '2026-01-31T08:00Z' }, 201, {}],
  ['POST', '/api/v1/pipelines/p/backfill', { from: 'latest' }, 400, {}],
  ['POST', '/api/v1/pipelines/p/backfill', { from: 'never' }, 400, {}],
  ['POST', '/api/v1/pipelines/p/backfill', {}, 400, {}],
  ['POST', '/api/v1/pipelines/q/backfill', { from: 'earliest' }, 404, {}],
  ['PATCH', '/api/v1/pipelines/p?discard=true', { state: 'stopped' }, 200, {}],
  [
    'POST',
    '/api/v1/pipelines/p/consequences',
    { sql: 'SELECT 2' },
    200,
    {
      loses_state: true,
      operators: [{ effect: 'lost', state: { windows: 2, since: '1970-01-01T00:00:00.000Z' } }],
      sources: [{ effect: 'kept', message: 's: read on from where it is.' }],
    },
  ],
  ['POST', '/api/v1/pipelines/q/consequences', { sql: 'SELECT 2' }, 404, {}],
  ['PATCH', '/api/v1/pipelines/p', { sql: 'SELECT 2', drop_state: 1 }, 400, {}],
  ['PATCH', '/api/v1/pipelines/p', { sql: 'SELECT 2', drop_state: true }, 200, {}],
  ['PATCH', '/api/v1/pipelines/p', { sql: 'SELECT 2' }, 200, { sql: 'SELECT 2' }],
  [
    'GET',
    '/api/v1/pipelines/p',
    undefined,
    200,
    { sql: 'SELECT 2', sinks: [{ hot_rows: 2 }], sources: [{ slowest_partition: '1' }] },
  ],
  ['GET', '/api/v1/pipelines/p/plan', undefined, 200, { plan: 'sink s\n' }],
  ['GET', '/api/v1/pipelines/z/plan', undefined, 404, { error: { code: 'not_found' } }],
  ['DELETE', '/api/v1/pipelines/p?discard=true', undefined, 204, {}],
  ['POST', '/api/v1/pipelines/preview', { sql: 'x', from: 'soon' }, 400, {}],
  ['POST', '/api/v1/pipelines/preview', { sql: 'x', until: 'earliest' }, 400, {}],
  ['POST', '/api/v1/pipelines/validate', { sql: 'x' }, 200, { valid: false }],
  [
    'POST',
    '/api/v1/pipelines/validate',
    { sql: 'SELECT 1' },
    200,
    {
      valid: true,
      graph: { nodes: [{ id: 's', details: { connector: 'delta' } }] },
      plan: 'sink s\n',
      sinks: [{ columns: [{ name: 'a', type: 'VARCHAR' }] }],
    },
  ],
  [
    'POST',
    '/api/v1/tables',
    { name: 't', path: '/somewhere' },
    201,
    { kind: 'attached', newest_event: '2023-09-18T14:00:00.000Z' },
  ],
  ['GET', '/api/v1/tables', undefined, 200, { tables: [{ name: 't', rows: 10 }] }],
  [
    'GET',
    '/api/v1/tables/t',
    undefined,
    200,
    { columns: [{ name: 'a', type: 'BIGINT' }], version: 2 },
  ],
  ['DELETE', '/api/v1/tables/t', undefined, 204, {}],
  ['DELETE', '/api/v1/tables/t', undefined, 404, {}],
  [
    'POST',
    '/api/v1/connections',
    {
      name: 'c',
      kind: 'confluent',
      options: { bootstrap_servers: 'b', key: 'k', secret: 'env:S' },
    },
    201,
    { name: 'c', kind: 'kafka', options: { 'auth.password': 'env:S', 'auth.type': 'sasl' } },
  ],
  ['GET', '/api/v1/connections', undefined, 200, { connections: [{ name: 'c' }] }],
  ['GET', '/api/v1/connections/c', undefined, 200, { name: 'c' }],
  ['DELETE', '/api/v1/connections/c', undefined, 204, {}],
  ['DELETE', '/api/v1/connections/c', undefined, 404, { error: { code: 'not_found' } }],
  ['POST', '/api/v1/query', { sql: 'SELECT 1', params: { x: 1 } }, 200, { rows: [[1]] }],
  ['POST', '/api/v1/complete', { text: 'SEL' }, 200, { completions: [{ text: 'SELECT' }] }],
  ['GET', '/api/v1/functions', undefined, 200, { functions: [{ name: 'abs', kind: 'scalar' }] }],
  ['GET', '/healthz', undefined, 200, { status: 'ready', version: '9.9.9', streams: 1 }],
];

test('every route answers what the description says', async () => {
  for (const [method, path, body, status, expected] of story) {
    const answer = await server.json(method, path, body);
    expect([path, answer.status, answer.text]).toEqual([path, status, answer.text]);
    const content: unknown = answer.text === '' ? {} : json(answer);
    expect(content).toMatchObject(expected);
    const schema = answerSchema(method, path, status);
    if (answer.text !== '') expect([path, Check(schema, content)]).toEqual([path, true]);
  }
  expect(server.pipelines.calls).toEqual([
    'create p false',
    'stop p false',
    'restart p {"from":"earliest","isAllowingDuplicates":true,"isAllowingSkips":false}',
    'restart p {"from":{"atMs":1769842800000},"isAllowingDuplicates":false,"isAllowingSkips":false}',
    ...[{ 'orders/3': '12' }, { orders: { 'orders/3': '12' } }].map(
      (positions) =>
        `restart p {"from":{"positions":${JSON.stringify(positions)}},` +
        '"isAllowingDuplicates":false,"isAllowingSkips":false}',
    ),
    'backfill p "earliest"',
    'backfill p {"atMs":1769846400000}',
    'stop p true',
    'edit p dropping',
    'delete p true',
  ]);
});

test('the description has every address', () => {
  expect(Object.keys(description.paths).toSorted()).toEqual([
    '/api/v1/alerts',
    '/api/v1/alerts/test',
    '/api/v1/alerts/{name}',
    '/api/v1/complete',
    '/api/v1/connections',
    '/api/v1/connections/test',
    '/api/v1/connections/{name}',
    '/api/v1/connections/{name}/test',
    '/api/v1/functions',
    '/api/v1/library/dashboards',
    '/api/v1/library/dashboards/{path}',
    '/api/v1/library/dashboards/{path}/file',
    '/api/v1/library/import',
    '/api/v1/library/queries',
    '/api/v1/library/queries/{path}',
    '/api/v1/live',
    '/api/v1/login-links',
    '/api/v1/pipelines',
    '/api/v1/pipelines/preview',
    '/api/v1/pipelines/validate',
    '/api/v1/pipelines/{name}',
    '/api/v1/pipelines/{name}/backfill',
    '/api/v1/pipelines/{name}/consequences',
    '/api/v1/pipelines/{name}/plan',
    '/api/v1/query',
    '/api/v1/query/notebook',
    '/api/v1/query/shared',
    '/api/v1/session',
    '/api/v1/streams',
    '/api/v1/streams/{name}',
    '/api/v1/tables',
    '/api/v1/tables/{name}',
    '/api/v1/tokens',
    '/api/v1/tokens/{token}',
    '/healthz',
    '/ingest',
    '/ingest/{stream}',
    '/metrics',
  ]);
  expect(description).toMatchObject({ openapi: '3.1.0', info: { version: '9.9.9' } });
});

/** The schema that the description has for an answer. */
function answerSchema(method: string, path: string, status: number): object {
  const template = path
    .split('?', 1)[0]!
    .replace(/(connections|pipelines|streams|tables)\/[a-z](?=$|\/)/, '$1/{name}');
  const { responses } = description.paths[template]![method.toLowerCase()]!;
  const response = responses[status] ?? responses['4XX'];
  return response?.content?.['application/json']?.schema ?? {};
}

describe('query results', () => {
  test.each([
    ['text/csv', 'csv', 'text/csv; charset=utf-8'],
    ['application/x-ndjson', 'ndjson', 'application/x-ndjson'],
    ['application/vnd.apache.parquet', 'parquet', 'application/vnd.apache.parquet'],
    ['application/vnd.apache.arrow.stream', 'arrow', 'application/vnd.apache.arrow.stream'],
  ])('come as %s', async (accept, format, type) => {
    const answer = await query({ sql: 'SELECT 1', max_rows: 5, timeout_ms: 100 }, accept);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['x-helios-query-id']).toBe('q-1');
    expect(JSON.parse(String(answer.headers['x-helios-saw']))).toMatchObject([{ table: 'tä' }]);
    expect(server.queries.requests.at(-1)).toMatchObject({ format, maxRows: 5, timeoutMs: 100 });
  });

  test('in no format that is known are refused', async () => {
    expect((await query({ sql: 'SELECT 1' }, 'image/png')).status).toBe(406);
  });

  test('that fail midway end NDJSON with an error line', async () => {
    const answer = await query({ sql: 'late' }, 'application/x-ndjson');
    const [, last] = answer.text.trimEnd().split('\n');
    const id = answer.headers['x-request-id'];
    expect(JSON.parse(last!)).toMatchObject({ error: { code: 'query_failed', id } });
  });

  test('that fail midway break off in any other format', async () => {
    await expect(query({ sql: 'late' }, 'text/csv')).rejects.toThrow(/aborted|hang up/);
  });

  test('are cancelled when the client closes the connection', async () => {
    const body = '{"sql":"wait"}';
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `POST /api/v1/query HTTP/1.1\r\nHost: localhost:${server.port}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    socket.once('data', () => socket.destroy());
    await expect(server.queries.cancelled).resolves.toMatchObject({ code: 'cancelled' });
  });

  async function query(body: object, accept: string): Promise<ReturnType<typeof server.post>> {
    const headers = { 'content-type': 'application/json', accept };
    return await server.post('/api/v1/query', JSON.stringify(body), headers);
  }
});

test.each([
  [
    'SELECT 1',
    [
      { kind: 'columns', sink: 's' },
      { kind: 'rows', rows: [['x']] },
      { kind: 'end', row_count: 1, rejected_count: 0, reason: 'sources_ended' },
    ],
  ],
  ['breaks', [{ kind: 'columns' }, { error: { code: 'storage_failed' } }]],
  ['at 2026-01-31T08:00:00Z', [{ kind: 'columns' }, { rows: [['1769846400000 latest']] }, {}]],
])('a preview of %j streams its events as lines', async (sql, expected) => {
  const [, from] = sql.split('at ');
  const range = from === undefined ? {} : { from, until: 'latest' };
  const answer = await server.json('POST', '/api/v1/pipelines/preview', { sql, ...range });
  expect(answer.headers['content-type']).toContain('application/x-ndjson');
  const lines = answer.text.trimEnd().split('\n');
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject(expected);
  const id = answer.headers['x-request-id'];
  const isFailing = sql === 'breaks';
  expect(server.logLines.some((line) => line['id'] === id)).toBe(isFailing);
});

test('metrics count what happened', async () => {
  await server.json('POST', '/api/v1/pipelines', { name: 'm', sql: 'SELECT 1' });
  const { headers, text } = await server.send('GET', '/metrics', {});
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text).toContain('helios_pipeline_hot_rows{pipeline="m",table="t"} 2\n');
  expect(text).toContain('helios_pipeline_lag_bytes{pipeline="m",source="events"} 5\n');
  expect(text).toMatch(/^helios_http_requests_total\{status="200"\} \d+$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});

test('a server that is not ready yet says so', async () => {
  await using starting = await TestServer.start({ isReady: () => false });
  const answer = await starting.send('GET', '/healthz', {});
  expect([answer.status, json(answer)]).toMatchObject([503, { status: 'starting' }]);
});

test('a server that is not ready yet takes events, and no questions', async () => {
  await using starting = await TestServer.start({ isReady: () => false });
  const { status, headers } = await starting.json('POST', '/api/v1/query', { sql: 'SELECT 1' });
  expect([status, headers['retry-after']]).toEqual([503, '1']);
  expect((await starting.send('GET', '/metrics', {})).status).toBe(200);
  expect((await starting.json('POST', '/ingest/events', { a: 1 })).status).toBe(200);
});

test('the first page names this server, and has no script', async () => {
  const { headers, text } = await server.send('GET', '/', {});
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).not.toContain('script-src');
  expect(text).toContain(`curl ${server.url}/ingest -d '{"msg": "test"}'`);
  expect(text).toContain('/api/v1/openapi.json');
  expect(text).not.toContain('<script');
});
