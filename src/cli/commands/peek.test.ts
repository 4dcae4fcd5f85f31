import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { indentJson } from '../discovery/indent-json.ts';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

let api: FakeApi;

beforeEach(async () => {
  api = await FakeApi.start();
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const place = { partition: '0', position: '7', time: '2026-01-01T00:00:00.000Z' };
const answer = {
  records: [
    { ...place, key: { text: 'k\u001b' }, headers: { a: 'b' }, value: { text: '{"n":1.50}' } },
    { ...place, key: null, headers: {}, value: null },
    { ...place, key: null, headers: {}, value: { base64: '/wA=' } },
    { ...place, key: null, headers: {}, value: { text: 'line\nbreak\u001b[31m' } },
  ],
  silent: ['1', '2'],
  problems: [{ partition: '3', message: 'nobody leads it' }],
  cost: '2 reads of 2 shards, at most 1 a second of the 5 that a shard allows',
};

const route = 'GET /api/v1/connections/prod/streams/orders/records';

async function peek(...words: string[]) {
  return await runToEnd(['peek', ...words, '--url', api.url], {});
}

test('shows records with what surrounds them, and never a control character', async () => {
  api.routes[route] = { body: answer };
  const run = await peek('orders', '-c', 'prod');
  expect(run.stdout.split('\n')).toEqual([
    '2026-01-01T00:00:00.000Z  0:7  k\\u001b  a=b',
    '{"n":1.50}',
    '2026-01-01T00:00:00.000Z  0:7',
    '(no value: a tombstone)',
    '2026-01-01T00:00:00.000Z  0:7',
    `${'ff 00'.padEnd(47)}  ..`,
    '2026-01-01T00:00:00.000Z  0:7',
    'line',
    'break\\u001b[31m',
    '',
  ]);
  expect(run.stderr).toContain('Nothing in 1, 2.');
  expect(run.stderr).toContain('3: nobody leads it');
  expect(run.stderr).toContain('It took 2 reads of 2 shards');
});

test('gives one object a record as JSON', async () => {
  api.routes[route] = { body: answer };
  const { stdout } = await peek('orders', '-c', 'prod', '--json');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ v: 1, position: '7', headers: { a: 'b' } });
});

test('asks for what was typed', async () => {
  await peek('a/b', '-c', 'prod', '--from', '2:5', '-p', '1', '-p', '2', '-n', '3');
  await peek('clicks', '--from', 'oldest');
  await peek('clicks', '--from', '10m');
  const asked = api.seen.map((seen) => seen.route).filter((one) => one.includes('/records'));
  expect(asked.slice(0, 2)).toEqual([
    'GET /api/v1/connections/prod/streams/a%2Fb/records?from=2%3A5&partition=1%2C2&count=3',
    'GET /api/v1/streams/clicks/records?from=oldest',
  ]);
  expect(asked[2]).toMatch(/from=\d{4}-\d\d-\d\dT/);
});

test('says what to type where a topic was meant', async () => {
  const connections = [{ name: 'prod', kind: 'kafka', options: {}, created_at: '' }];
  api.routes['GET /api/v1/connections'] = { body: { connections } };
  api.routes['GET /api/v1/streams'] = { body: { streams: [] } };
  const run = await peek('orders');
  expect(run.exitCode).toBe(4);
  expect(run.stderr).toContain('helios peek orders --connection prod\n');
  const two = [...connections, { ...connections[0], name: 'test' }];
  api.routes['GET /api/v1/connections'] = { body: { connections: two } };
  const choice = await peek('orders');
  expect(choice.stderr).toContain('--connection NAME; there are: prod, test');
});

test('says where a stream is kept that Helios does not keep itself', async () => {
  const connections = [{ name: 'prod', kind: 'kafka', options: {}, created_at: '' }];
  api.routes['GET /api/v1/connections'] = { body: { connections } };
  const backing = { kind: 'kafka', connection: 'prod', topic: 'orders.v1' };
  api.routes['GET /api/v1/streams'] = { body: { streams: [{ name: 'orders', backing }] } };
  const run = await peek('orders');
  expect(run.exitCode).toBe(4);
  expect(run.stderr).toContain('helios peek orders.v1 --connection prod');
});

test('lists the streams of a connection, and leaves blank what is not known', async () => {
  const streams = [
    { name: 'orders', partitions: 3, retention_ms: null, records_per_second: 1234.5, bytes: 2048 },
    { name: 'other' },
  ];
  api.routes['GET /api/v1/connections/prod/streams'] = { body: { streams } };
  const words = ['connection', 'streams', 'prod', '--url', api.url];
  const { stdout } = await runToEnd(words, {});
  expect(stdout).toContain('orders');
  expect(stdout).toMatch(/3 │ for ever │\s+1,235 │ 2.0 KiB/);
  expect(stdout).not.toMatch(/undefined|NaN|NULL/);
});

describe('JSON over several lines', () => {
  const cases = [
    ['1.50', '1.50'],
    ['{"a":12345678901234567890}', '{\n  "a": 12345678901234567890\n}'],
    ['[1,[ ],{ }]', '[\n  1,\n  [],\n  {}\n]'],
    ['{"a":"{\\"b,:"}', '{\n  "a": "{\\"b,:"\n}'],
    ['{"a":', undefined],
  ] as const;
  test.each(cases)('%s', (text, expected) => {
    expect(indentJson(text)).toBe(expected);
  });
});
