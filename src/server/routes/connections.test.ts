import { afterAll, beforeAll, expect, test } from 'vitest';
import { json, TestServer } from '../testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const path = '/api/v1/connections';

/** Nothing listens on port 1. */
const nowhere = { kind: 'kafka', options: { bootstrap_servers: '127.0.0.1:1' } };
const secret = {
  bootstrap_servers: '127.0.0.1:1',
  'auth.type': 'sasl',
  'auth.mechanism': 'PLAIN',
  'auth.username': 'u',
};

type Line = { readonly step: string; readonly outcome: string; readonly hint?: string };

async function stepsOf(address: string, body: unknown): Promise<Line[]> {
  const answer = await server.json('POST', address, body);
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.headers['content-type']).toBe('application/x-ndjson');
  const lines = answer.text.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

test('a connection that is not kept is tried step by step', async () => {
  const steps = await stepsOf(`${path}/test`, nowhere);
  expect(steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
    'options ok',
    'dns ok',
    'tcp failed',
    'tls skipped',
    'authentication skipped',
    'authorisation skipped',
    'describe skipped',
    'read skipped',
  ]);
  expect(steps[2]?.hint).toContain('Check the port');
});

test('a kept connection is tried by its name', async () => {
  await server.json('POST', path, { name: 'kept', ...nowhere });
  const steps = await stepsOf(`${path}/kept/test`, { stream: 'orders', timeout_ms: 5000 });
  expect(steps[2]).toMatchObject({ step: 'tcp', outcome: 'failed' });
});

test('what is wrong with options, or a secret that is missing, is the first step', async () => {
  const [first] = await stepsOf(`${path}/test`, { kind: 'kafka', options: {} });
  expect(first).toMatchObject({ step: 'options', outcome: 'failed' });
  const options = { ...secret, 'auth.password': 'env:NOT_SET' };
  const [missing] = await stepsOf(`${path}/test`, { kind: 'kafka', options });
  expect(missing).toMatchObject({
    message: 'The environment variable NOT_SET is not set where Helios runs.',
  });
});

const refused: readonly (readonly [string, unknown, number, object])[] = [
  ['', { name: 'a b', ...nowhere }, 400, { code: 'invalid_name' }],
  ['', { name: 'x', kind: 'mqtt', options: {} }, 400, { code: 'invalid_request' }],
  ['', { name: 'x', kind: 'kafka' }, 400, { code: 'invalid_request' }],
  ['', { name: 'x', kind: 'kafka', options: { zzz: '1' } }, 400, { code: 'invalid_config' }],
  ['', { name: 'x', kind: 'kafka', options: { zzz: 1 } }, 400, { code: 'invalid_request' }],
  ['/nope/test', {}, 404, { code: 'not_found' }],
  ['/test', { kind: 'confluent', options: {} }, 400, { code: 'invalid_config' }],
];

test.each(refused)('POST %s %o is refused', async (below, body, status, error) => {
  const answer = await server.json('POST', `${path}${below}`, body);
  expect(answer.status).toBe(status);
  expect(json(answer)).toMatchObject({ error });
});

test('a plain password is refused, and neither answered nor logged', async () => {
  const options = { ...secret, 'auth.password': 'canary-hunter2' };
  const create = await server.json('POST', path, { name: 'x', kind: 'kafka', options });
  const tried = await server.json('POST', `${path}/test`, { kind: 'kafka', options });
  expect(create.status).toBe(400);
  expect(create.text).toContain('Give a reference such as env:KAFKA_PASSWORD');
  expect(tried.text).toContain('Give a reference such as env:KAFKA_PASSWORD');
  for (const seen of [create.text, tried.text, JSON.stringify(server.logLines)]) {
    expect(seen).not.toContain('canary');
  }
});
