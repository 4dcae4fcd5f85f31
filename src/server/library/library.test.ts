import { Check } from 'typebox/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, json, TestServer } from '../testing/test-server.ts';
import type { DashboardBody } from './library-api.ts';
import { dashboardSchema, savedQueryListSchema, savedQuerySchema } from './library-schemas.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const queries = '/api/v1/library/queries';
const dashboards = '/api/v1/library/dashboards';

async function put(path: string, body: unknown, version?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return await server.send('PUT', path, {
    body: JSON.stringify(body),
    headers: version === undefined ? headers : { ...headers, 'if-match': version },
  });
}

const board: DashboardBody = {
  description: 'How the shop does',
  last: '15m',
  variables: [{ name: 'product', value: 'p1', choices: ['p1', 'p2'] }],
  panels: [
    {
      ...{ id: 'a', title: '<b>Top</b> 😀', kind: 'table', source: { query: 'shop/top' } },
      ...{ x: 0, y: 0, width: 6, height: 4 },
    },
    {
      ...{ id: 'b', title: '', kind: 'number', source: { sql: 'SELECT 1' }, unit: '/s' },
      ...{ x: 6, y: 0, width: 6, height: 4 },
    },
  ],
};

test('a saved query lies in a folder, is listed without its SQL, and replaced by version', async () => {
  const body = { sql: 'SELECT $n', description: 'one', parameters: { n: '1' } };
  const path = `${queries}/shop%2Fgr%C3%B6%C3%9Fte%20%F0%9F%9A%80`;
  const made = await put(path, body);
  expect(made.status).toBe(200);
  expect(json(made)).toMatchObject({ ...body, path: 'shop/größte 🚀' });
  const found = await server.send('GET', path, {});
  expect(Check(savedQuerySchema, json(found))).toBe(true);
  const version = found.headers.etag;
  expect(made.headers.etag).toBe(version);
  const list = json(await server.send('GET', queries, {}));
  expect(Check(savedQueryListSchema, list)).toBe(true);
  expect(list).toMatchObject({ queries: [{ path: 'shop/größte 🚀', description: 'one' }] });
  expect(JSON.stringify(list)).not.toContain('SELECT');

  expect(json(await put(path, { sql: 'SELECT 2' }, version))).toMatchObject({ sql: 'SELECT 2' });
  const late = await put(path, { sql: 'SELECT 3' }, version);
  expect(late.status).toBe(409);
  expect(json(late)).toMatchObject({
    error: { code: 'conflict', details: { content: { sql: 'SELECT 2' } } },
  });
  const unaware = await put(path, { sql: 'SELECT 4' });
  expect(json(unaware)).toMatchObject({ error: { code: 'already_exists' } });
  const gone = await server.send('DELETE', path, { headers: { 'if-match': version ?? '' } });
  expect(gone.status).toBe(409);
  expect((await server.send('DELETE', path, {})).status).toBe(204);
  expect((await server.send('GET', path, {})).status).toBe(404);
});

test('a saved query is moved, with its version', async () => {
  const made = await put(`${queries}/from`, { sql: 'SELECT 1' });
  const version = made.headers.etag ?? '';
  const move = async (from: string, path: string, known: string): Promise<Answer> =>
    await server.send('PATCH', `${queries}/${from}`, {
      body: JSON.stringify({ path }),
      headers: { 'content-type': 'application/json', 'if-match': known },
    });
  expect((await move('from', 'to', '"other"')).status).toBe(409);
  const moved = await move('from', 'folder/to', version);
  expect(json(moved)).toMatchObject({ path: 'folder/to', sql: 'SELECT 1' });
  expect(moved.headers.etag).toBe(version);
  expect((await server.send('GET', `${queries}/from`, {})).status).toBe(404);
  await server.send('DELETE', `${queries}/folder%2Fto`, {});
});

test('a dashboard comes back as it was put, and is listed without its panels', async () => {
  const made = json(await put(`${dashboards}/shop`, board));
  expect(made).toMatchObject(board);
  expect(Check(dashboardSchema, made)).toBe(true);
  expect(json(await server.send('GET', dashboards, {}))).toMatchObject({
    dashboards: [{ path: 'shop', panel_count: 2, description: 'How the shop does' }],
  });
  const missing = await server.send('GET', `${dashboards}/shpo`, {});
  expect(json(missing)).toMatchObject({ error: { hint: 'Did you mean shop?' } });
});

const [panel] = board.panels;
const refused: readonly (readonly [string, unknown, number, object])[] = [
  [`${queries}/..%2Fa`, { sql: 'x' }, 400, { code: 'invalid_name' }],
  [`${queries}/a%00b`, { sql: 'x' }, 400, { code: 'invalid_name' }],
  [`${queries}/a`, { sql: '' }, 400, { code: 'invalid_request' }],
  [`${queries}/a`, { sql: 'x', owner: 'me' }, 400, { code: 'invalid_request' }],
  [`${queries}/a`, { sql: 'x', parameters: { 'a b': '' } }, 400, { code: 'invalid_request' }],
  [`${queries}/a`, { sql: 'x'.repeat(150_001) }, 400, { code: 'invalid_request' }],
  [`${dashboards}/a`, { panels: [{ ...panel, x: 12 }] }, 400, { code: 'invalid_request' }],
  [`${dashboards}/a`, { panels: [{ ...panel, source: {} }] }, 400, { code: 'invalid_request' }],
  [`${dashboards}/a`, { panels: [], last: 'long' }, 400, { code: 'invalid_request' }],
];

test.each(refused)('PUT %s %o is refused', async (path, body, status, error) => {
  const answer = await put(path, body);
  expect(answer.status).toBe(status);
  expect(json(answer)).toMatchObject({ error });
});

test('a shared query is answered with when to ask again', async () => {
  const body = { sql: 'SELECT $from, $a', params: { a: 1 }, times: { from: -1000 } };
  const answer = await server.json('POST', '/api/v1/query/shared', body);
  expect(json(answer)).toMatchObject({ rows: [[1]] });
  const nextMs = Number(answer.headers['x-helios-next-ms']);
  expect(nextMs).toBeGreaterThan(-1);
  expect(nextMs).toBeLessThanOrEqual(1000);
  const asked = server.queries.requests.at(-1);
  expect(asked?.params).toMatchObject({ a: 1, from: expect.stringMatching(/^\d{4}-.*Z$/) });
  const failed = await server.json('POST', '/api/v1/query/shared', { sql: 'fail' });
  expect(json(failed)).toMatchObject({ error: { code: 'invalid_sql', position: { line: 1 } } });
});
