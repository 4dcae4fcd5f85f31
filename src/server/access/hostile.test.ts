import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { AuditEntry } from '../../access/audit-log.ts';
import { json, TestServer } from '../testing/test-server.ts';

let server: TestServer;
let kept = 0;
const adminToken = 'an-admin-token-that-nobody-guesses-0123456789';
const bearer = { authorization: `Bearer ${adminToken}` };
const asJson = { 'content-type': 'application/json' };

beforeAll(async () => {
  const status = { location: 's3://state', number: 1, keptAtMs: 0, failing: undefined };
  const keep = async (): Promise<void> => {
    kept += 1;
  };
  const state = { status: () => status, keep };
  server = await TestServer.start({ isTokenRequired: true, adminToken, state });
});

afterAll(async () => await server[Symbol.asyncDispose]());

function entries(): readonly AuditEntry[] {
  return server.dependencies.audit.entries();
}

function newToken(name: string, rate?: number): string {
  const scopes = [{ kind: 'query', name: 'orders' }] as const;
  const more = { origins: [], expiresAtMs: undefined, createdBy: 'test' };
  return server.dependencies.access.tokens.create({ name, scopes, rate, ...more }).text;
}

test('who goes away before the answer is whole is in the audit log all the same', async () => {
  const body = JSON.stringify({ sql: 'wait for nothing' });
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    `POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n` +
      `Authorization: Bearer ${adminToken}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise((resolve) => socket.once('data', resolve));
  socket.resetAndDestroy();
  await expect
    .poll(() => entries().filter(({ sql }) => sql === 'wait for nothing'))
    .toMatchObject([{ who: 'admin-token', action: 'POST /api/v1/query', code: 'cancelled' }]);
});

test.each([
  ['POST', `/nowhere?token=${adminToken}`],
  ['POST', `/Ingest/events?token=${adminToken}`],
  ['POST', `/ingest/events?%74oken=${adminToken}`],
  ['OPTIONS', `/nowhere?token=${adminToken}`],
])('%s %s: no log has the token', async (method, path) => {
  const { status } = await server.send(method, path, {});
  expect(status).toBeGreaterThan(400);
  expect(entries().at(-1)?.target).toContain('oken=…');
  expect(JSON.stringify([entries(), server.logLines])).not.toContain(adminToken);
});

test('strangers can not fill the audit log', async () => {
  const before = entries().length;
  for (let sent = 0; sent < 30; sent++) {
    await server.send('DELETE', '/api/v1/session', {});
    await server.send('GET', '/api/v1/streams', {});
    await server.send('POST', '/api/v1/session', { headers: asJson, body: '{"token":' });
  }
  // One of each kind, and what a minute's end brings.
  expect(entries().length - before).toBeLessThan(10);
});

test('a stranger may send no more than a sign-in has', async () => {
  const body = JSON.stringify({ token: 'x'.repeat(5000) });
  const { status } = await server.send('POST', '/api/v1/session', { headers: asJson, body });
  expect(status).toBe(413);
});

test('who signs in and out is in the audit log by name, and that it ended is kept', async () => {
  const signIn = { headers: asJson, body: JSON.stringify({ token: adminToken }) };
  const { headers } = await server.send('POST', '/api/v1/session', signIn);
  const cookie = headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
  const before = kept;
  for (const sent of [{ cookie: 'helios_session=none' }, { cookie }]) {
    expect((await server.send('DELETE', '/api/v1/session', { headers: sent })).status).toBe(204);
  }
  expect(kept).toBe(before + 1);
  const who = entries().filter(({ who: name }) => name === 'admin-token');
  expect(who.slice(-2).map(({ action }) => action)).toEqual([
    'POST /api/v1/session',
    'DELETE /api/v1/session',
  ]);
});

test('an open socket does nothing new for a token that was revoked', async () => {
  await using client = await Socket.open(newToken('leaver'));
  expect(await client.ask('first')).toMatchObject({ kind: 'progress' });
  server.dependencies.access.tokens.revoke('leaver');
  expect(await Promise.race([client.ask('second'), client.closed])).toBe(1008);
  expect(entries().at(-1)).toMatchObject({ who: 'leaver', action: 'live query', status: 401 });
});

test('a token has its rate on an open socket, too', async () => {
  await using client = await Socket.open(newToken('slow', 0.001));
  expect(await client.ask('first')).toMatchObject({ kind: 'error', error: { code: 'too_busy' } });
});

test('health tells a page behind a foreign name no more than a stranger', async () => {
  await using open = await TestServer.start();
  const known = json(await open.send('GET', '/healthz', {}));
  expect(known).toMatchObject({ pipelines: expect.any(Object) });
  for (const headers of [{ host: 'evil.test' }, { origin: 'https://evil.test' }]) {
    const told = json(await open.send('GET', '/healthz', { headers }));
    expect(Object.keys(Object(told))).toEqual(['status', 'version', 'uptime_ms']);
  }
});

test('a notebook sends its token by https where people do', async () => {
  await using secure = await TestServer.start({ publicUrl: 'https://helios.example' });
  const headers = { ...asJson, host: 'helios.example' };
  const body = JSON.stringify({ sql: 'select 1' });
  const { text } = await secure.send('POST', '/api/v1/query/notebook', { headers, body });
  expect(text).toContain('https://helios.example');
  expect(text).not.toContain('http://helios.example');
});

test('a socket that subscribes and leaves again and again is told to wait', async () => {
  await using client = await Socket.open(newToken('restless'));
  const { queries } = server;
  const tablesOf = queries.tablesOf;
  const ended = Promise.withResolvers<readonly string[]>();
  queries.tablesOf = async () => await ended.promise;
  try {
    for (let asked = 0; asked < 64; asked++) client.askAndLeave(`q-${asked}`);
    const error = { code: 'too_busy' };
    expect(await client.ask('last')).toMatchObject({ kind: 'error', error });
  } finally {
    ended.resolve([]);
    queries.tablesOf = tablesOf;
  }
});

test('over https only the cookie that no other host can set is a session', async () => {
  const publicUrl = 'https://helios.example';
  await using secure = await TestServer.start({ isTokenRequired: true, adminToken, publicUrl });
  const { secret } = secure.dependencies.access.signIn({ token: adminToken }, '');
  const statusWith = async (cookie: string): Promise<number> =>
    (await secure.send('GET', '/api/v1/streams', { headers: { cookie } })).status;
  expect(await statusWith(`__Host-helios_session=${secret}`)).toBe(200);
  expect(await statusWith(`helios_session=${secret}`)).toBe(401);
  expect(await statusWith(`helios_session=x; __Host-helios_session=${secret}`)).toBe(200);
  const foreign = await secure.send('GET', '/', { headers: { host: 'evil.test' } });
  expect(foreign.text).not.toContain('127.0.0.1');
});

test.each(['/api/v1/tables', '/%61pi/v1/tables', 'http://127.0.0.1/api/v1/tables'])(
  'while it starts, %s is not answered',
  async (path) => {
    await using starting = await TestServer.start({ isReady: () => false });
    expect((await starting.send('GET', path, {})).status).toBe(503);
  },
);

test('a method that nobody has is no failure of ours', async () => {
  const { status } = await server.send('QUERY', '/api/v1/tables', { headers: bearer });
  expect(status).toBe(400);
});

/** A live socket that asks queries one at a time. */
class Socket implements AsyncDisposable {
  /** The code that it was closed with. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  static async open(token: string): Promise<Socket> {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/live`, { headers });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Socket(socket);
  }

  askAndLeave(id: string): void {
    const subscribe = { op: 'subscribe', id, kind: 'query', sql: 'select 1 from orders' };
    this.#socket.send(JSON.stringify(subscribe));
    this.#socket.send(JSON.stringify({ op: 'unsubscribe', id }));
  }

  /** The first that is told of a query. */
  async ask(id: string): Promise<unknown> {
    const told = new Promise<unknown>((resolve) => {
      const onMessage = (data: unknown): void => {
        const event: unknown = JSON.parse(String(data));
        if (Object(event).id !== id) return;
        this.#socket.off('message', onMessage);
        resolve(event);
      };
      this.#socket.on('message', onMessage);
    });
    this.#socket.send(
      JSON.stringify({ op: 'subscribe', id, kind: 'query', sql: 'select 1 from orders' }),
    );
    return await told;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
  }
}
