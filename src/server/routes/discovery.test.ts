import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { Discovery } from '../../discovery/discovery.ts';
import { Engine } from '../../engine/engine.ts';
import type { PeekedRecord, PeekRequest, StreamLook } from '../../source/look.ts';
import { parsePeekStart } from '../discovery/peek-start.ts';
import { json, TestServer } from '../testing/test-server.ts';

let directory: string;
let engine: Engine;
let server: TestServer;
const asked: PeekRequest[] = [];
let closed = 0;
/** The stream `late` has records once so many looks were made. */
let lateUntil = 0;

/** Two partitions, of which one is silent; `gone` is not there. */
const look: StreamLook = {
  kind: 'kafka',
  streams: async () => await Promise.resolve([{ ...unknown, name: 's', retentionMs: Infinity }]),
  describe: async (name) => await Promise.resolve({ ...unknown, name, details: [] }),
  peek: async (request) => {
    asked.push(request);
    if (request.stream === 'empty' || (request.stream === 'late' && asked.length < lateUntil)) {
      return await Promise.resolve({ records: [], silent: ['0', '1'], problems: [], cost: '' });
    }
    if (request.stream === 'gone') throw new HeliosError('stream_missing', 'It is gone.');
    const records = ['{"id":1}', '{"id":'].map(record);
    return await Promise.resolve({ records, silent: ['1'], problems: [], cost: 'nothing' });
  },
  close: async () => {
    closed++;
    await Promise.resolve();
  },
};

const unknown = {
  partitions: 2,
  retentionMs: undefined,
  recordsPerSecond: undefined,
  bytesPerSecond: undefined,
  bytes: undefined,
};

function record(text: string, index: number): PeekedRecord {
  const place = { partition: '0', position: String(index), timestampMs: index };
  const beside = { key: Buffer.of(0xff), headers: {}, metadata: {} };
  return { ...place, ...beside, value: Buffer.from(text) };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-discovery-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: directory });
  const discovery = new Discovery({
    openLook: async (name) => {
      if (name === 'nope') throw new HeliosError('not_found', 'There is no such connection.');
      return await Promise.resolve(look);
    },
    engine,
    temporaryDirectory: directory,
    pathOf: (table) => `tables/${table}`,
    clock: { ...systemClock, sleep: async (_, abort) => await systemClock.sleep(5, abort) },
  });
  server = await TestServer.start({ discovery });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

const path = '/api/v1/connections/c/streams';

test('what is not known is left out, and for ever is null', async () => {
  const { text } = await server.json('GET', path);
  expect(JSON.parse(text)).toEqual({ streams: [{ name: 's', partitions: 2, retention_ms: null }] });
  expect(json(await server.json('GET', `${path}/s`))).toMatchObject({ name: 's', details: [] });
});

test('records come as text, or base64', async () => {
  const answer = await server.json('GET', `${path}/s/records?partition=0,1&count=7&from=oldest`);
  expect(json(answer)).toMatchObject({
    records: [
      { position: '0', time: '1970-01-01T00:00:00.000Z', value: { text: '{"id":1}' } },
      { key: { base64: '/w==' } },
    ],
    silent: ['1'],
    cost: 'nothing',
  });
  expect(asked.at(-1)).toMatchObject({
    partitions: ['0', '1'],
    count: 7,
    from: { kind: 'oldest' },
    spread: 'time',
  });
});

test('a first record is waited for, where there is none', async () => {
  lateUntil = asked.length + 3;
  const answer = await server.json('GET', `${path}/late/records?count=7&wait_ms=60000`);
  expect(json(answer)).toMatchObject({ records: [{ position: '0' }, { position: '1' }] });
  const looks = asked.slice(-4).map(({ from, count }) => `${from.kind} ${count}`);
  expect(looks).toEqual(['newest 7', 'oldest 1', 'oldest 1', 'newest 7']);
  lateUntil = asked.length + 2;
  const draft = await server.json('POST', `${path}/late/infer`, { wait_ms: 60_000 });
  expect(json(draft)).toMatchObject({ columns: [{ name: 'id' }] });
  const none = await server.json('GET', `${path}/empty/records?wait_ms=20`);
  expect(json(none)).toMatchObject({ records: [], silent: ['0', '1'] });
});

test('a stream of the log, and an ARN, are names like others', async () => {
  const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks';
  await server.json('GET', `${path}/${encodeURIComponent(arn)}/records`);
  expect(asked.at(-1)).toMatchObject({ stream: arn, count: 10, from: { kind: 'newest' } });
  expect(await server.json('GET', '/api/v1/streams/events/records')).toMatchObject({ status: 200 });
});

test('a draft tells the schema, the script, and what it would reject', async () => {
  const before = closed;
  const answer = await server.json('POST', `${path}/s/infer`, { table: 't', offset: 'latest' });
  expect(json(answer)).toMatchObject({
    table: 't',
    shape: 'columns',
    columns: [{ name: 'id', type: 'BIGINT', present_count: 1 }],
    sample: { record_count: 2, partition_counts: { 0: 2 }, silent: ['1'] },
    dry_run: {
      accepted_count: 1,
      rejected_count: 1,
      counts_by_code: { malformed_json: 1 },
      rejected: [
        { partition: '0', position: '1', code: 'malformed_json', raw: { text: '{"id":' } },
      ],
    },
  });
  expect(json(answer)).toHaveProperty('sql', expect.stringContaining("'source.offset' = 'latest'"));
  expect(asked.at(-1)).toMatchObject({ spread: 'even', count: 200 });
  expect(closed).toBe(before + 1);
});

const refused: readonly (readonly [string, string, unknown, number, string])[] = [
  ['GET', '/s/records?count=0', undefined, 400, 'invalid_request'],
  ['GET', '/s/records?count=x', undefined, 400, 'invalid_request'],
  ['GET', '/s/records?wait_ms=120001', undefined, 400, 'invalid_request'],
  ['GET', '/s/records?from=1:x', undefined, 400, 'invalid_request'],
  ['GET', '/s/records?zzz=1', undefined, 400, 'invalid_request'],
  ['GET', '/gone/records', undefined, 404, 'stream_missing'],
  ['POST', '/s/infer', { count: 9999 }, 400, 'invalid_request'],
  ['POST', '/s/infer', { from: '0:1' }, 400, 'invalid_request'],
  ['POST', '/s/infer', { table: 'a b' }, 400, 'invalid_name'],
  ['POST', '/s/infer', { offset: 'soon' }, 400, 'invalid_request'],
];
test.each(refused)('%s %s %o is refused with %d', async (method, below, body, status, code) => {
  const answer = await server.json(method, `${path}${below}`, body);
  expect(json(answer)).toMatchObject({ error: { code } });
  expect(answer.status).toBe(status);
});

test('a connection that is not there is not found', async () => {
  const answer = await server.json('GET', '/api/v1/connections/nope/streams');
  expect(answer.status).toBe(404);
});

describe('a place in a stream', () => {
  const places = [
    ['newest', { kind: 'newest' }],
    ['earliest', { kind: 'oldest' }],
    ['2026-01-01', { kind: 'time', atMs: 1767225600000 }],
    ['2026-01-01T00:00:00Z', { kind: 'time', atMs: 1767225600000 }],
    ['2026-01-01 01:00:00+01:00', { kind: 'time', atMs: 1767225600000 }],
    ['1767225600000', { kind: 'time', atMs: 1767225600000 }],
    ['3:15', { kind: 'position', partition: '3', position: '15' }],
    [
      'shardId-000000000001:495903',
      {
        kind: 'position',
        partition: 'shardId-000000000001',
        position: '495903',
      },
    ],
    [
      'shardId-000000000001:@1767225600000',
      {
        kind: 'position',
        partition: 'shardId-000000000001',
        position: '@1767225600000',
      },
    ],
  ] as const;
  test.each(places)('%s', (text, expected) => {
    expect(parsePeekStart(text)).toEqual(expected);
  });

  test.each(['', 'soon', '2026-13-01', '3:', ':5', '3:-1'])('%o is none', (text) => {
    expect(() => parsePeekStart(text)).toThrow('no place in a stream');
  });
});

test('the records of a sample come along where they are asked for', async () => {
  const answer = await server.json('POST', `${path}/s/infer`, { records: true });
  expect(json(answer)).toMatchObject({
    sample: { records: [{ position: '0', value: { text: '{"id":1}' } }, { position: '1' }] },
  });
});

test('a script is tried on records that were looked at before', async () => {
  const withType = (type: string): unknown => ({
    sql:
      `CREATE TABLE s (id ${type}) WITH (connector = 'http', format = 'json');` +
      "CREATE TABLE t WITH (connector = 'delta', path = 't', format = 'parquet');" +
      'INSERT INTO t SELECT id FROM s;',
    records: [
      { partition: '0', position: '5', value: { text: '{"id":"n/a"}' } },
      { partition: '0', position: '6', value: { base64: 'eyJpZCI6MX0=' } },
    ],
  });
  const narrow = await server.json('POST', '/api/v1/pipelines/try', withType('BIGINT'));
  expect(json(narrow)).toMatchObject({
    valid: true,
    dry_run: { accepted_count: 1, rejected: [{ index: 0, position: '5' }] },
  });
  const wide = await server.json('POST', '/api/v1/pipelines/try', withType('JSON'));
  expect(json(wide)).toMatchObject({ dry_run: { rejected_count: 0 } });
  const wrong = await server.json('POST', '/api/v1/pipelines/try', withType('HUGE'));
  expect(json(wrong)).toMatchObject({ valid: false, errors: [{ position: {} }] });
});

test('a pipeline is drafted for records that were looked at before', async () => {
  const answer = await server.json('POST', '/api/v1/pipelines/draft', {
    table: 'old',
    source: { connector: 'single_file', path: '/data/old.json' },
    records: [{ partition: '0', position: '0', value: { text: '{"id":1}' } }],
  });
  expect(json(answer)).toMatchObject({ columns: [{ name: 'id', type: 'BIGINT' }] });
  expect(answer.text).toContain("path = '/data/old.json'");
});
