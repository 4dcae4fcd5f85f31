import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { defaultServerLimits } from '../limits.ts';
import { TestServer } from '../testing/test-server.ts';
import type { ErrorBody } from '../api.ts';

const limits = {
  live: {
    ...defaultServerLimits.live,
    tailIntervalMs: 5,
    pipelinesIntervalMs: 5,
    subscriptionsMax: 3,
    queriesMax: 1,
    messageBytesMax: 2000,
    tailBytesMax: 10,
  },
};

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ limits });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A message of the server; which fields it has, the test knows. */
type Event = Partial<{
  readonly id: string;
  readonly kind: string;
  readonly rows: readonly unknown[];
  readonly dropped: number;
  readonly pipelines: readonly unknown[];
  readonly error: ErrorBody;
}>;

/** A socket, and its messages in order. */
class Client implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly #events: Event[] = [];
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.#events.push(JSON.parse(String(data)));
      this.#wake();
    });
  }

  static async open(): Promise<Client> {
    const client = new Client(new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/live`));
    await once(client.socket, 'open');
    return client;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message that is like `expected`; those before it are skipped. */
  async next(expected: Readonly<Record<string, unknown>>): Promise<Event> {
    for (;;) {
      const event = this.#events.shift();
      if (event === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (matches(event, expected)) return event;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }
}

function matches(event: Event, expected: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(expected).every(
    ([key, value]) => Reflect.get(Object(event), key) === value,
  );
}

describe('who may open a socket', () => {
  test.each([
    ['/api/v1/live', { host: 'evil.test' }, 421],
    ['/api/v1/live', { origin: 'http://evil.test' }, 403],
    ['/api/v1/live', { 'sec-fetch-site': 'cross-site' }, 403],
    ['/elsewhere', {}, 404],
  ])('%s with %j is answered %i', async (path, headers, status) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, { headers });
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(status);
    socket.once('error', () => undefined);
    socket.terminate();
  });

  test('a request that is no upgrade is told', async () => {
    const answer = await server.send('GET', '/api/v1/live', {});
    expect(answer.status).toBe(426);
  });
});

test('a stream tail shows new lines, and how many bytes it left out', async () => {
  await using client = await Client.open();
  await server.post('/ingest', '{"before":1}');
  client.send({ op: 'subscribe', id: 't', kind: 'tail', stream: 'events' });
  await client.next({ id: 't', kind: 'columns' });
  await server.post('/ingest', '{"n":1}');
  expect(await client.next({ id: 't', kind: 'lines' })).toMatchObject({
    partition: 0,
    lines: ['{"n":1}'],
    dropped_bytes: 0,
  });
  // More than one look takes: it shows what fits, and says what it skipped.
  await server.post('/ingest', '{"a":"1234567890"}\n{"skipped":1}\n');
  expect(await client.next({ kind: 'lines' })).toMatchObject({
    lines: ['{"a":"1234567890"}'],
    dropped_bytes: '{"skipped":1}\n'.length,
  });
});

test('a table tail shows new rows, and counts those it missed', async () => {
  await using client = await Client.open();
  server.tail.rows = [];
  server.tail.missedRows = 4;
  client.send({ op: 'subscribe', id: 't', kind: 'tail', table: 'x', where: 'a > 1' });
  expect(await client.next({ id: 't', kind: 'columns' })).toMatchObject({
    columns: [{ name: 'a' }],
  });
  server.tail.rows = [['one'], ['two']];
  const rows: unknown[] = [];
  let dropped = 0;
  while (rows.length < 2) {
    const event = await client.next({ id: 't', kind: 'rows' });
    rows.push(...event.rows!);
    dropped += event.dropped!;
  }
  expect(rows).toEqual([['one'], ['two']]);
  expect(dropped).toBeGreaterThanOrEqual(4);
});

test('pipelines come at once, and again when they change', async () => {
  await using client = await Client.open();
  client.send({ op: 'subscribe', id: 'p', kind: 'pipelines' });
  expect((await client.next({ id: 'p' })).pipelines).toEqual([]);
  await server.json('POST', '/api/v1/pipelines', { name: 'new', sql: 'SELECT 1' });
  expect((await client.next({ id: 'p' })).pipelines).toMatchObject([{ name: 'new' }]);
});

test('a query tells its progress, then its answer, then its end', async () => {
  await using client = await Client.open();
  client.send({ op: 'subscribe', id: 'q"1', kind: 'query', sql: 'SELECT 1' });
  expect(await client.next({ id: 'q"1' })).toMatchObject({ kind: 'progress', rows_read: 5 });
  expect(await client.next({ id: 'q"1' })).toMatchObject({ result: { rows: [[1]] } });
  expect(await client.next({ id: 'q"1' })).toMatchObject({ kind: 'end' });
});

test('unsubscribing cancels a query, and frees its id', async () => {
  await using client = await Client.open();
  client.send({ op: 'subscribe', id: 'q', kind: 'query', sql: 'wait' });
  await client.next({ id: 'q', kind: 'progress' });
  client.send({ op: 'subscribe', id: 'other', kind: 'query', sql: 'SELECT 1' });
  expect(await client.next({ id: 'other' })).toMatchObject({ error: { code: 'too_busy' } });
  client.send({ op: 'unsubscribe', id: 'q' });
  await server.queries.cancelled;
  client.send({ op: 'subscribe', id: 'q', kind: 'query', sql: 'SELECT 1' });
  expect(await client.next({ id: 'q', kind: 'result' })).toMatchObject({ result: {} });
});

test('a server that closes tells its sockets', async () => {
  const closing = await TestServer.start({ limits });
  const socket = new WebSocket(`${closing.url.replace('http', 'ws')}/api/v1/live`);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await closing[Symbol.asyncDispose]();
  expect((await closed)[0]).toBe(1001);
});

describe('errors name their subscription', () => {
  test.each<[message: object | string, id: string | undefined, code: string]>([
    ['{', undefined, 'invalid_json'],
    [{ op: 'dance', id: 'x' }, undefined, 'invalid_request'],
    [{ op: 'subscribe', id: 'x', kind: 'all' }, undefined, 'invalid_request'],
    [{ op: 'subscribe', id: 'x', kind: 'tail' }, undefined, 'invalid_request'],
    [
      { op: 'subscribe', id: 'x', kind: 'tail', stream: 's', table: 't' },
      undefined,
      'invalid_request',
    ],
    [{ op: 'subscribe', id: 'x', kind: 'tail', stream: 'nothing' }, 'x', 'not_found'],
    [{ op: 'subscribe', id: 'x', kind: 'tail', table: 'missing' }, 'x', 'not_found'],
    [{ op: 'subscribe', id: 'x', kind: 'query', sql: 'fail' }, 'x', 'invalid_sql'],
    [{ op: 'subscribe', id: 'x', kind: 'query', sql: 'early' }, 'x', 'query_failed'],
    [{ op: 'unsubscribe', id: 'x' }, 'x', 'not_found'],
  ])('%j', async (message, id, code) => {
    await using client = await Client.open();
    client.send(message);
    const event = await client.next({ kind: 'error' });
    expect(event).toMatchObject({ error: { code, id: expect.any(String) } });
    expect(event.id).toBe(id);
  });

  test('an id in use, and too many subscriptions', async () => {
    await using client = await Client.open();
    for (const id of ['a', 'b', 'c']) client.send({ op: 'subscribe', id, kind: 'pipelines' });
    client.send({ op: 'subscribe', id: 'a', kind: 'pipelines' });
    expect((await client.next({ id: 'a', kind: 'error' })).error!.code).toBe('conflict');
    client.send({ op: 'subscribe', id: 'd', kind: 'pipelines' });
    expect((await client.next({ id: 'd', kind: 'error' })).error!.code).toBe('too_busy');
  });

  test('a message that is too large closes the socket', async () => {
    const client = await Client.open();
    client.send('x'.repeat(3000));
    const [code] = await once(client.socket, 'close');
    expect(code).toBe(1009);
  });
});
