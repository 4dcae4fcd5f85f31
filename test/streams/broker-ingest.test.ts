import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingestBodies } from '../../src/server/testing/ingest-bodies.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { readTopic } from './read-topic.ts';
import { until } from './until.ts';

const parts = await kafkaParts();
/** Brokers and Helios start several times, beside whatever else the machine does. */
const killsTimeoutMs = 400_000;

type Stream = {
  name: string;
  backing: { topic: string } | null;
  retention_ms: number | null;
  partitions: { end_offset: number }[];
};

type Failure = {
  error: { code: string; message: string; hint: string; details?: Record<string, unknown> };
};

describe.skipIf(parts === undefined)('a stream that a topic keeps', () => {
  let broker: KafkaBroker;
  let folder: string;
  let helios: HeliosProcess;

  beforeAll(async () => {
    if (parts === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'helios-broker-ingest-'));
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

  test('is made with its topic, listed, and forgotten without it', async () => {
    await create({ name: 'made', topic: 'a.topic', partitions: 3, retention_ms: 3_600_000 });
    const made = await helios.call<Stream>('GET', '/api/v1/streams/made');
    expect(made).toMatchObject({
      backing: { kind: 'kafka', connection: 'local', topic: 'a.topic' },
      retention_ms: 3_600_000,
    });
    expect(made.partitions).toHaveLength(3);
    const { streams } = await helios.call<{ streams: Stream[] }>('GET', '/api/v1/streams');
    expect(streams.map(({ name }) => name).toSorted()).toEqual(['events', 'made']);
    expect(await refusal('DELETE', '/api/v1/connections/local')).toMatchObject({
      code: 'conflict',
      message: 'The connection local is used by the stream made.',
    });
    await helios.call('DELETE', '/api/v1/streams/made');
    expect(await refusal('POST', '/ingest/made', '{}')).toMatchObject({ code: 'not_found' });
    // The topic is as it was.
    await create({ name: 'again', topic: 'a.topic' });
    expect((await helios.call<Stream>('GET', '/api/v1/streams/again')).partitions).toHaveLength(3);
  });

  test.each([
    [{ name: 'events' }, 'already_exists', 'exists already'],
    [{ name: 'again' }, 'already_exists', 'exists already'],
    [{ name: 'no/name' }, 'invalid_name', "can't be a stream's name"],
    [{ name: 'x', topic: 'a topic' }, 'invalid_name', "can't be the name of a Kafka topic"],
    [{ name: 'x', topic: 'a.topic', partitions: 7 }, 'conflict', 'exists with 3 partitions'],
    [{ name: 'x', partitions: 0 }, 'invalid_request', ''],
    [{ name: 'x', connection: 'locl' }, 'not_found', 'no connection named locl'],
    [{ name: 'x', retention_bytes: 5_000_000 }, 'invalid_request', 'no budget of bytes'],
  ])('is refused as %j', async (body, code, message) => {
    const text = JSON.stringify({ connection: 'local', ...body });
    const error = await refusal('POST', '/api/v1/streams', text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test('has what bodies hold, as records', async () => {
    await create({ name: 'bodies' });
    const expected: string[] = [];
    for (const [type, body, lines] of ingestBodies) {
      const headers = { 'content-type': type === '' ? 'x' : type };
      expect(await (await post('bodies', body, headers)).text()).toBe('ok');
      expected.push(...lines);
    }
    const zipped = await post('bodies', gzipSync('{"z":1}\r\n\n  \n{"z":2}'), {
      'content-encoding': 'gzip',
    });
    expect(zipped.status).toBe(200);
    expected.push('{"z":1}', '{"z":2}');
    const distinct = new Set(expected);
    const records = await readTopic(broker.bootstrap.plaintext, 'bodies', distinct.size);
    expect(records.map(({ value }) => value)).toEqual(expected);
    expect(await refusal('POST', '/ingest/bodies', '{"a":')).toMatchObject({
      code: 'invalid_json',
    });
  });

  test('keeps the records of one request together, whatever their number', async () => {
    await create({ name: 'together', partitions: 3 });
    const rows = Array.from({ length: 60_000 }, (_, id) => `{"id":${id},"text":"some text"}`);
    expect((await post('together', rows.join('\n'))).status).toBe(200);
    const records = await readTopic(broker.bootstrap.plaintext, 'together', rows.length);
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
    expect(records.map(({ value }) => value)).toEqual(rows);
  });

  test('refuses what is more than its topic takes', async () => {
    await broker.createTopic('narrow', 1, { 'max.message.bytes': '1000' });
    await create({ name: 'narrow' });
    const noise = Array.from({ length: 4000 }, (_, at) => (at * at * 7919) % 99_991).join();
    const large = await post('narrow', JSON.stringify({ noise }));
    expect(large.status).toBe(413);
    expect(((await large.json()) as Failure).error.hint).toContain('max.message.bytes');
    expect((await post('narrow', '{"small":true}')).status).toBe(200);
  });

  test('is read by a table of the connector http, and awaited', async () => {
    await create({ name: 'clicks', partitions: 2 });
    const sql = `CREATE TABLE source (id BIGINT NOT NULL)
        WITH (connector = 'http', stream = 'clicks', type = 'source', format = 'json');
      CREATE TABLE clicks WITH (connector = 'delta', path = '${join(folder, 'clicks')}', type = 'sink');
      INSERT INTO clicks SELECT * FROM source;`;
    await helios.call('POST', '/api/v1/pipelines', { name: 'clicks', sql });
    for (let id = 0; id < 5; id++) {
      const answer = await helios.request('/ingest/clicks?wait=queryable', {
        method: 'POST',
        body: `{"id":${id}}`,
      });
      expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
      expect(await helios.queryNumber('SELECT count(*) FROM clicks')).toBe(id + 1);
    }
    expect(await refusal('DELETE', '/api/v1/streams/clicks')).toMatchObject({
      code: 'conflict',
      message: 'The stream "clicks" is read by the pipeline clicks.',
    });
  });

  test(
    'loses nothing that was acknowledged while the broker is killed, and Helios too',
    async () => {
      await create({ name: 'load', partitions: 3 });
      const acknowledged = new Set<string>();
      const doubtful = new Set<string>();
      const isDone = { value: false };
      const writer = async (name: number): Promise<void> => {
        for (let id = 0; !isDone.value; id++) {
          const row = `{"id":"${name}-${id}"}`;
          try {
            const response = await post('load', row);
            if (response.status === 200) acknowledged.add(row);
            else doubtful.add(row);
            await response.text();
          } catch {
            doubtful.add(row);
            await helios.ready();
          }
        }
      };
      const writers = Array.from({ length: 8 }, async (_, name) => await writer(name));
      for (let round = 0; round < 2; round++) {
        await waitUntilMore(acknowledged, 500);
        await broker.kill();
        await broker.start();
      }
      await waitUntilMore(acknowledged, 500);
      helios.kill('SIGKILL');
      helios = new HeliosProcess({ dataDirectory: join(folder, 'data') });
      await waitUntilMore(acknowledged, 500);
      isDone.value = true;
      await Promise.all(writers);
      const { partitions } = await helios.call<Stream>('GET', '/api/v1/streams/load');
      const stored = partitions.reduce((sum, { end_offset }) => sum + end_offset, 0);
      const records = await readTopic(broker.bootstrap.plaintext, 'load', stored, stored);
      const values = new Set(records.map(({ value }) => value ?? ''));
      expect([...acknowledged].filter((row) => !values.has(row))).toEqual([]);
      // What was not acknowledged may be there; nothing is there twice.
      expect(values.size).toBe(stored);
      expect([...values].filter((row) => !acknowledged.has(row) && !doubtful.has(row))).toEqual([]);
    },
    killsTimeoutMs,
  );

  test('answers 503 with Retry-After while the broker is away, and goes on after', async () => {
    await broker.kill();
    try {
      // One that was written to before, and one that was not.
      for (const stream of ['load', 'again']) {
        const response = await post(stream, '{"id":"away"}');
        expect(response.status).toBe(503);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        const { error } = (await response.json()) as Failure;
        expect(error.code).toBe('unreachable');
        const isInDoubt = error.details?.['may_be_stored'] === true;
        const says = isInDoubt ? 'may have the request' : 'Nothing of the request was stored.';
        expect(error.message).toContain(says);
      }
    } finally {
      await broker.start();
    }
    expect((await post('load', '{"id":"back"}')).status).toBe(200);
  });

  async function create(body: object): Promise<void> {
    await helios.call('POST', '/api/v1/streams', { connection: 'local', ...body });
  }

  async function post(
    stream: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return await helios.request(`/ingest/${stream}`, { method: 'POST', body, headers });
  }

  async function refusal(method: string, path: string, body?: string): Promise<Failure['error']> {
    const response = await helios.request(path, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    return ((await response.json()) as Failure).error;
  }
});

async function waitUntilMore(set: ReadonlySet<string>, count: number): Promise<void> {
  const wanted = set.size + count;
  await until(
    async () => await Promise.resolve(set.size),
    (size) => size >= wanted,
    killsTimeoutMs,
  );
}
