import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingestBodies } from '../testing/ingest-bodies.ts';
import { json, TestServer } from '../testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  await server.log.createStream({ name: 'orders.v1' });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** The lines that a request added to `events`. */
async function added(action: () => Promise<unknown>): Promise<string[]> {
  const before = await server.stored();
  await action();
  return (await server.stored()).slice(before.length);
}

describe('what is stored', () => {
  test.each(ingestBodies)('%s %j becomes %j', async (type, body, lines) => {
    const stored = await added(async () => {
      const answer = await server.post('/ingest', body, { 'content-type': type });
      expect(answer).toMatchObject({ status: 200, text: 'ok' });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-z]+$/);
    });
    expect(stored).toEqual(lines);
  });

  test('a stream of its own, and only there', async () => {
    expect((await server.post('/ingest/orders.v1', '{"o":1}')).text).toBe('ok');
    expect(await server.stored('orders.v1')).toEqual(['{"o":1}']);
    expect(await added(() => server.post('/ingest/events', '{"e":1}'))).toEqual(['{"e":1}']);
  });
});

const lines = '{"a":1}\n{"a":2}\n';
const two = ['{"a":1}', '{"a":2}'];
const half = lines.length / 2;

describe('encodings', () => {
  test.each([
    ['identity', Buffer.from(lines)],
    ['gzip', gzipSync(lines)],
    ['GZIP', gzipSync(lines)],
    ['x-gzip', gzipSync(lines)],
    ['gzip', Buffer.concat([gzipSync(lines.slice(0, half)), gzipSync(lines.slice(half))])],
    ['zstd', zstdCompressSync(lines)],
    [
      'zstd',
      Buffer.concat([zstdCompressSync(lines.slice(0, half)), zstdCompressSync(lines.slice(half))]),
    ],
  ])('%s is inflated, all of its members', async (encoding, body) => {
    const headers = { 'content-encoding': encoding };
    expect(await added(() => server.post('/ingest', body, headers))).toEqual(two);
  });

  test.each([
    ['br', Buffer.from('x'), 415, 'unsupported_media_type'],
    ['gzip, gzip', gzipSync(lines), 415, 'unsupported_media_type'],
    ['gzip', Buffer.from(lines), 400, 'invalid_encoding'],
    ['zstd', Buffer.from(lines), 400, 'invalid_encoding'],
    ['gzip', Buffer.alloc(0), 400, 'invalid_encoding'],
    ['gzip', Buffer.concat([gzipSync(lines), Buffer.from('rubbish')]), 400, 'invalid_encoding'],
    [
      'zstd',
      Buffer.concat([zstdCompressSync(lines), Buffer.from('rubbish')]),
      400,
      'invalid_encoding',
    ],
    ['gzip', gzipSync(Buffer.alloc(65 * 1024 * 1024, ' ')), 413, 'too_large'],
    ['zstd', zstdCompressSync(Buffer.alloc(65 * 1024 * 1024, ' ')), 413, 'too_large'],
    [
      'zstd',
      Buffer.concat(Array.from({ length: 2000 }, () => zstdCompressSync(''))),
      413,
      'too_large',
    ],
  ])('%s of something else is refused', async (encoding, body, status, code) => {
    const stored = await added(async () => {
      const answer = await server.post('/ingest', body, { 'content-encoding': encoding });
      expect(answer.status).toBe(status);
      expect(json(answer)).toMatchObject({ error: { code, hint: expect.any(String) } });
    });
    expect(stored).toEqual([]);
  });

  test.each([
    ['gzip', gzipSync(lines)],
    ['zstd', zstdCompressSync(lines)],
  ])('%s that is cut anywhere stores nothing', async (encoding, body) => {
    const stored = await added(async () => {
      for (let length = 1; length < body.byteLength; length++) {
        const cut = body.subarray(0, length);
        const answer = await server.post('/ingest', cut, { 'content-encoding': encoding });
        expect([length, answer.status]).toEqual([length, 400]);
      }
    });
    expect(stored).toEqual([]);
  });
});

describe('bodies cut at every byte', () => {
  const host = (): string => `Host: 127.0.0.1:${server.port}\r\n`;
  const body = '{"msg": "test"}';

  test('with a length, the connection closed: nothing is stored', async () => {
    const head = `POST /ingest HTTP/1.1\r\n${host()}Content-Length: ${body.length}\r\n\r\n`;
    const whole = head + body;
    const stored = await added(async () => {
      const cuts = Array.from({ length: whole.length - 1 }, (_, index) => index + 1);
      await Promise.all(
        cuts.map(async (length) => {
          const answer = await server.raw(whole.slice(0, length), { isEnding: true });
          expect(answer.startsWith('HTTP/1.1 2')).toBe(false);
        }),
      );
    });
    expect(stored).toEqual([]);
  });

  test('chunked, without the last chunk: nothing is stored', async () => {
    const head = `POST /ingest HTTP/1.1\r\n${host()}Transfer-Encoding: chunked\r\n\r\n`;
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
    const stored = await added(async () => {
      const answer = await server.raw(`${head}${chunk}`, { isEnding: true });
      expect(answer.startsWith('HTTP/1.1 2')).toBe(false);
    });
    expect(stored).toEqual([]);
  });

  test('as a shorter whole body: refused with its place, nothing stored', async () => {
    const stored = await added(async () => {
      for (let length = 0; length < body.length; length++) {
        const answer = await server.post('/ingest', body.slice(0, length));
        expect(answer.status).toBe(400);
        expect(json(answer)).toMatchObject({ error: { message: expect.any(String) } });
      }
    });
    expect(stored).toEqual([]);
  });
});

test.each([
  ['/ingest/..', 404, 'not_found'],
  ['/ingest/%2e%2e', 404, 'not_found'],
  ['/ingest/%2e%2e%2fevents', 400, 'invalid_name'],
  ['/ingest/../events', 400, 'invalid_name'],
  ['/ingest/a/b', 400, 'invalid_name'],
  ['/ingest/%zz', 400, 'invalid_name'],
  ['/ingest/"quoted"', 404, 'not_found'],
  ["/ingest/it's", 404, 'not_found'],
  ['/ingest/%F0%9F%98%80', 404, 'not_found'],
  ['/ingest/%00', 404, 'not_found'],
  [`/ingest/${'x'.repeat(300)}`, 400, 'invalid_name'],
  ['/ingest/__proto__', 404, 'not_found'],
  ['/ingest/constructor', 404, 'not_found'],
  ['/ingest?wait=later', 400, 'invalid_request'],
  ['/ingest?wiat=queryable', 400, 'invalid_request'],
  ['/ingestion', 404, 'not_found'],
])('POST %s answers %i %s', async (path, status, code) => {
  const answer = await server.post(path, '{"a":1}');
  expect(answer.status).toBe(status);
  expect(json(answer)).toMatchObject({ error: { code } });
});

test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('%s is not for ingest', async (method) => {
  const answer = await server.send(method, '/ingest', {});
  expect(answer.status).toBe(405);
  expect(answer.headers['allow']).toBe('POST, OPTIONS');
});

test('a body that says it is too large is refused before it is read', async () => {
  const answer = await server.raw(
    `POST /ingest HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Length: 40000000\r\n\r\n`,
    { isEnding: true },
  );
  expect(answer).toContain('HTTP/1.1 413 ');
  expect(answer).toContain('"code":"too_large"');
});

test('a body that does not say how large it is, is refused once it is too large', async () => {
  await using small = await TestServer.start({ limits: { ingestBodyBytesMax: 1000 } });
  const head = `POST /ingest HTTP/1.1\r\nHost: localhost:${small.port}\r\n`;
  const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
  const bytes = `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk}0\r\n\r\n`;
  expect(await small.raw(bytes)).toContain('HTTP/1.1 413 ');
  expect(await small.stored()).toEqual([]);
});

test('bodies beyond the memory for all of them are told to come again', async () => {
  await using small = await TestServer.start({ limits: { ingestMemoryBytesMax: 100 } });
  const answer = await small.post('/ingest', `{"a":"${'x'.repeat(200)}"}`);
  expect(answer.status).toBe(429);
  expect(answer.headers['retry-after']).toBe('1');
  expect((await small.post('/ingest', '{"a":1}')).text).toBe('ok');
  const metrics = await small.send('GET', '/metrics', {});
  expect(metrics.text).toContain('helios_ingest_body_bytes 0\n');
  expect(metrics.text).toContain('helios_ingest_rejections_total{code="too_busy"} 1\n');
  expect(metrics.text).toContain('helios_ingest_requests_total{stream="events"} 1\n');
});

describe('Idempotency-Key', () => {
  test('the same key stores once, another body is refused', async () => {
    const headers = { 'idempotency-key': 'key-1' };
    const stored = await added(async () => {
      const first = await server.post('/ingest', '{"k":1}', headers);
      const second = await server.post('/ingest', '{"k":1}', headers);
      expect([first.text, second.text]).toEqual(['ok', 'ok']);
      expect(first.headers['idempotent-replayed']).toBeUndefined();
      expect(second.headers['idempotent-replayed']).toBe('true');
      const third = await server.post('/ingest', '{"k":2}', headers);
      expect(third.status).toBe(422);
      expect(json(third)).toMatchObject({ error: { code: 'idempotency_mismatch' } });
    });
    expect(stored).toEqual(['{"k":1}']);
  });

  test.each(['', 'x'.repeat(256)])('%j is no key', async (key) => {
    const answer = await server.post('/ingest', '{"k":1}', { 'idempotency-key': key });
    expect(answer.status).toBe(400);
  });
});

describe('?wait=queryable', () => {
  test.each([
    ['once SQL sees it', async () => 'queryable' as const, 200, 'ok'],
    ['when it does not', async () => 'stored' as const, 202, 'stored, not yet queryable'],
    [
      'and never fails once it is durable',
      () => Promise.reject(new Error('pipeline bug')),
      202,
      'stored, not yet queryable',
    ],
  ])('answers %s', async (_name, wait, status, text) => {
    server.pipelines.wait = wait;
    const { endOffset } = server.log.getStream('events').partitions[0]!;
    const answer = await server.post('/ingest?wait=queryable', '{"w":1}');
    expect(answer).toMatchObject({ status, text });
    const position = String(endOffset + '{"w":1}\n'.length);
    expect(server.pipelines.waits.at(-1)).toEqual(['events', new Map([['0', position]])]);
  });
});
