import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { Machines } from './state-fixture.ts';

const parts = await kafkaParts();

describe.skipIf(parts === undefined)('acknowledged by a broker', () => {
  let machines: Machines | undefined;
  let broker: KafkaBroker | undefined;

  beforeAll(async () => {
    [machines, broker] = await Promise.all([
      Machines.create(),
      parts === undefined ? undefined : KafkaBroker.create(parts),
    ]);
  });

  afterAll(async () => {
    await machines?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  async function prepare(helios: HeliosProcess, stream: string, servers: string): Promise<void> {
    await helios.call('POST', '/api/v1/connections', {
      name: 'local',
      kind: 'kafka',
      options: { bootstrap_servers: servers },
    });
    await helios.call('POST', '/api/v1/streams', { name: stream, connection: 'local' });
  }

  function sqlOf(stream: string, lake: string): string {
    return `CREATE TABLE ${stream}_in (n BIGINT) WITH (connector = 'http', stream = '${stream}',
        format = 'json', 'source.offset' = 'earliest');
      CREATE TABLE kept WITH (connector = 'delta', path = '${lake}', rollover_seconds = 1);
      INSERT INTO kept SELECT n FROM ${stream}_in;`;
  }

  async function send(helios: HeliosProcess, stream: string, n: number): Promise<void> {
    const init = { method: 'POST', body: `{"n":${n}}` };
    const response = await helios.request(`/ingest/${stream}`, init);
    expect(await response.text()).toBe('ok');
  }

  async function numbersIn(helios: HeliosProcess, count: number): Promise<readonly number[]> {
    return await until(
      async () =>
        (await helios.query('SELECT n FROM kept ORDER BY n')).rows.map(([n]) => Number(n)),
      (numbers) => numbers.length >= count,
    );
  }

  test('an event is in its table though machine and disk are gone a second after ok', async (context) => {
    if (machines === undefined || broker === undefined) return context.skip();
    const place = machines.place('state');
    const sql = sqlOf('orders', machines.place('lake'));
    const first = await machines.start('one', place);
    await prepare(first, 'orders', broker.bootstrap.plaintext);
    await first.call('POST', '/api/v1/pipelines', { name: 'orders', sql });
    for (const n of [0, 1, 2]) await send(first, 'orders', n);
    await sleep(1000);
    first.kill('SIGKILL');
    await first.exited;
    await rm(machines.disk('one'), { recursive: true });

    const second = await machines.start('two', place);
    expect(second.output).toContain('ok for orders means: the event is in Kafka');
    await send(second, 'orders', 3);
    expect(await numbersIn(second, 4)).toEqual([0, 1, 2, 3]);
    expect(await second.call('GET', '/api/v1/streams/orders')).toMatchObject({
      durability: { survives: 'machine', by: 'kafka' },
    });
    await second.stop();
  });

  test('also where nothing but the table is left, by adoption', async (context) => {
    if (machines === undefined || broker === undefined) return context.skip();
    const start = async (disk: string): Promise<HeliosProcess> =>
      await HeliosProcess.start({ dataDirectory: machines?.disk(disk) ?? '' });
    const sql = sqlOf('clicks', machines.disk('lake'));
    const first = await start('three');
    await prepare(first, 'clicks', broker.bootstrap.plaintext);
    await first.call('POST', '/api/v1/pipelines', { name: 'clicks', sql });
    for (const n of [0, 1]) await send(first, 'clicks', n);
    type Facts = { readonly rows: unknown; readonly hot_rows: unknown };
    await until(
      async () => await first.call<Facts>('GET', '/api/v1/tables/kept'),
      ({ rows, hot_rows: hotRows }) => Number(rows) === 2 && Number(hotRows) === 0,
    );
    await send(first, 'clicks', 2);
    await sleep(1000);
    first.kill('SIGKILL');
    await first.exited;
    await rm(machines.disk('three'), { recursive: true });

    await using second = await start('four');
    await prepare(second, 'clicks', broker.bootstrap.plaintext);
    await second.call('POST', '/api/v1/pipelines', { name: 'clicks', sql, adopt: true });
    await send(second, 'clicks', 3);
    expect(await numbersIn(second, 4)).toEqual([0, 1, 2, 3]);
  });
});
