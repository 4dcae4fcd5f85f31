import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Server } from './server.ts';
import { json, TestServer } from './testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ allowedOrigins: ['https://app.test'] });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe('listening', () => {
  test.each(['0.0.0.0', '::', '192.168.1.2', 'example.test'])(
    'on %s is refused as long as there are no credentials',
    async (host) => {
      const listening = unlistened().listen({ host, port: 0 });
      await expect(listening).rejects.toMatchObject({ code: 'not_allowed' });
    },
  );

  test('on a port in use says so, and what to do', async () => {
    const listening = unlistened().listen({ host: '127.0.0.1', port: server.port });
    await expect(listening).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('--port'),
    });
  });

  function unlistened(): Server {
    return new Server(server.dependencies, { version: '0', isReady: () => true });
  }
});

describe('who may ask', () => {
  test.each(['/', '/api/v1/tables', '/ingest', '/healthz', '/nowhere'])(
    '%s is closed to other hosts and origins',
    async (path) => {
      const rebound = await server.send('POST', path, { headers: { host: 'evil.test' } });
      expect(rebound.status).toBe(421);
      expect(json(rebound)).toMatchObject({ error: { code: 'misdirected' } });
      const foreign = await server.send('POST', path, { headers: { origin: 'http://evil.test' } });
      expect(foreign.status).toBe(403);
      expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  test('a foreign simple-form POST stores nothing', async () => {
    const headers = { origin: 'http://evil.test', 'content-type': 'text/plain' };
    expect((await server.post('/ingest', '{"evil":1}', headers)).status).toBe(403);
    expect(await server.stored()).not.toContain('{"evil":1}');
  });

  test('an origin that was allowed by name is answered, preflights too', async () => {
    const origin = 'https://app.test';
    const asked = { origin, 'access-control-request-method': 'POST' };
    const preflight = await server.send('OPTIONS', '/api/v1/query', { headers: asked });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST, OPTIONS',
      vary: 'origin',
    });
    const answer = await server.post('/ingest', '{"a":1}', { origin });
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    const listed = await server.send('GET', '/api/v1/tables', { headers: { origin } });
    expect(listed.headers['access-control-allow-origin']).toBe(origin);
  });

  test('every answer has the headers that keep it from being embedded or cached', async () => {
    for (const path of ['/', '/healthz', '/nowhere', '/ingest']) {
      const { headers } = await server.send('GET', path, {});
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-request-id': expect.any(String),
      });
    }
  });
});

describe('errors', () => {
  test.each<[method: string, path: string, body: unknown, status: number, error: object]>([
    ['GET', '/api/v1/tabels', undefined, 404, { hint: 'Did you mean "/api/v1/tables"?' }],
    ['GET', '/api/v1/query', undefined, 405, { hint: 'Use POST.' }],
    ['PUT', '/api/v1/tables/x', {}, 405, { hint: 'Use DELETE or GET or HEAD.' }],
    ['GET', '/api/v1/tables/x', undefined, 404, { code: 'not_found' }],
    ['GET', '/api/v1/tables/%2e%2e%2fx', undefined, 404, { code: 'not_found' }],
    ['GET', '/api/v1/tables/%zz', undefined, 400, { code: 'invalid_request' }],
    ['GET', `/api/v1/tables/${'x'.repeat(300)}`, undefined, 400, { details: { field: 'name' } }],
    ['POST', '/api/v1/query', {}, 400, { message: '"sql" in the body is missing.' }],
    ['POST', '/api/v1/query', { sql: 1 }, 400, { message: '"sql" in the body must be string.' }],
    [
      'POST',
      '/api/v1/query',
      { sql: 'SELECT 1', maxrows: 1 },
      400,
      { message: '"maxrows" in the body is not known.', hint: 'Did you mean "max_rows"?' },
    ],
    ['POST', '/api/v1/query', { sql: 'x', max_rows: 0 }, 400, { details: { field: 'max_rows' } }],
    ['POST', '/api/v1/query', { sql: 'x', params: [[1]] }, 400, { details: { field: 'params' } }],
    ['POST', '/api/v1/query', 'x', 400, { message: 'The body must be object.' }],
    ['POST', '/api/v1/query', { sql: 'fail it' }, 400, { position: { line: 1, column: 6 } }],
    ['POST', '/api/v1/query', { sql: 'early' }, 400, { code: 'query_failed' }],
    [
      'PATCH',
      '/api/v1/pipelines/x',
      {},
      400,
      { message: expect.stringContaining('none of the values or shapes') },
    ],
    [
      'POST',
      '/api/v1/pipelines/preview',
      { sql: 'x', input: 'old' },
      400,
      { message: '"input" in the body must be one of live, history.' },
    ],
    ['PATCH', '/api/v1/pipelines/x', { state: 'asleep' }, 400, { code: 'invalid_request' }],
    ['PATCH', '/api/v1/pipelines/x', { state: 'running' }, 404, { code: 'not_found' }],
    ['DELETE', '/api/v1/pipelines/x?discard=maybe', undefined, 400, { code: 'invalid_request' }],
    [
      'POST',
      '/api/v1/pipelines',
      { name: 'p', sql: 'SELEC 1' },
      400,
      { code: 'invalid_sql', hint: 'Did you mean "SELECT"?', position: { line: 1, length: 5 } },
    ],
    ...['..', 'a/b', 'a b', '"q"', "it's", 'ä', '', '-x', 'x'.repeat(300), '\0'].flatMap(
      (name): [string, string, unknown, number, object][] => [
        ['POST', '/api/v1/pipelines', { name, sql: 'SELECT 1' }, 400, { code: 'invalid_name' }],
        ['POST', '/api/v1/tables', { name, path: '/x' }, 400, { code: 'invalid_name' }],
        ['POST', '/api/v1/streams', { name }, 400, { code: 'invalid_name' }],
      ],
    ),
    ['POST', '/api/v1/streams', { name: 'events' }, 409, { code: 'already_exists' }],
    ['POST', '/api/v1/streams', { name: 's', partitions: 0 }, 400, {}],
    ['PATCH', '/api/v1/streams/events', {}, 400, { code: 'invalid_request' }],
    ['DELETE', '/api/v1/streams/nothing', undefined, 404, { code: 'not_found' }],
    ['POST', '/api/v1/pipelines/preview', { sql: 'bad' }, 400, { code: 'invalid_sql' }],
  ])('%s %s %j answers %i', async (...[method, path, body, status, error]) => {
    const answer = await server.json(method, path, body);
    expect([answer.status, json(answer)]).toMatchObject([status, { error }]);
    const id = answer.headers['x-request-id'];
    expect(json(answer)).toMatchObject({ error: { id, message: expect.any(String) } });
    expect(server.logLines.filter((line) => line['id'] === id)).toHaveLength(1);
  });

  test.each([
    ['{"sql": "SELECT 1"', 'application/json', 400, 'invalid_json'],
    ['{"__proto__": {"x": 1}, "sql": "x"}', 'application/json', 400, 'invalid_json'],
    ['', 'application/json', 400, 'invalid_request'],
    ['sql=SELECT+1', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['SELECT 1', 'text/plain', 415, 'unsupported_media_type'],
    [`{"sql": "${'x'.repeat(5_000_000)}"}`, 'application/json', 413, 'too_large'],
  ])('a query of %.20j as %s answers %i', async (body, type, status, code) => {
    const answer = await server.post('/api/v1/query', body, { 'content-type': type });
    expect(answer.status).toBe(status);
    expect(json(answer)).toMatchObject({ error: { code, hint: expect.any(String) } });
    expect(answer.text).not.toMatch(/ at .*\.ts:\d/);
  });

  test('a bug shows its id to the client, and itself to the log only', async () => {
    const answer = await server.json('POST', '/api/v1/pipelines', { name: 'p', sql: 'bug' });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    const id = answer.headers['x-request-id'];
    expect(json(answer)).toMatchObject({ error: { code: 'internal', id } });
    const line = server.logLines.find((known) => known['id'] === id);
    expect(JSON.stringify(line)).toContain('secret of the implementation');
  });

  test.each([
    ['rubbish\r\n\r\n', 400, 'invalid_request'],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'invalid_request'],
    [`GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['GET / HTTP/1.1\r\n\r\n', 400, ''],
    ['GET / HTTP/1.0\r\n\r\n', 421, 'misdirected'],
  ])('%.30j is answered %i', async (bytes, status, code) => {
    const answer = await server.raw(bytes);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain(code);
  });

  test.each([
    ['headers', 'POST /ingest HTTP/1.1\r\nHost: x\r\n'],
    ['body', 'POST /ingest HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Length: 5\r\n\r\n{'],
  ])('slow %s are cut off', async (_part, bytes) => {
    const limits = { headersTimeoutMs: 20, requestTimeoutMs: 20, timeoutCheckIntervalMs: 5 };
    await using impatient = await TestServer.start({ limits });
    const answer = await impatient.raw(bytes.replace('PORT', String(impatient.port)));
    expect(answer).toContain('HTTP/1.1 408 ');
    expect(answer).toContain('"code":"request_timeout"');
    expect(await impatient.stored()).toEqual([]);
  });
});

describe('OPTIONS and HEAD', () => {
  test.each([
    ['/ingest', 'POST, OPTIONS'],
    ['/ingest/orders', 'POST, OPTIONS'],
    ['/api/v1/query', 'POST, OPTIONS'],
    ['/api/v1/tables/x', 'DELETE, GET, HEAD, OPTIONS'],
  ])('OPTIONS %s allows %s', async (path, allow) => {
    const answer = await server.send('OPTIONS', path, {});
    expect([answer.status, answer.headers['allow']]).toEqual([204, allow]);
  });

  test('OPTIONS of nothing is not found', async () => {
    expect((await server.send('OPTIONS', '/nowhere', {})).status).toBe(404);
  });

  test.each([
    ['/healthz', 200],
    ['/', 200],
    ['/nowhere', 404],
  ])('HEAD %s has no body', async (path, status) => {
    const answer = await server.send('HEAD', path, {});
    expect([answer.status, answer.text]).toEqual([status, '']);
  });
});

test('a request for another protocol is answered as it is', async () => {
  const body = '{"h2c":1}';
  const answer = await server.raw(
    `POST /ingest HTTP/1.1\r\nHost: localhost:${server.port}\r\n` +
      `Content-Length: ${body.length}\r\nConnection: Upgrade, HTTP2-Settings, close\r\n` +
      `Upgrade: h2c\r\n\r\n${body}`,
  );
  expect(answer).toContain('HTTP/1.1 200 OK');
  expect(await server.stored()).toContain(body);
});

test('a closing server finishes what is in flight', async () => {
  const closing = await TestServer.start();
  let arrived: () => void = () => undefined;
  const isWaiting = new Promise<void>((resolve) => (arrived = resolve));
  const { promise, resolve } = Promise.withResolvers<'queryable'>();
  closing.pipelines.wait = async () => {
    arrived();
    return await promise;
  };
  const answer = closing.post('/ingest?wait=queryable', '{"a":1}');
  await isWaiting;
  const closed = closing.server.close();
  resolve('queryable');
  expect((await answer).text).toBe('ok');
  await closed;
  await closing[Symbol.asyncDispose]();
});
