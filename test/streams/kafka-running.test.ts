import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from './until.ts';

const parts = await kafkaParts();
const broker = parts === undefined ? undefined : await KafkaBroker.create(parts);
const folder = await mkdtemp(join(tmpdir(), 'helios-kafka-running-'));
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

type Partition = {
  readonly partition: string;
  readonly position?: string;
  readonly lag_records?: number;
  readonly lag_ms?: number;
};

type Pipeline = {
  readonly state: string;
  readonly error?: { readonly code: string; readonly hint: string };
  readonly sources: readonly {
    readonly lag_records?: number;
    readonly slowest_partition?: string;
    readonly partitions: readonly Partition[];
  }[];
};

const path = '/api/v1/pipelines/orders';

describe.runIf(broker)('a pipeline that reads Kafka', () => {
  if (broker === undefined) return;

  async function send(partition: number, ids: readonly number[], timestamp: number): Promise<void> {
    const records = ids.map((id) => ({ value: Buffer.from(`{"id":${id}}`), partition }));
    await produce(
      broker!,
      'orders',
      records.map((record) => ({ ...record, timestamp: BigInt(timestamp) })),
    );
  }

  async function idsIn(helios: HeliosProcess): Promise<readonly number[]> {
    const { rows } = await helios.query('SELECT id FROM sunk ORDER BY id');
    return rows.map(([id]) => Number(id));
  }

  async function untilIds(helios: HeliosProcess, ids: readonly number[]): Promise<void> {
    const wanted = JSON.stringify(ids);
    await until(
      async () => await idsIn(helios).catch(() => []),
      (found) => JSON.stringify(found) === wanted,
    );
  }

  const show = async (helios: HeliosProcess): Promise<Pipeline> =>
    await helios.call<Pipeline>('GET', path);

  test('tells its lag, pauses, and restarts from times, offsets and after a loss', async () => {
    await broker.createTopic('orders', 2);
    const hourMs = 3_600_000;
    const startMs = Date.now() - 3 * hourMs;
    await send(0, [1], startMs);
    await send(0, [2], startMs + hourMs);
    await send(1, [3], startMs + hourMs);
    await using helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    await helios.call('POST', '/api/v1/pipelines', {
      name: 'orders',
      sql: `CREATE TABLE incoming (id BIGINT) WITH (connector = 'kafka',
          bootstrap_servers = '${broker.bootstrap.plaintext}', topic = 'orders',
          format = 'json', type = 'source', 'source.offset' = 'earliest');
        CREATE TABLE sunk WITH (connector = 'delta', path = 'file://${folder}/sunk', type = 'sink');
        INSERT INTO sunk SELECT * FROM incoming;`,
    });
    await untilIds(helios, [1, 2, 3]);
    await until(
      async () => (await show(helios)).sources[0],
      (source) => source?.lag_records === 0 && source.slowest_partition === undefined,
    );
    expect((await show(helios)).sources[0]?.partitions).toMatchObject([
      { partition: 'orders/0', position: expect.stringMatching(/^2@/), lag_records: 0, lag_ms: 0 },
      { partition: 'orders/1', position: expect.stringMatching(/^1@/), lag_records: 0, lag_ms: 0 },
    ]);

    await helios.call('PATCH', path, { state: 'paused' });
    await send(1, [4], startMs + 2 * hourMs);
    await expect(helios.call('PATCH', path, { restart_from: 'latest' })).rejects.toThrow(
      /409 .*would skip records that are not in the tables: incoming orders\/1 from 2 /,
    );
    expect(await idsIn(helios)).toEqual([1, 2, 3]);
    await helios.call('PATCH', path, { state: 'running' });
    await untilIds(helios, [1, 2, 3, 4]);

    const time = new Date(startMs + hourMs).toISOString();
    await expect(helios.call('PATCH', path, { restart_from: time })).rejects.toThrow(
      /409 .*read again .*incoming orders\/0 from 1 \(read up to 2\), incoming orders\/1 from 0/,
    );
    await helios.call('PATCH', path, { restart_from: time, allow_duplicates: true });
    await untilIds(helios, [1, 2, 2, 3, 3, 4, 4]);

    const beyond = helios.call('PATCH', path, { restart_from: { 'orders/1': '7' } });
    await expect(beyond).rejects.toThrow(
      /400 .*Offset 7 is not in orders\/1: it has offsets 0 to 2/,
    );
    const none = helios.call('PATCH', path, { restart_from: { 'orders/9': '0' } });
    await expect(none).rejects.toThrow(/400 .*There are: orders\/0, orders\/1/);
    await helios.call('PATCH', path, { restart_from: { 'orders/1': '1' }, allow_duplicates: true });
    await untilIds(helios, [1, 2, 2, 3, 3, 4, 4, 4]);

    await helios.call('PATCH', path, { state: 'paused' });
    await send(0, [5, 6], startMs + 2 * hourMs);
    const partitions = [{ partition: 0, offset: 3n }];
    await broker.administer(
      async (admin) => await admin.deleteRecords({ topics: [{ name: 'orders', partitions }] }),
    );
    await helios.call('PATCH', path, { state: 'running' });
    const lost = await until(
      async () => await show(helios),
      ({ state }) => state === 'failed',
    );
    expect(lost.error).toMatchObject({
      code: 'position_lost',
      hint: expect.stringContaining('helios pipeline restart orders --from'),
    });
    await expect(helios.call('PATCH', path, { restart_from: 'latest' })).rejects.toThrow(/409/);
    await helios.call('PATCH', path, {
      restart_from: { 'orders/0': '3' },
      allow_skipping: true,
    });
    await untilIds(helios, [1, 2, 2, 3, 3, 4, 4, 4, 6]);
    await until(
      async () => await (await helios.request('/metrics')).text(),
      (metrics) => /^helios_partition_lag_records\{.*partition="orders\/0"\} 0$/m.test(metrics),
    );
    const { rows } = await helios.query(
      'SELECT source, partition FROM helios.partitions ORDER BY partition',
    );
    expect(rows).toEqual([
      ['incoming', 'orders/0'],
      ['incoming', 'orders/1'],
    ]);
  });

  test('has its hot rows queryable when it starts while the broker is away', async () => {
    const away = await KafkaBroker.create(parts!);
    const options = { dataDirectory: join(folder, 'away') };
    const patienceMs = 300_000;
    const untilSeen = async (helios: HeliosProcess): Promise<unknown> =>
      await until(
        async () => await helios.queryNumber('SELECT count(*) FROM hot').catch(() => undefined),
        (count) => count === 1,
        patienceMs,
      );
    try {
      await away.createTopic('hot');
      await produce(away, 'hot', [{ value: Buffer.from('{"id":1}') }]);
      await using first = await HeliosProcess.start(options);
      await first.call('POST', '/api/v1/pipelines', {
        name: 'hot',
        sql: `CREATE TABLE incoming (id BIGINT) WITH (connector = 'kafka',
            bootstrap_servers = '${away.bootstrap.plaintext}', topic = 'hot',
            format = 'json', type = 'source', 'source.offset' = 'earliest');
          CREATE TABLE hot WITH (connector = 'delta', path = 'file://${folder}/hot', type = 'sink');
          INSERT INTO hot SELECT * FROM incoming;`,
      });
      await untilSeen(first);
      first.kill('SIGKILL');
      await first.exited;
    } finally {
      await away[Symbol.asyncDispose]();
    }
    await using helios = await HeliosProcess.start(options);
    await untilSeen(helios);
  }, 600_000);

  test('is backfilled beside what comes now, each record once, also after kill -9', async () => {
    await broker.createTopic('history', 2);
    const records = (from: number, count: number): Parameters<typeof produce>[2] =>
      Array.from({ length: count }, (_, index) => ({
        value: Buffer.from(`{"id":${from + index}}`),
        partition: index % 2,
      }));
    await produce(broker, 'history', records(0, 20_000));
    const options = { dataDirectory: join(folder, 'history') };
    const first = await HeliosProcess.start(options);
    try {
      await first.call('POST', '/api/v1/pipelines', {
        name: 'live',
        sql: `CREATE TABLE incoming (id BIGINT) WITH (connector = 'kafka',
            bootstrap_servers = '${broker.bootstrap.plaintext}', topic = 'history',
            format = 'json', type = 'source', 'source.offset' = 'latest');
          CREATE TABLE told WITH (connector = 'delta', path = 'file://${folder}/told', type = 'sink');
          INSERT INTO told SELECT * FROM incoming;`,
      });
      await produce(broker, 'history', records(20_000, 1000));
      // However long it takes to open: before that, who asks is told to ask again.
      const backfill = async (): Promise<boolean> =>
        await first
          .call('POST', '/api/v1/pipelines/live/backfill', { from: 'earliest' })
          .then(() => true)
          .catch((thrown: unknown) => {
            if (/503 .*has not begun to read/.test(String(thrown))) return false;
            throw thrown;
          });
      await until(backfill, Boolean);
      first.kill('SIGKILL');
    } finally {
      await first[Symbol.asyncDispose]();
    }
    await using helios = await HeliosProcess.start(options);
    await produce(broker, 'history', records(21_000, 1000));
    const counts = 'SELECT count(*), count(DISTINCT id) FROM told';
    await until(
      async () => (await helios.query(counts).catch(() => undefined))?.rows[0]?.map(Number),
      (found) => found?.[1] === 22_000,
    );
    const ended = '/api/v1/pipelines/live_backfill';
    await until(
      async () => (await helios.call<Pipeline>('GET', ended)).state,
      (state) => state === 'finished',
    );
    expect((await helios.query(counts)).rows[0]?.map(Number)).toEqual([22_000, 22_000]);
  });
});
