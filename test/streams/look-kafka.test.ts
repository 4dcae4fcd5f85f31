import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  ConnectionStreamsAnswer,
  InferAnswerDocument,
  PeekAnswerDocument,
  StreamDescriptionAnswer,
} from '../../src/server/discovery/discovery-answers.ts';
import { JavaProducers, produce, type Sent } from '../peers/kafka-producers.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { HeliosProcess } from '../process/helios-process.ts';

const parts = await kafkaParts();

describe.skipIf(parts === undefined)('a look at a real broker', () => {
  let broker: KafkaBroker;
  let helios: HeliosProcess;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'helios-look-'));
    broker = await KafkaBroker.create(parts!);
    helios = await HeliosProcess.start({
      dataDirectory: directory,
      environment: { WRONG: 'not-it', RIGHT: 'scram-secret' },
    });
    await fill();
    await connect('local', { bootstrap_servers: broker.bootstrap.plaintext });
  });

  afterAll(async () => {
    await helios?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  async function connect(name: string, options: Readonly<Record<string, string>>): Promise<void> {
    await helios.call('POST', '/api/v1/connections', { name, kind: 'kafka', options });
  }

  /** Times are a second apart, and records go to the partitions 0 and 1 in turn. */
  async function fill(): Promise<void> {
    await broker.createTopic('orders', 3, { 'retention.ms': '3600000' });
    await broker.createTopic('empty', 2);
    await broker.createTopic('binary');
    await broker.createTopic('poison');
    const orders = Array.from({ length: 300 }, (_, index): Sent => {
      const customer = { id: index % 7, name: `name ${index}` };
      const amount = index === 299 ? 12345678901234567890n.toString() : String(index * 1.5);
      return {
        partition: index % 2,
        key: Buffer.from(`key-${index}`),
        headers: new Map([[Buffer.from('trace'), Buffer.from(`t${index}`)]]),
        timestamp: BigInt(timeOf(index)),
        value: Buffer.from(
          `{"id":${index},"amount":${amount},"at":"${new Date(timeOf(index)).toISOString()}",` +
            `"customer":${JSON.stringify(customer)}}`,
        ),
      };
    });
    await produce(broker, 'orders', orders, 'lz4');
    const bytes = Array.from({ length: 20 }, (_, index): Sent => ({
      value: Buffer.from([0xff, index, 10, 0xfe]),
    }));
    await produce(broker, 'binary', bytes);
    const poison = ['{"id":', '[]', '"text"', '', '{"id":"not a number"}', '\u0000'];
    const good = Array.from({ length: 60 }, (_, index) => `{"id":${index}}`);
    await produce(
      broker,
      'poison',
      [...good, ...poison].map((text) => ({ value: Buffer.from(text) })),
      'gzip',
    );
    await produce(broker, 'poison', [{ key: Buffer.from('k') }, { value: Buffer.of(0xff) }]);
  }

  const startMs = Date.now() - 3_000_000;
  function timeOf(index: number): number {
    return startMs + index * 1000;
  }

  const streams = '/api/v1/connections/local/streams';

  async function peek(topic: string, query: string): Promise<PeekAnswerDocument> {
    return await helios.call('GET', `${streams}/${topic}/records?${query}`);
  }

  async function infer(topic: string, body: object = {}): Promise<InferAnswerDocument> {
    return await helios.call('POST', `${streams}/${topic}/infer`, body);
  }

  function places({ records }: PeekAnswerDocument): string {
    return records.map(({ partition, position }) => `${partition}:${position}`).join(' ');
  }

  test('lists topics with what is known of them', async () => {
    const answer = await helios.call<ConnectionStreamsAnswer>('GET', streams);
    expect(answer.streams.map(({ name }) => name)).toEqual(['binary', 'empty', 'orders', 'poison']);
    const orders = answer.streams[2];
    expect(orders).toMatchObject({ partitions: 3, retention_ms: 3_600_000, records_per_second: 0 });
    expect(orders?.bytes).toBeGreaterThan(1000);
  });

  test('describes one by its partitions', async () => {
    const orders = await helios.call<StreamDescriptionAnswer>('GET', `${streams}/orders`);
    expect(orders.details.map(({ start, end }) => `${start}–${end}`)).toEqual([
      '0–150',
      '0–150',
      '0–0',
    ]);
  });

  test('merges all partitions by time, with keys and headers', async () => {
    const newest = await peek('orders', 'count=4');
    expect(places(newest)).toBe('0:148 1:148 0:149 1:149');
    expect(newest.silent).toEqual(['2']);
    expect(newest.records[3]).toMatchObject({
      key: { text: 'key-299' },
      headers: { trace: 't299' },
      time: new Date(timeOf(299)).toISOString(),
    });
    const oldest = await peek('orders', 'from=oldest&count=3');
    expect(places(oldest)).toBe('0:0 1:0 0:1');
  });

  test('begins at a time, or at a position of a partition', async () => {
    const time = new Date(timeOf(100)).toISOString();
    expect(places(await peek('orders', `from=${time}&count=2`))).toBe('0:50 1:50');
    expect(places(await peek('orders', `from=${timeOf(299) + 1}&count=2`))).toBe('');
    expect(places(await peek('orders', 'from=1:149&count=9'))).toBe('1:149');
    expect(places(await peek('orders', 'from=oldest&partition=1&count=2'))).toBe('1:0 1:1');
  });

  test('shows bytes that are no text, and tombstones, as what they are', async () => {
    const { records } = await peek('binary', 'from=oldest&count=1');
    expect(records[0]?.value).toEqual({
      base64: Buffer.from([0xff, 0, 10, 0xfe]).toString('base64'),
    });
    const poison = await peek('poison', 'count=2');
    expect(poison.records.map(({ value }) => value)).toEqual([null, { base64: '/w==' }]);
  });

  test('shows what transactions committed, and looks past what they did not', async () => {
    await broker.createTopic('payments');
    await using java = new JavaProducers(parts!, broker);
    await java.open('plain');
    await java.open('tx', { 'transactional.id': 'look' });
    const topic = 'payments';
    await java.series('plain', { topic, count: 5, template: '{"id":#}' });
    await java.begin('tx');
    await java.series('tx', { topic, from: 100, count: 400, template: '{"id":#}' });
    await java.abort('tx');
    const newest = await peek('payments', 'count=3');
    expect(newest.records.map(({ value }) => value)).toEqual([
      { text: '{"id":2}' },
      { text: '{"id":3}' },
      { text: '{"id":4}' },
    ]);
    await java.begin('tx');
    await java.series('tx', { topic, from: 900, count: 2, template: '{"id":#}' });
    expect(places(await peek('payments', 'count=1'))).toBe('0:4');
    await java.commit('tx');
    expect(places(await peek('payments', 'from=oldest&count=6'))).toMatch(/0:3 0:4 0:40\d$/);
  });

  test('drafts a table of every partition, which the pipeline fills', async () => {
    const draft = await infer('orders', { metadata: true });
    expect(draft.sample).toMatchObject({
      record_count: 200,
      partition_counts: { 0: 100, 1: 100 },
      silent: ['2'],
    });
    expect(draft.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id BIGINT',
      'amount DECIMAL(38, 1)',
      'at TIMESTAMP',
      'customer STRUCT<id BIGINT, name TEXT>',
    ]);
    expect(draft.dry_run).toMatchObject({ accepted_count: 200, rejected_count: 0 });
    const { sql } = draft;
    const validation = await helios.call('POST', '/api/v1/pipelines/validate', { sql });
    expect(validation).toMatchObject({ valid: true });
    await helios.call('POST', '/api/v1/pipelines', { name: 'orders', sql });
    await expect
      .poll(async () => await helios.queryNumber('SELECT count(*) FROM orders'), {
        timeout: 20_000,
      })
      .toBe(300);
    const [row] = (
      await helios.query('SELECT kafka_partition, kafka_key FROM orders WHERE id = 299')
    ).rows;
    expect(row).toEqual([1, 'key-299']);
  });

  test('says which records a drafted table would reject, and why', async () => {
    const draft = await infer('poison');
    expect(draft.dry_run).toMatchObject({
      accepted_count: 60,
      counts_by_code: {
        malformed_json: 3,
        not_an_object: 2,
        tombstone: 1,
        invalid_utf8: 1,
        type_mismatch: 1,
      },
    });
    // Sixty numbers and a text: what takes both is told.
    expect(draft.columns).toMatchObject([{ name: 'id', type: 'BIGINT' }]);
    expect(draft.warnings).toEqual([
      'id is BIGINT, as 98.4 % of the records have it; 1 record would be rejected. ' +
        'To take every value, write id JSON instead.',
    ]);
    expect(draft.dry_run.rejected.at(-1)).toMatchObject({
      position: '67',
      raw: { base64: '/w==' },
    });
  });

  test('keeps whole what has no columns', async () => {
    expect(await infer('binary')).toMatchObject({
      shape: 'bytes',
      dry_run: { accepted_count: 20 },
    });
    const empty = await infer('empty');
    expect(empty).toMatchObject({ shape: 'json', sample: { record_count: 0, silent: ['0', '1'] } });
    const { sql } = empty;
    expect(await helios.call('POST', '/api/v1/pipelines/validate', { sql })).toMatchObject({
      valid: true,
    });
  });

  const failures = [
    ['orders/records?from=never', 400, 'invalid_request'],
    ['orders/records?from=9:1', 400, 'invalid_request'],
    ['orders/records?partition=3', 400, 'invalid_request'],
    ['orders/records?count=0', 400, 'invalid_request'],
    ['nope/records', 404, 'stream_missing'],
    ['nope', 404, 'stream_missing'],
  ] as const;
  test.each(failures)('%s is refused with %d', async (below, status, code) => {
    const response = await helios.request(`${streams}/${below}`);
    const body = await response.text();
    expect([response.status, (JSON.parse(body) as { error: { code: string } }).error.code]).toEqual(
      [status, code],
    );
  });

  test('a wrong password is told without the password', async () => {
    const login = {
      bootstrap_servers: broker.bootstrap.saslPlaintext,
      'auth.type': 'sasl',
      'auth.protocol': 'SASL_PLAINTEXT',
      'auth.mechanism': 'SCRAM-SHA-256',
      'auth.username': 'scram',
    };
    await connect('wrong', { ...login, 'auth.password': 'env:WRONG' });
    await connect('right', { ...login, 'auth.password': 'env:RIGHT' });
    const response = await helios.request('/api/v1/connections/wrong/streams');
    const text = await response.text();
    expect(response.status).toBe(502);
    expect(text).toContain('access_refused');
    expect(text).not.toContain('not-it');
    const right = await helios.call<ConnectionStreamsAnswer>(
      'GET',
      '/api/v1/connections/right/streams',
    );
    expect(right.streams.map(({ name }) => name)).toContain('orders');
  });
});
