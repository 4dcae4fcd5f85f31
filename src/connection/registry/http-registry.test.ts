import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import type { ConnectionContext } from '../context.ts';
import { HttpSchemaRegistry } from './http-registry.ts';
import { SchemaRegistries } from './schema-registries.ts';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let endpoint: string;
let respond: Respond;
let asked: string[];
let nowMs: number;

beforeEach(async () => {
  asked = [];
  nowMs = 1000;
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const { signal } = new AbortController();

const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleep: async () => {},
};

const context: ConnectionContext = {
  secrets: {
    resolve: async (reference) => await Promise.resolve(reference.replace('env:', 'secret of ')),
  },
  environment: {},
  clock,
  random: () => 0.5,
};

function registry(options: Readonly<Record<string, string>> = {}): HttpSchemaRegistry {
  return new HttpSchemaRegistry({ 'schema_registry.endpoint': endpoint, ...options }, context);
}

function answers(pages: Readonly<Record<string, unknown>>): Respond {
  return (request, response) => {
    const page = pages[request.url ?? ''];
    response.statusCode = page === undefined ? 404 : 200;
    response.end(JSON.stringify(page ?? { error_code: 40403, message: 'Schema not found' }));
  };
}

async function failure(promise: Promise<unknown>): Promise<HeliosError> {
  try {
    await promise;
  } catch (thrown) {
    return asHeliosError(thrown);
  }
  throw new Error('it succeeded');
}

test('a schema is asked for once, with what it uses before it', async () => {
  const use = (subject: string): unknown => ({ name: subject, subject, version: 1 });
  respond = answers({
    '/schemas/ids/7': { schema: '"a"', references: [use('b/1'), use('c')] },
    '/subjects/b%2F1/versions/1': { schema: '"b"', references: [use('c'), use('a')] },
    '/subjects/c/versions/1': { schema: '"c"' },
    '/subjects/a/versions/1': { schema: '"a"', references: [use('b/1')] },
  });
  const one = registry();
  expect(await one.schema(7, signal)).toEqual({
    type: 'AVRO',
    text: '"a"',
    references: ['"c"', '"a"', '"b"'],
  });
  await one.schema(7, signal);
  expect(asked.filter((path) => path === '/schemas/ids/7')).toHaveLength(1);
});

test('the name and the password are looked up and sent', async () => {
  respond = (request, response) => {
    const [, basic = ''] = (request.headers.authorization ?? '').split(' ');
    response.end(JSON.stringify({ schema: Buffer.from(basic, 'base64').toString() }));
  };
  const access = { 'schema_registry.api_key': 'key', 'schema_registry.api_secret': 'env:S' };
  const found = await registry(access).schema(1, signal);
  expect(found?.text).toBe('key:secret of S');
});

test('a missing schema is waited for, then given up, and found when it comes', async () => {
  respond = answers({});
  const one = registry();
  const missing = await failure(one.schema(3, signal));
  expect(missing.code).toBe('schema_missing');
  expect(missing.message).toBe(`The schema registry at ${endpoint} has no schema with the id 3.`);
  expect(missing.hint).toContain('After 5 minutes such records are rejected.');
  nowMs += 299_999;
  expect((await failure(one.schema(3, signal))).code).toBe('schema_missing');
  nowMs += 1;
  expect(await one.schema(3, signal)).toBeUndefined();
  expect(await one.schema(3, signal)).toBeUndefined();
  expect(asked).toHaveLength(2);
  // Another id is waited for by itself.
  expect((await failure(one.schema(4, signal))).code).toBe('schema_missing');
  respond = answers({ '/schemas/ids/3': { schema: '"int"' } });
  nowMs += 60_000;
  expect((await one.schema(3, signal))?.text).toBe('"int"');
});

test('a schema is missing where one that it uses is', async () => {
  const references = [{ name: 'b', subject: 'b', version: 2 }];
  respond = answers({ '/schemas/ids/7': { schema: '"b"', references } });
  expect((await failure(registry().schema(7, signal))).code).toBe('schema_missing');
});

const fails = (status: number, body: string): Respond => {
  return (_request, response) => {
    response.statusCode = status;
    response.end(body);
  };
};

test.each<readonly [string, Respond, string, string]>([
  ['401', fails(401, '{"message":"bad secret of S here"}'), 'access_refused', '(401: bad … here)'],
  ['403', fails(403, ''), 'access_refused', 'refused access (403)'],
  ['429', fails(429, ''), 'throttled', 'too much to do'],
  [
    '500',
    fails(500, '{"error_code":50001,"message":"no store"}'),
    'unreachable',
    '(500: no store)',
  ],
  [
    'a page for nothing',
    fails(404, '<html>'),
    'unreachable',
    'no schema registry: it gave status 404',
  ],
  ['a redirect', fails(302, ''), 'unreachable', 'no schema registry: it gave status 302'],
  ['no JSON', fails(200, 'hello'), 'unreachable', 'no schema registry: it gave status 200'],
  ['other JSON', fails(200, '{"a":1}'), 'unreachable', 'an answer without a schema'],
  ['too much', fails(200, ' '.repeat(9 * 1024 * 1024)), 'unreachable', 'more than 8 MiB'],
  ['a closed door', (request) => request.socket.destroy(), 'unreachable', 'closed the connection'],
])('an answer of %s is a clear failure', async (_, answer, code, message) => {
  respond = answer;
  const access = { 'schema_registry.api_key': 'key', 'schema_registry.api_secret': 'env:S' };
  const failed = await failure(registry(access).schema(1, signal));
  expect(failed.code).toBe(code);
  expect(failed.message).toContain(message);
  expect(failed.message).not.toContain('secret of S');
  expect(failed.hint).toBeDefined();
});

test('nobody at home is unreachable, and found again', async () => {
  respond = answers({ '/schemas/ids/1': { schema: '"int"' } });
  const one = registry();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const failed = await failure(one.schema(1, signal));
  expect([failed.code, failed.message]).toEqual(['unreachable', `Nothing listens at ${endpoint}.`]);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect((await one.schema(1, signal))?.text).toBe('"int"');
});

test('whoever gives up is not kept waiting', async () => {
  respond = () => {};
  const controller = new AbortController();
  const waiting = registry().schema(1, controller.signal);
  controller.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow();
});

test('tables of the same registry share what it knows', () => {
  const registries = new SchemaRegistries(context);
  const one = { 'schema_registry.endpoint': 'http://a/', bootstrap_servers: 'x:1' };
  expect(registries.of(one)).toBe(registries.of({ ...one, bootstrap_servers: 'y:1' }));
  expect(registries.of(one).endpoint).toBe('http://a');
  expect(registries.of(one)).not.toBe(registries.of({ 'schema_registry.endpoint': 'http://b' }));
  expect(() => registries.of({ bootstrap_servers: 'x:1' })).toThrow('names no schema registry');
});
