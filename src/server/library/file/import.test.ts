import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Answer, json, TestServer } from '../../testing/test-server.ts';
import type { ImportBody } from '../library-api.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  for (const path of ['dashboards/shop%2Flive', 'dashboards/mine', 'queries/shop%2Ftop']) {
    await server.send('DELETE', `/api/v1/library/${path}`, {});
  }
});

const file = `dashboard: shop/live
last: 15m
panels:
  - id: a
    title: Top
    kind: bar
    x: 0
    y: 0
    width: 6
    height: 4
    source:
      query: shop/top
queries:
  - path: shop/top
    sql: |-
      select 1
      from t
`;

async function load(body: ImportBody): Promise<Answer> {
  return await server.json('POST', '/api/v1/library/import', body);
}

async function put(path: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json', 'if-match': '*' };
  const answer = await server.send('PUT', `/api/v1/library/${path}`, {
    body: JSON.stringify(body),
    headers,
  });
  expect(answer.status).toBe(200);
}

test('a file makes what it says, and is given back as it was', async () => {
  const made = json(await load({ file }));
  expect(made).toMatchObject({
    path: 'shop/live',
    documents: [
      { kind: 'query', path: 'shop/top', outcome: 'made' },
      { kind: 'dashboard', path: 'shop/live', outcome: 'made' },
    ],
  });
  const answer = await server.send('GET', '/api/v1/library/dashboards/shop%2Flive/file', {});
  expect(answer.text).toBe(file);
  expect(answer.headers['content-type']).toBe('application/yaml; charset=utf-8');
  expect(answer.headers['content-disposition']).toContain('filename="live.yaml"');
  expect(json(await load({ file }))).toMatchObject({
    documents: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }],
  });
});

test('the same in another order is the same', async () => {
  await load({ file });
  const { panels } = json(
    await server.send('GET', '/api/v1/library/dashboards/shop%2Flive', {}),
  ) as { panels: object[] };
  const turned = panels.map((panel) => Object.fromEntries(Object.entries(panel).toReversed()));
  await put('dashboards/shop%2Flive', { variables: [], panels: turned, last: '15m' });
  expect(json(await load({ file }))).toMatchObject({
    documents: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }],
  });
});

test('what differs is told, and nothing is changed until its versions are named', async () => {
  await put('queries/shop%2Ftop', { sql: 'select 2' });
  await put('dashboards/shop%2Flive', { panels: [] });
  const refused = json(await load({ file })) as {
    error: { details: { conflicts: { kind: 'query'; path: string; version: string }[] } };
  };
  expect(refused).toMatchObject({
    error: {
      code: 'conflict',
      message:
        'The saved query shop/top, the dashboard shop/live are there already, ' +
        'and not as in the file.',
      details: { conflicts: [{ path: 'shop/top' }, { path: 'shop/live' }] },
    },
  });
  const replaces = refused.error.details.conflicts.map(({ kind, path, version }) => ({
    ...{ kind, path, version },
  }));
  // Somebody saves in between: what was seen is not what would be replaced.
  await put('queries/shop%2Ftop', { sql: 'select 3' });
  const late = json(await load({ file, replaces }));
  expect(late).toMatchObject({ error: { details: { conflicts: [{ path: 'shop/top' }] } } });
  const board = json(await server.send('GET', '/api/v1/library/dashboards/shop%2Flive', {}));
  expect(board).toMatchObject({ panels: [] });

  const again = json(await load({ file })) as typeof refused;
  const seen = again.error.details.conflicts.map(({ kind, path, version }) => ({
    ...{ kind, path, version },
  }));
  expect(json(await load({ file, replaces: seen }))).toMatchObject({
    documents: [{ outcome: 'replaced' }, { outcome: 'replaced' }],
  });
});

test('another name leaves the dashboard that is there', async () => {
  await put('dashboards/shop%2Flive', { panels: [] });
  expect(json(await load({ file, path: 'mine' }))).toMatchObject({ path: 'mine' });
  const board = json(await server.send('GET', '/api/v1/library/dashboards/shop%2Flive', {}));
  expect(board).toMatchObject({ panels: [] });
});

const refused: readonly (readonly [ImportBody, object])[] = [
  [{ file: 'panels: []' }, { code: 'invalid_request', message: expect.stringMatching('no name') }],
  [{ file: 'panels: []', path: '../x' }, { code: 'invalid_name' }],
  [{ file: 'dashboard: a\npanels: 1' }, { code: 'invalid_config', position: { line: 2 } }],
  [{ file: 'dashboard: a\npanels: []', replaces: [], path: '' }, { code: 'invalid_request' }],
];

test.each(refused)('%o is refused', async (body, error) => {
  const answer = await load(body);
  expect(answer.status).toBe(400);
  expect(json(answer)).toMatchObject({ error });
});
