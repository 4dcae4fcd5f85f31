import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf } from '../../src/sink/kafka/produce/partitioner.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { readTopic, type TopicRecord } from './read-topic.ts';
import { until } from './until.ts';

const parts = await kafkaParts();

/** What can't be compressed. */
function noise(byteLength: number): string {
  return randomBytes(byteLength).toString('base64');
}

type Info = { state: string; error: { code: string; message: string; hint: string } | null };

describe.skipIf(parts === undefined)('a topic as a sink', () => {
  let broker: KafkaBroker;
  let folder: string;
  let helios: HeliosProcess;

  beforeAll(async () => {
    if (parts === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'helios-kafka-sink-'));
    broker = await KafkaBroker.create(parts);
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    await helios.call('POST', '/api/v1/connections', {
      name: 'local',
      kind: 'kafka',
      options: { bootstrap_servers: broker.bootstrap.plaintext },
    });
  });

  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('gets rows with keys and times, in the order of each key', async () => {
    await broker.createTopic('keyed', 3);
    await flow('keyed', {
      columns: 'id BIGINT, name TEXT, price DECIMAL(20, 4), at TIMESTAMP',
      options: ", 'sink.key_field' = 'name', 'sink.timestamp_field' = 'at'",
    });
    const count = 20_000;
    const rows = Array.from({ length: count }, (_, id) => {
      const at = new Date(1_700_000_000_000 + id).toISOString();
      return `{"id": ${id}, "name": "näme ${id % 50}", "price": 12345678901234.5678, "at": "${at}"}`;
    });
    await send('keyed', rows);
    const records = await read('keyed', count);
    expect(records).toHaveLength(count);
    const last = new Map<string, number>();
    for (const { key, value, timestamp, partition } of records) {
      const text = key ?? '';
      const row = JSON.parse(value ?? '') as { id: number; name: string };
      expect(row.name).toBe(text);
      expect(timestamp).toBe(1_700_000_000_000 + row.id);
      expect(partition).toBe(partitionOf(Buffer.from(text), 3));
      expect(row.id).toBeGreaterThan(last.get(text) ?? -1);
      last.set(text, row.id);
    }
    expect(records.find(({ value }) => value?.includes('"id":7,') === true)?.value).toBe(
      '{"id":7,"name":"näme 7","price":12345678901234.5678,"at":"2023-11-14T22:13:20.007000Z"}',
    );
  });

  test('gets text of several lines as one record, NULL as a tombstone, nothing as nothing', async () => {
    await broker.createTopic('text', 2);
    await flow('text', { columns: 'value TEXT', format: 'raw_string' });
    const values = ['two\nlines', '', 'tab\tand ⇥', null, '-', 'x'.repeat(400_000)];
    await send(
      'text',
      values.map((value) => JSON.stringify({ value })),
    );
    const records = await read('text', values.length);
    const found = records.map(({ value }) => value);
    expect(new Set(found)).toEqual(new Set(values));
    expect(found).toHaveLength(values.length);
  });

  test('that is missing is told with what to do, and written to once it is there', async () => {
    await flow('later', { columns: 'id BIGINT' });
    await send('later', ['{"id": 1}']);
    const info = await until(
      async () => await helios.call<Info>('GET', '/api/v1/pipelines/later'),
      ({ state }) => state === 'retrying',
    );
    expect(info.error).toMatchObject({
      code: 'stream_missing',
      message: `The Kafka topic "later" does not exist on ${broker.bootstrap.plaintext}.`,
    });
    expect(info.error?.hint).toContain('helios stream create');
    await broker.createTopic('later');
    expect(await read('later', 1)).toHaveLength(1);
  });

  test('refuses a row that is too large for it by its name, and no others', async () => {
    await broker.createTopic('small', 1, { 'max.message.bytes': '2000' });
    await flow('small', { columns: 'id BIGINT, noise TEXT' });
    const rows = Array.from({ length: 100 }, (_, id) => ({
      id,
      noise: noise(id === 77 ? 4000 : 500),
    }));
    await send(
      'small',
      rows.map((row) => JSON.stringify(row)),
    );
    const info = await until(
      async () => await helios.call<Info>('GET', '/api/v1/pipelines/small'),
      ({ state }) => state === 'failed',
    );
    expect(info.error?.code).toBe('too_large');
    expect(info.error?.message).toContain('{"id":77,');
    expect(info.error?.hint).toContain('max.message.bytes');
  });

  test('has every row, each key in order, after the broker was killed under load', async () => {
    await broker.createTopic('survivor', 3);
    await flow('survivor', { columns: 'id BIGINT, k TEXT', options: ", 'sink.key_field' = 'k'" });
    const perRound = 5_000;
    const rounds = 6;
    for (let round = 0; round < rounds; round++) {
      const rows = Array.from({ length: perRound }, (_, index) => {
        const id = round * perRound + index;
        return `{"id": ${id}, "k": "${id % 10}"}`;
      });
      await send('survivor', rows);
      if (round === 1 || round === 3) {
        await broker.kill();
        await broker.start();
      }
    }
    const count = rounds * perRound;
    const ids = (found: readonly TopicRecord[]): readonly number[] =>
      found.map(({ value }) => (JSON.parse(value ?? '') as { id: number }).id);
    const records = await read('survivor', count);
    for (const key of Array.from({ length: 10 }, (_, index) => String(index))) {
      // A broker that is away for long has an epoch sent again; the order is that of the first.
      const ofKey = [...new Set(ids(records.filter((record) => record.key === key)))];
      expect(ofKey).toEqual(ofKey.toSorted((left, right) => left - right));
    }
  });

  test('gets an epoch again that a crash kept from the manifest', async () => {
    await broker.createTopic('again');
    const dataDirectory = join(folder, 'crashing');
    const environment = { HELIOS_CRASH_AT: 'before-manifest:1' };
    await using crashing = new HeliosProcess({ dataDirectory, environment });
    await crashing.ready();
    const options = `connector = 'kafka', bootstrap_servers = '${broker.bootstrap.plaintext}'`;
    const sql = `CREATE TABLE source (id BIGINT)
        WITH (connector = 'http', stream = 'again', type = 'source', format = 'json');
      CREATE TABLE sink WITH (${options}, type = 'sink', topic = 'again', format = 'json');
      INSERT INTO sink SELECT * FROM source;`;
    await crashing.call('POST', '/api/v1/pipelines', { name: 'again', sql });
    const body = Array.from({ length: 100 }, (_, id) => `{"id": ${id}}`).join('\n');
    await crashing.request('/ingest/again', { method: 'POST', body });
    expect((await crashing.exited).signal).toBe('SIGKILL');
    await using _ = await HeliosProcess.start({ dataDirectory });
    const twice = await readTopic(broker.bootstrap.plaintext, 'again', Infinity, 200);
    expect(new Set(twice.map(({ value }) => value)).size).toBe(100);
  });

  test('refuses fields that the rows lack, and times that are none', async () => {
    await broker.createTopic('fields');
    const cases = [
      { options: ", 'sink.key_field' = 'nam'", says: 'none of its columns' },
      { options: ", 'sink.timestamp_field' = 'name'", says: 'which is no time but text' },
    ];
    const columns = 'id BIGINT, name TEXT';
    for (const { options, says } of cases) {
      await expect(flow('fields', { columns, options })).rejects.toThrow(says);
    }
    const refused = await helios.request('/api/v1/pipelines/fields');
    expect(refused.status).toBe(404);
  });

  type Flow = {
    readonly columns: string;
    readonly format?: string;
    readonly options?: string;
  };

  /** A pipeline from a stream of HTTP to the topic of the same name. */
  async function flow(name: string, { columns, format, options }: Flow): Promise<void> {
    const sql = `CREATE TABLE source (${columns})
        WITH (connector = 'http', stream = '${name}', type = 'source', format = 'json');
      CREATE TABLE sink WITH (connector = 'kafka', connection_profile = 'local', type = 'sink',
        topic = '${name}', format = '${format ?? 'json'}'${options ?? ''});
      INSERT INTO sink SELECT * FROM source;`;
    await helios.call('POST', '/api/v1/pipelines', { name, sql });
  }

  async function send(stream: string, rows: readonly string[]): Promise<void> {
    const body = `${rows.join('\n')}\n`;
    const response = await helios.request(`/ingest/${stream}`, { method: 'POST', body });
    expect(await response.text()).toBe('ok');
  }

  async function read(topic: string, count: number): Promise<readonly TopicRecord[]> {
    return await readTopic(broker.bootstrap.plaintext, topic, count);
  }
});
