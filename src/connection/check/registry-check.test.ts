import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { ConnectionContext } from '../context.ts';
import { namesRegistry, RegistryCheck } from './registry-check.ts';
import { runStages } from './stages.ts';

let server: Server;
let url: string;
let answer: { readonly status: number; readonly body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    const wanted = `Basic ${Buffer.from('key:right').toString('base64')}`;
    const isIn = request.headers.authorization === wanted;
    response.writeHead(isIn ? answer.status : 401);
    response.end(isIn ? answer.body : '{"error_code":40101,"message":"Unauthorized"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => void server.close());

const context: ConnectionContext = {
  secrets: {
    resolve: async (reference) => await Promise.resolve(reference.replace('env:', '')),
  },
  environment: {},
  clock: systemClock,
  random: () => 0.5,
};

type Case = {
  readonly name: string;
  readonly endpoint?: (url: string) => string;
  readonly secret?: string;
  readonly status?: number;
  readonly body?: string;
  /** Of the last step that was tried. */
  readonly says: string;
};

const cases: readonly Case[] = [
  {
    name: 'every step goes well',
    says: 'registry-list ok 2 subjects; orders-value is one of them.',
  },
  {
    name: 'nobody listens',
    endpoint: () => 'http://127.0.0.1:1',
    says: 'registry-tcp failed Nothing listens at 127.0.0.1:1',
  },
  {
    name: 'no such name',
    endpoint: () => 'http://registry.invalid:8081',
    says: 'registry-dns failed',
  },
  {
    name: 'no TLS',
    endpoint: (plain) => plain.replace('http:', 'https:'),
    says: 'registry-tls failed',
  },
  {
    name: 'a wrong secret',
    secret: 'env:wrong',
    says: 'registry-login failed The schema registry at http://127.0.0.1:PORT refused access (401: Unauthorized)',
  },
  {
    name: 'subjects that may not be read',
    status: 403,
    body: '{"error_code":40301,"message":"User is denied"}',
    says: 'registry-list failed The schema registry at http://127.0.0.1:PORT refused access (403',
  },
  {
    name: 'something else',
    body: '<html>',
    says: 'registry-login failed What answers at http://127.0.0.1:PORT is no schema registry',
  },
];

test.each(cases)('$name', async ({ endpoint, secret, status, body, says }) => {
  answer = { status: status ?? 200, body: body ?? '["orders-value","refunds-value"]' };
  const options = {
    'schema_registry.endpoint': endpoint?.(url) ?? url,
    'schema_registry.api_key': 'key',
    'schema_registry.api_secret': secret ?? 'env:right',
  };
  const letGo = new AbortController();
  const place = { context, stream: 'orders', signal: letGo.signal };
  const { stages } = new RegistryCheck(() => options, place);
  const { signal } = new AbortController();
  const told: string[] = [];
  for await (const step of runStages(stages, {
    clock: systemClock,
    timeoutMs: 30_000,
    signal,
    letGo,
  })) {
    const isTried = !step.message.startsWith('Not tried');
    if (isTried) told.push(`${step.step} ${step.outcome} ${step.message}`);
  }
  const text = told.at(-1)?.replaceAll(url, 'http://127.0.0.1:PORT');
  expect(text).toContain(says);
  expect(told.join(' ')).not.toContain('wrong');
});

test('only where a registry is named', () => {
  expect(namesRegistry({ bootstrap_servers: 'b' })).toBe(false);
  expect(namesRegistry({ 'Schema_Registry.Endpoint': 'http://r' })).toBe(true);
});
