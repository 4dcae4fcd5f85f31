import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { TokenListAnswer } from '../../src/server/access/access-api.ts';
import { adminToken, codeOf, GuardedHelios, type Reply } from './guarded-helios.ts';

let guarded: GuardedHelios;

beforeAll(async () => {
  guarded = await GuardedHelios.start();
  const { directory } = guarded;
  for (const name of ['orders', 'salaries']) {
    await writeFile(join(directory, `${name}.csv`), `id,text\n1,${name}-secret\n`);
    const path = join(directory, `${name}.csv`);
    await guarded.ask('POST', '/api/v1/tables', { name, path });
  }
});

afterAll(async () => await guarded[Symbol.asyncDispose]());

async function query(token: string | undefined, sql: string): Promise<Reply> {
  return await guarded.send('POST', '/api/v1/query', { token, body: { sql } });
}

test.each([
  ['SELECT text FROM orders', 200],
  ['SELECT text FROM ORDERS o', 200],
  ['SELECT 1', 200],
  ['SELECT text FROM salaries', 403],
  ['SELECT text FROM "Salaries"', 403],
  ['SELECT o.id FROM orders o JOIN salaries s USING (id)', 403],
  ['SELECT (SELECT max(text) FROM salaries) FROM orders', 403],
  ['SELECT id FROM orders WHERE EXISTS (FROM salaries)', 403],
  ['WITH orders AS (FROM salaries) SELECT * FROM orders', 403],
  ['WITH salaries AS (SELECT 1 AS a) SELECT * FROM salaries', 200],
  ['SELECT * FROM orders UNION ALL SELECT * FROM salaries', 403],
  ['SELECT sql FROM helios.queries', 403],
  ['SELECT * FROM helios.audit', 403],
  ['SELECT * FROM "helios"."audit"', 403],
])('a token of one table: %s', async (sql, status) => {
  const token = await tokenOf('query:orders');
  const reply = await query(token, sql);
  expect(reply.status).toBe(status);
  expect(reply.text).not.toContain('salaries-secret');
  const shared = await guarded.send('POST', '/api/v1/query/shared', { token, body: { sql } });
  expect(shared.status).toBe(status);
});

test('a token of one table learns nothing of the names of others', async () => {
  const token = await tokenOf('query:orders');
  expect((await query(token, 'SELECT * FROM salarie')).text).not.toContain('salaries');
  const told = async (name: string): Promise<readonly unknown[]> => {
    const { status, text } = await query(token, `SELECT * FROM ${name}`);
    return [status, text.replaceAll(name.toLowerCase(), 'NAME').replace(/"id":.*/, '')];
  };
  for (const other of [
    'SALARIES',
    'helios.audit',
    'helios.nothing',
    'salaries AT (VERSION => 1)',
  ]) {
    const name = other.split(' ', 1)[0] ?? '';
    const [nothing, asked] = [await told('nothing'), await told(other)];
    expect([asked[0], String(asked[1]).replaceAll(name.toLowerCase(), 'NAME')]).toEqual(nothing);
  }
  const { text } = await guarded.send('GET', '/api/v1/tables', { token });
  expect(text).toContain('orders');
  expect(text).not.toContain('salaries');
});

test.each(['console', 'read-only'])('%s asks everything but what people did', async (scope) => {
  const token = await tokenOf(scope);
  expect((await query(token, 'SELECT text FROM salaries')).status).toBe(200);
  expect((await query(token, 'SELECT who FROM helios.audit')).status).toBe(403);
  const tail = await subscribe(token, {
    kind: 'tail',
    table: 'orders',
    where: 'EXISTS (FROM helios.audit)',
  });
  expect(tail).toMatchObject({ kind: 'error', error: { code: 'not_allowed' } });
});

test('the live socket asks who it is, and holds to it', async () => {
  await expect(subscribe(undefined, { kind: 'pipelines' })).rejects.toThrow('401');
  const token = await tokenOf('query:orders');
  const refused = { kind: 'error', error: { code: 'not_allowed' } };
  expect(await subscribe(token, { kind: 'pipelines' })).toMatchObject(refused);
  expect(await subscribe(token, { kind: 'tail', stream: 'events' })).toMatchObject(refused);
  const sql = 'SELECT text FROM salaries';
  expect(await subscribe(token, { kind: 'query', sql })).toMatchObject(refused);
  const own = await subscribe(token, { kind: 'query', sql: 'SELECT text FROM orders' });
  expect(own).toMatchObject({ kind: 'result' });
});

test('a revoked token opens nothing, nor does its session', async () => {
  const token = await guarded.newToken('leaver', ['console']);
  const cookie = await signIn({ token });
  const asked = { headers: { cookie } };
  expect((await guarded.send('GET', '/api/v1/streams', asked)).status).toBe(200);
  await guarded.ask('DELETE', '/api/v1/tokens/leaver');
  expect((await guarded.send('GET', '/api/v1/streams', asked)).status).toBe(401);
  expect((await query(token, 'SELECT 1')).status).toBe(401);
  const again = await guarded.newToken('leaver', ['console']);
  expect((await query(again, 'SELECT 1')).status).toBe(200);
});

test('a link signs in once, and signing out ends the session', async () => {
  const { url } = await guarded.ask<{ readonly url: string }>('POST', '/api/v1/login-links');
  const [page, link = ''] = url.split('#t=');
  expect(page).toBe(`${guarded.url}/login`);
  const cookie = await signIn({ link });
  const second = await guarded.send('POST', '/api/v1/session', { body: { link } });
  expect([second.status, codeOf(second)]).toEqual([401, 'not_authenticated']);
  const asked = { headers: { cookie } };
  expect((await guarded.send('GET', '/api/v1/tokens', asked)).status).toBe(200);
  expect((await guarded.send('DELETE', '/api/v1/session', asked)).status).toBe(204);
  expect((await guarded.send('GET', '/api/v1/tokens', asked)).status).toBe(401);
});

test('the cookie is for this host and no script, and another site can use it for nothing', async () => {
  const reply = await guarded.send('POST', '/api/v1/session', { body: { token: adminToken } });
  const [set = ''] = reply.headers['set-cookie'] ?? [];
  expect(set).toMatch(
    /^helios_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
  );
  const cookie = set.split(';', 1)[0] ?? '';
  for (const headers of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'cross-site' }]) {
    const forged = { headers: { cookie, ...headers }, body: { name: 'p', sql: 'SELECT 1' } };
    expect((await guarded.send('POST', '/api/v1/pipelines', forged)).status).toBe(403);
  }
  const rebound = { headers: { cookie, host: 'evil.test' } };
  expect((await guarded.send('GET', '/api/v1/tokens', rebound)).status).toBe(421);
});

test('an ingest token is no way into the console', async () => {
  const token = await tokenOf('ingest:events');
  const reply = await guarded.send('POST', '/api/v1/session', { body: { token } });
  expect([reply.status, codeOf(reply)]).toEqual([403, 'not_allowed']);
});

test('pages post with a token of their origin, in the address where need be', async () => {
  const origin = 'https://shop.example';
  const token = await guarded.newToken('shop', ['ingest:events'], { origins: [origin] });
  const path = `/ingest/events?token=${token}`;
  const beacon = { headers: { origin, 'sec-fetch-site': 'cross-site' }, body: '{"page": 1}' };
  const posted = await guarded.send('POST', path, beacon);
  expect([posted.status, posted.text]).toEqual([200, 'ok']);
  expect(posted.headers['access-control-allow-origin']).toBe(origin);
  expect(posted.headers['access-control-allow-credentials']).toBe('true');
  const preflight = await guarded.send('OPTIONS', '/ingest/events', { headers: { origin } });
  expect(preflight.headers['access-control-allow-headers']).toContain('authorization');
  const elsewhere = { ...beacon, headers: { origin: 'https://evil.test' } };
  expect((await guarded.send('POST', path, elsewhere)).status).toBe(403);
  const other = `/ingest/events?token=${await tokenOf('ingest:events')}`;
  expect((await guarded.send('POST', other, beacon)).status).toBe(403);
  const asked = { headers: { origin }, token };
  expect((await guarded.send('POST', '/api/v1/query', asked)).status).toBe(403);
});

test('only tokens for ingest may be in an address, and the log has none of them', async () => {
  const path = `/ingest/events?token=${adminToken}`;
  expect((await guarded.send('POST', path, { body: '{}' })).status).toBe(403);
  expect(guarded.helios.output).toContain('token=…');
  expect(guarded.helios.output).not.toContain(adminToken);
  const audit = await readFile(join(guarded.directory, 'data', 'audit.ndjson'), 'utf8');
  expect(audit).not.toContain(adminToken);
});

test.each([
  [{ name: 'a b', scopes: ['admin'] }, 'invalid_request'],
  [{ name: 'x', scopes: [] }, 'invalid_request'],
  [{ name: 'x', scopes: ['root'] }, 'invalid_request'],
  [{ name: 'x', scopes: ['query:'] }, 'invalid_request'],
  [{ name: 'x', scopes: ['query'] }, 'invalid_request'],
  [{ name: 'x', scopes: ['admin'], origins: ['https://a.test'] }, 'invalid_request'],
  [{ name: 'x', scopes: ['ingest:*'], origins: ['*'] }, 'invalid_request'],
  [{ name: 'x', scopes: ['ingest:*'], origins: ['https://a.test/path'] }, 'invalid_request'],
  [{ name: 'x', scopes: ['admin'], expires_at: '2001-01-01T00:00:00Z' }, 'invalid_request'],
  [{ name: 'x', scopes: ['admin'], expires_at: 'soon' }, 'invalid_request'],
  [{ name: 'x', scopes: ['admin'], rate: 0 }, 'invalid_request'],
  [{ name: 'admin', scopes: ['admin'] }, 'already_exists'],
])('a token as %j is refused', async (body, code) => {
  if (body.name === 'admin') await tokenOf('admin');
  const reply = await guarded.send('POST', '/api/v1/tokens', { token: adminToken, body });
  expect(codeOf(reply)).toBe(code);
});

test('a token that has used its rate is told when to come again', async () => {
  const token = await guarded.newToken('slow', ['ingest:events'], { rate: 0.001 });
  const path = '/ingest/events';
  expect((await guarded.send('POST', path, { token, body: '{}' })).status).toBe(200);
  const reply = await guarded.send('POST', path, { token, body: '{}' });
  expect([reply.status, codeOf(reply)]).toEqual([429, 'too_busy']);
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(100);
});

test('who tries tokens is told to wait, and locks nobody out', async () => {
  const statuses: number[] = [];
  for (let tried = 0; tried < 15; tried++) {
    const token = `hls_0123456789_${'x'.repeat(42)}${String.fromCodePoint(97 + tried)}`;
    statuses.push((await guarded.send('GET', '/api/v1/streams', { token })).status);
  }
  expect(statuses[0]).toBe(401);
  expect(statuses.at(-1)).toBe(429);
  const login = await guarded.send('POST', '/api/v1/session', { body: { token: 'guess' } });
  expect(login.status).toBe(429);
  const right = await guarded.send('GET', '/api/v1/streams', { token: adminToken });
  expect(right.status).toBe(200);
});

test('what was done and refused is in the audit log, with who', async () => {
  const reader = await guarded.newToken('reader', ['read-only']);
  await query(reader, 'SELECT 4711');
  await guarded.send('POST', '/api/v1/pipelines', { token: reader, body: {} });
  const sql = `SELECT who, action, status, error_code, sql FROM helios.audit
    WHERE who = 'reader' OR target = '/api/v1/tokens/leaver' OR status = 421 ORDER BY done_at`;
  const { rows } = await guarded.ask<{ readonly rows: unknown[] }>('POST', '/api/v1/query', {
    sql,
  });
  expect(rows).toContainEqual(['reader', 'POST /api/v1/query', 200, null, 'SELECT 4711']);
  expect(rows).toContainEqual(['reader', 'POST /api/v1/pipelines', 403, 'not_allowed', null]);
  expect(rows).toContainEqual(['admin-token', 'DELETE /api/v1/tokens/:token', 200, null, null]);
  expect(rows).toContainEqual([null, 'GET', 421, 'misdirected', null]);
});

test('whether it is up is told to everybody, what it has to who may read', async () => {
  const stranger = await guarded.send('GET', '/healthz', { headers: { host: '10.0.0.7:80' } });
  expect(Object.keys(JSON.parse(stranger.text) as object)).toEqual([
    'status',
    'version',
    'uptime_ms',
  ]);
  const reader = await guarded.send('GET', '/healthz', { token: await tokenOf('read-only') });
  expect(JSON.parse(reader.text)).toMatchObject({ status: 'ready', tables: expect.any(Number) });
});

test('nothing that is kept opens anything', async () => {
  const token = await guarded.newToken('kept', ['admin']);
  const { tokens } = await guarded.ask<TokenListAnswer>('GET', '/api/v1/tokens');
  expect(tokens.map(({ name }) => name)).toContain('kept');
  const files = ['catalog.db', 'catalog.db-wal', 'audit.ndjson'];
  for (const name of files) {
    const bytes = await readFile(join(guarded.directory, 'data', name));
    for (const secret of [token, adminToken]) expect(bytes.includes(secret)).toBe(false);
  }
});

const made = new Map<string, string>();

async function tokenOf(scope: string): Promise<string> {
  const known = made.get(scope);
  if (known !== undefined) return known;
  const token = await guarded.newToken(scope.replace(':', '-'), [scope]);
  made.set(scope, token);
  return token;
}

async function signIn(by: object): Promise<string> {
  const { status, headers } = await guarded.send('POST', '/api/v1/session', { body: by });
  expect(status).toBe(200);
  return headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
}

/** The first thing that the subscription is told. */
async function subscribe(token: string | undefined, what: object): Promise<unknown> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${guarded.url.replace('http', 'ws')}/api/v1/live`, { headers });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  socket.once('open', () => socket.send(JSON.stringify({ op: 'subscribe', id: 's', ...what })));
  socket.once('message', (data) => resolve(JSON.parse(String(data))));
  socket.once('error', reject);
  try {
    return await promise;
  } finally {
    socket.terminate();
  }
}
