import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { JavaProducers, produce, type Sent } from '../peers/kafka-producers.ts';
import { HeliosProcess } from '../process/helios-process.ts';

const parts = await kafkaParts();
const broker = parts === undefined ? undefined : await KafkaBroker.create(parts);
const folder = await mkdtemp(join(tmpdir(), 'helios-kafka-pipeline-'));
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe.runIf(broker)('a pipeline that reads Kafka', () => {
  if (broker === undefined || parts === undefined) return;

  test('holds every record once, through kills of Helios and of the broker', async () => {
    await broker.createTopic('events', 3);
    await using java = new JavaProducers(parts, broker);
    await java.open('p', { 'compression.type': 'lz4', 'linger.ms': '5', acks: 'all' });
    await java.open('t', { 'transactional.id': 't', 'compression.type': 'zstd' });
    const batch = 500;
    let sent = 0;
    const send = async (): Promise<void> => {
      const series = { topic: 'events', count: batch, template: '{"n":#,"kind":"kept"}' };
      await java.series('p', { ...series, from: sent });
      sent += batch;
      await java.begin('t');
      await java.series('t', { ...series, template: '{"n":#,"kind":"aborted"}' });
      await java.abort('t');
    };
    const options = { dataDirectory: join(folder, 'data') };
    let helios = await HeliosProcess.start(options);
    try {
      await helios.call('POST', '/api/v1/pipelines', { name: 'kafka', sql: script(broker) });
      for (const event of ['none', 'helios', 'broker', 'both']) {
        const sending = send();
        await sleep(100);
        if (event === 'broker' || event === 'both') {
          await broker.kill();
          await broker.start();
        }
        if (event === 'helios' || event === 'both') {
          helios.kill('SIGKILL');
          await helios.exited;
          helios = await HeliosProcess.start(options);
        }
        await sending;
      }
      await expect.poll(() => count(helios, 'kept'), patience).toBe(sent);
      const distinct = 'count(DISTINCT n) = count(*) AND min(n) = 0 AND max(n) = count(*) - 1';
      expect(await helios.queryNumber(`SELECT (${distinct})::INT FROM kept`)).toBe(1);
      expect(await helios.queryNumber(`SELECT count(*) FROM kept WHERE kind <> 'kept'`)).toBe(0);
      // Metadata is that of the records: each offset once.
      expect(await helios.queryNumber('SELECT count(DISTINCT (part, place)) FROM kept')).toBe(sent);
    } finally {
      await helios[Symbol.asyncDispose]();
    }
  });

  test('keeps what is no row, and goes on', async () => {
    await broker.createTopic('poison');
    const good = Buffer.from('{"n":1,"kind":"good"}');
    const bad = [
      '',
      'not json',
      '{"n":"x"}',
      '{"n":1',
      '\u0000',
      '[1]',
      '{"n":2}\n{"n":3}',
      '{"n":1e400}',
    ];
    await produce(broker, 'poison', [
      { value: good },
      ...bad.map((value) => ({ value: Buffer.from(value) })),
      { value: Buffer.from([0xff, 0xfe]) },
      { value: good },
    ]);
    await using java = new JavaProducers(parts, broker);
    await java.open('p');
    await java.send('p', { topic: 'poison', partition: 0, key: 'k', value: null });
    await java.send('p', { topic: 'poison', partition: 0, value: '{\n"n": 4,\n"kind": "good"}' });
    await using helios = await HeliosProcess.start({ dataDirectory: join(folder, 'poison') });
    await helios.call('POST', '/api/v1/pipelines', {
      name: 'poison',
      sql: `CREATE TABLE poisonous (n BIGINT, kind TEXT) WITH (connector = 'kafka',
          bootstrap_servers = '${broker.bootstrap.plaintext}', topic = 'poison',
          format = 'json', type = 'source', 'source.offset' = 'earliest');
        CREATE TABLE clean WITH (connector = 'delta', path = 'file://${folder}/clean',
          format = 'parquet', type = 'sink');
        INSERT INTO clean SELECT * FROM poisonous;`,
    });
    await expect.poll(() => count(helios, 'clean WHERE n = 4'), patience).toBe(1);
    expect(await count(helios, 'clean')).toBe(3);
    const { rows } = await helios.query(
      'SELECT position, code FROM quarantine ORDER BY position::BIGINT',
    );
    expect(rows.map(([at]) => Number(at))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]);
    expect(rows.at(-1)).toEqual(['11', 'tombstone']);
  });

  test('rejects records whose times are none where a column is a time, and no others', async () => {
    const anyTime = String(2n ** 63n - 1n);
    await broker.createTopic('times', 1, { 'message.timestamp.after.max.ms': anyTime });
    for (const timestamp of [-1n, 0n, 2n ** 53n, 2n ** 63n - 1n, 1_700_000_000_000n]) {
      await produce(broker, 'times', [{ value: Buffer.from('{}'), timestamp }]);
    }
    await using helios = await HeliosProcess.start({ dataDirectory: join(folder, 'times') });
    const source = (name: string, column: string): string =>
      `CREATE TABLE ${name} (n BIGINT, at ${column} METADATA FROM 'timestamp',
          place BIGINT METADATA FROM 'offset_id') WITH (connector = 'kafka',
          bootstrap_servers = '${broker.bootstrap.plaintext}', topic = 'times',
          format = 'json', type = 'source', 'source.offset' = 'earliest');
        CREATE TABLE ${name}_kept WITH (connector = 'delta', path = 'file://${folder}/${name}',
          format = 'parquet', type = 'sink');
        INSERT INTO ${name}_kept SELECT * FROM ${name};`;
    const pipelines = [source('instants', 'TIMESTAMP'), source('numbers', 'BIGINT')];
    for (const [index, sql] of pipelines.entries()) {
      await helios.call('POST', '/api/v1/pipelines', { name: `times_${index}`, sql });
    }
    await expect.poll(() => count(helios, 'numbers_kept'), patience).toBe(5);
    await expect.poll(() => count(helios, 'instants_kept'), patience).toBe(3);
    const placed = async (table: string): Promise<unknown> =>
      (await helios.query(`SELECT place, "at"::TEXT FROM ${table} ORDER BY place`)).rows.map(
        ([place, at]) => [Number(place), at],
      );
    expect(await placed('numbers_kept')).toEqual([
      [0, null],
      [1, '0'],
      [2, '9007199254740992'],
      [3, '9223372036854775807'],
      [4, '1700000000000'],
    ]);
    expect(await placed('instants_kept')).toEqual([
      [0, null],
      [1, expect.stringContaining('1970-01-01 00:00:00')],
      [4, expect.stringContaining('2023-11-14 22:13:20')],
    ]);
    const { rows } = await helios.query('SELECT position FROM quarantine ORDER BY position');
    expect(rows.map(([at]) => Number(at))).toEqual([2, 3]);
  });

  test('windows go by the times of the records, or by a field of the table', async () => {
    await broker.createTopic('visits', 2);
    const at = (seconds: number, partition: number, page: string): Sent => ({
      value: Buffer.from(JSON.stringify({ page })),
      timestamp: BigInt(Date.UTC(2026, 10, 23, 10) + seconds * 1000),
      partition,
    });
    const source = (name: string, time: string): string => `CREATE TABLE ${name} (page TEXT,
        stamp TIMESTAMP METADATA FROM 'timestamp', part INT METADATA FROM 'partition',
        place BIGINT METADATA FROM 'offset_id') WITH (connector = 'kafka', topic = 'visits',
        bootstrap_servers = '${broker.bootstrap.plaintext}', format = 'json', type = 'source',
        'source.offset' = 'earliest', idle_micros = 0${time});
      CREATE TABLE ${name}_minutes WITH (connector = 'delta', path = 'file://${folder}/${name}',
        type = 'sink', late_rows = 'keep');
      INSERT INTO ${name}_minutes SELECT w.start AS minute, n FROM (
        SELECT tumble(INTERVAL '1 minute') AS w, count(*) AS n FROM ${name} GROUP BY 1);`;
    const tables = ['by_record', 'by_field'] as const;
    const times = { by_record: '', by_field: ", event_time_field = 'stamp'" };
    await using helios = await HeliosProcess.start({ dataDirectory: join(folder, 'windows') });
    for (const name of tables) {
      await helios.call('POST', '/api/v1/pipelines', { name, sql: source(name, times[name]) });
    }
    await produce(broker, 'visits', [at(1, 0, '/'), at(59, 1, '/'), at(61, 0, '/')]);
    await produce(broker, 'visits', [at(62, 1, '/')]);
    for (const name of tables) {
      await expect.poll(() => count(helios, `${name}_minutes WHERE n = 2`), patience).toBe(1);
    }
    await produce(broker, 'visits', [at(2, 1, '/late')]);
    for (const name of tables) {
      await expect.poll(() => count(helios, `${name}_minutes_late`), patience).toBe(1);
      const { rows } = await helios.query(
        `SELECT epoch(event_time) % 60, "row"->>'page', "row"->'part', "row"->'place'
          FROM ${name}_minutes_late`,
      );
      expect(rows.map((row) => row.map(String))).toEqual([['2', '/late', '1', '2']]);
    }
  });
});

const patience = { timeout: 60_000, interval: 200 };

function script({ bootstrap }: KafkaBroker): string {
  return `CREATE TABLE events (n BIGINT, kind TEXT,
      part INT METADATA FROM 'partition', place BIGINT METADATA FROM 'offset_id')
    WITH (connector = 'kafka', bootstrap_servers = '${bootstrap.plaintext}',
      topic = 'events', format = 'json', type = 'source', 'source.offset' = 'earliest');
    CREATE TABLE kept WITH (connector = 'delta', path = 'file://${folder}/kept',
      format = 'parquet', type = 'sink', 'rolling_policy.interval' = interval '2 seconds');
    INSERT INTO kept SELECT * FROM events;`;
}

async function count(helios: HeliosProcess, from: string): Promise<number> {
  return await helios.queryNumber(`SELECT count(*) FROM ${from}`).catch(() => -1);
}
