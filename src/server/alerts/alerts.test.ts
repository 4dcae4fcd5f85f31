import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Check } from 'typebox/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, json, TestServer } from '../testing/test-server.ts';
import { alertSchema } from './routes.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ environment: { HOOK: 'http://127.0.0.1:9/secret' } });
  await server.json('POST', '/api/v1/pipelines', { name: 'orders', sql: 'SELECT 1' });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const alerts = '/api/v1/alerts';
const body = { pipeline: 'orders', share_percent: 5, url: 'env:HOOK' };

async function put(path: string, rule: unknown, version?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return await server.send('PUT', path, {
    body: JSON.stringify(rule),
    headers: version === undefined ? headers : { ...headers, 'if-match': version },
  });
}

test('an alert is kept, listed with what it sees, replaced by version, and deleted', async () => {
  const path = `${alerts}/shop%2Fbad%20orders`;
  const made = await put(path, body);
  expect(made.status).toBe(200);
  expect(Check(alertSchema, json(made))).toBe(true);
  expect(json(made)).toMatchObject({
    ...body,
    name: 'shop/bad orders',
    window_minutes: 5,
    records_min: 10,
    pipelines: [{ pipeline: 'orders', records_read: 300, records_rejected: 3, state: 'quiet' }],
    deliveries: { delivered: 0, failed: 0, given_up: 0 },
  });
  const version = made.headers.etag;
  expect((await put(path, { ...body, share_percent: 7 })).status).toBe(409);
  expect((await put(path, { ...body, share_percent: 7 }, version)).status).toBe(200);
  expect((await put(path, { ...body, share_percent: 8 }, version)).status).toBe(409);
  expect(json(await server.send('GET', alerts, {}))).toMatchObject({
    alerts: [{ name: 'shop/bad orders', share_percent: 7 }],
  });
  expect((await server.send('GET', path, {})).status).toBe(200);
  const metrics = await server.send('GET', '/metrics', {});
  expect(metrics.text).toContain(
    'helios_alert_messages_total{alert="shop/bad orders",outcome="failed"} 0',
  );
  expect((await server.send('DELETE', path, {})).status).toBe(204);
  expect((await server.send('GET', path, {})).status).toBe(404);
});

const refused: readonly (readonly [unknown, string])[] = [
  [{ ...body, share_percent: 100 }, 'invalid_request'],
  [{ ...body, window_minutes: 61 }, 'invalid_request'],
  [{ ...body, to: 'me' }, 'invalid_request'],
  [{ ...body, url: 'ftp://example.com' }, 'invalid_config'],
  [{ ...body, url: 'http://169.254.169.254/' }, 'not_allowed'],
];

test.each(refused)('%o is refused', async (rule, code) => {
  expect(json(await put(`${alerts}/a`, rule))).toMatchObject({ error: { code } });
});

test('an address is tried, and what it answers is told without its path', async () => {
  const hook = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/good' ? 204 : 403).end();
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`;
  const good = await server.json('POST', `${alerts}/test`, { ...body, url: `${url}/good` });
  expect(json(good)).toMatchObject({ status: 204 });
  const bad = await server.json('POST', `${alerts}/test`, { ...body, url: `${url}/bad` });
  expect(json(bad)).toMatchObject({
    error: { code: 'invalid_config', message: `The webhook at ${url} answered 403.` },
  });
  hook.close();
  const away = await server.json('POST', `${alerts}/test`, body);
  expect(away.text).not.toContain('secret');
  expect(json(away)).toMatchObject({ error: { code: 'unreachable' } });
});
