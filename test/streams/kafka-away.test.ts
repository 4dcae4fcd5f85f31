import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runToEnd } from '../../src/cli/testing/fixture.ts';
import type { PipelineAnswer } from '../../src/server/api.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { readTopic } from './read-topic.ts';
import { until } from './until.ts';

const parts = await kafkaParts();

/** Nobody waits for a request to a broker to time out, which takes half a minute. */
const patienceMs = 20_000;

describe.skipIf(parts === undefined)('while a broker is away', () => {
  let broker: KafkaBroker;
  let folder: string;
  let dataDirectory: string;

  beforeAll(async () => {
    if (parts === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'helios-kafka-away-'));
    dataDirectory = join(folder, 'data');
    broker = await KafkaBroker.create(parts);
  });

  afterEach(() => broker.resume());

  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const kafka = (topic: string): string =>
    `connector = 'kafka', bootstrap_servers = '${broker.bootstrap.plaintext}', topic = '${topic}',
      format = 'json'`;

  test('a pipeline that writes to it pauses, stops, starts with Helios and goes on', async () => {
    await broker.createTopic('written');
    const path = '/api/v1/pipelines/written';
    const change = async (helios: HeliosProcess, state: string): Promise<PipelineAnswer> => {
      const startedMs = performance.now();
      const answer = await helios.call<PipelineAnswer>('PATCH', path, { state });
      expect(performance.now() - startedMs).toBeLessThan(patienceMs);
      return answer;
    };
    const send = async (helios: HeliosProcess, id: number): Promise<void> => {
      const body = `{"id":${id}}`;
      expect(await (await helios.request('/ingest/written', { method: 'POST', body })).text()).toBe(
        'ok',
      );
    };
    {
      await using helios = await HeliosProcess.start({ dataDirectory });
      const sql = `CREATE TABLE source (id BIGINT)
          WITH (connector = 'http', stream = 'written', type = 'source', format = 'json');
        CREATE TABLE sink WITH (${kafka('written')}, type = 'sink');
        INSERT INTO sink SELECT * FROM source;`;
      await helios.call('POST', '/api/v1/pipelines', { name: 'written', sql });
      await send(helios, 1);
      expect(await readTopic(broker.bootstrap.plaintext, 'written', 1)).toHaveLength(1);
      broker.freeze();
      await send(helios, 2);
      expect(await change(helios, 'paused')).toMatchObject({ state: 'paused' });
      expect(await change(helios, 'stopped')).toMatchObject({ state: 'stopped' });
      void change(helios, 'running').catch(() => undefined);
      await until(
        async () => await helios.call<PipelineAnswer>('GET', path),
        ({ state }) => state === 'running',
      );
      expect(await change(helios, 'paused')).not.toHaveProperty('error');
    }
    await broker.kill();
    await using again = await HeliosProcess.start({ dataDirectory });
    expect(await again.call('GET', path)).toMatchObject({
      state: 'paused',
      sources: [{ bytes_behind: 9, partitions: [{ position: '9', lag_bytes: 9 }] }],
      sinks: [{ table: 'sink', rows_out: 1 }, {}],
    });
    expect(await change(again, 'stopped')).toMatchObject({ state: 'stopped' });
    await broker.start();
    await change(again, 'running');
    expect(await readTopic(broker.bootstrap.plaintext, 'written', 2)).toHaveLength(2);
  }, 240_000);

  test('a pipeline that reads it says so soon, and no lag that it does not know', async () => {
    await broker.createTopic('read', 2);
    const path = '/api/v1/pipelines/read';
    await using helios = await HeliosProcess.start({ dataDirectory: join(folder, 'reading') });
    const sql = `CREATE TABLE incoming (id BIGINT) WITH (${kafka('read')}, type = 'source',
        'source.offset' = 'earliest');
      CREATE TABLE sunk WITH (connector = 'delta', path = 'file://${folder}/sunk', type = 'sink');
      INSERT INTO sunk SELECT * FROM incoming;`;
    await helios.call('POST', '/api/v1/pipelines', { name: 'read', sql });
    const send = async (...ids: readonly number[]): Promise<void> => {
      const records = ids.map((id) => ({ value: Buffer.from(`{"id":${id}}`), partition: id % 2 }));
      await produce(broker, 'read', records);
    };
    const show = async (): Promise<PipelineAnswer> =>
      await helios.call<PipelineAnswer>('GET', path);
    const told = async (isRight: (source: PipelineAnswer['sources'][0]) => boolean) =>
      await until(show, ({ sources: [source] }) => source !== undefined && isRight(source));
    await send(1, 2, 3);
    await told(({ lag_records, partitions }) => lag_records === 0 && partitions?.length === 2);

    broker.freeze();
    const frozen = await told(({ waiting }) => waiting !== undefined);
    expect(frozen.state).toBe('running');
    const [source] = frozen.sources;
    expect(source?.waiting?.message).toBe(`${broker.bootstrap.plaintext} does not answer.`);
    expect(Date.parse(source?.waiting?.since ?? '')).toBeLessThanOrEqual(Date.now());
    const shown = await until(
      async () =>
        (await runToEnd(['pipeline', 'show', 'read', '--url', await helios.ready()])).stdout,
      (text) => text.includes('unknown since 20'),
    );
    expect(shown).toContain('read: waiting, epoch ');
    expect(shown).toContain(`does not answer.`);
    expect((await show()).sources[0]).not.toHaveProperty('lag_records');
    await until(
      async () => await (await helios.request('/metrics')).text(),
      (metrics) => !/^helios_partition_lag_records\{/m.test(metrics),
    );
    broker.resume();
    await told(({ waiting, lag_records }) => waiting === undefined && lag_records === 0);

    await helios.call('PATCH', path, { state: 'paused' });
    await send(4, 5, 6, 7);
    const paused = await told(({ lag_records }) => lag_records === 4);
    expect(paused.sources[0]?.partitions).toMatchObject([{ lag_records: 2 }, { lag_records: 2 }]);
    await broker.kill();
    const unknown = await show();
    expect(unknown.state).toBe('paused');
    expect(unknown.sources[0]).not.toHaveProperty('lag_records');
    await broker.start();
    await until(show, ({ sources: [found] }) => found?.lag_records === 4);
  });
});
