import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { S3FaultProxy } from './s3-fault-proxy.ts';
import { Machines, type MachineOptions } from './state-fixture.ts';

let machines: Machines | undefined;

beforeAll(async () => {
  machines = await Machines.create();
});

afterAll(async () => {
  await machines?.[Symbol.asyncDispose]();
});

const ack = ['--ack', 's3', '--ack-interval', '20ms'];

function sqlOf(lake: string): string {
  return `CREATE TABLE orders (n BIGINT) WITH (connector = 'http', stream = 'orders',
      format = 'json', 'source.offset' = 'earliest');
    CREATE TABLE kept WITH (connector = 'delta', path = '${lake}', rollover_seconds = 1);
    INSERT INTO kept SELECT n FROM orders;`;
}

/** Numbers that are sent once each: which of them were acknowledged, which may be there. */
class Numbers {
  readonly acknowledged: number[] = [];
  #next = 0;

  /** Sends some at once; resolves when all are answered or the machine is gone. */
  async send(helios: HeliosProcess, count: number): Promise<readonly Response[]> {
    const numbers = Array.from({ length: count }, () => this.#next++);
    const sending = numbers.map(async (n) => await this.again(helios, n));
    return (await Promise.all(sending)).filter((response) => response !== undefined);
  }

  /** The same request as before: with the same key. */
  async again(helios: HeliosProcess, n: number): Promise<Response | undefined> {
    const headers = { 'idempotency-key': `key ${n}` };
    const init = { method: 'POST', headers, body: `{"n":${n}}` };
    const response = await helios.request('/ingest/orders', init).catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    if (response?.status === 200 && text === 'ok') this.acknowledged.push(n);
    return response;
  }

  /**
   * What the table has twice, or from nowhere, once it has all that was acknowledged. Never
   * resolves where it lacks some.
   */
  async wrong(helios: HeliosProcess): Promise<readonly number[]> {
    const there = await until(
      async () => (await helios.query('SELECT n FROM kept')).rows.map(([n]) => Number(n)),
      (rows) => this.acknowledged.every((n) => rows.includes(n)),
    );
    return there.filter((n, at) => there.indexOf(n) !== at || n >= this.#next);
  }
}

async function withPipeline(
  disk: string,
  place: string,
  more: MachineOptions = {},
): Promise<HeliosProcess> {
  const helios = await machines!.start(disk, `${place}/state`, { ...more, options: ack });
  const body = { name: 'orders', sql: sqlOf(`${place}/lake`) };
  await helios.call('POST', '/api/v1/pipelines', body);
  return helios;
}

/** The machine is terminated, and its disk destroyed. */
async function lose(disk: string, helios: HeliosProcess): Promise<void> {
  helios.kill('SIGKILL');
  await helios.exited;
  await rm(machines!.disk(disk), { recursive: true });
}

describe('acknowledged after the put', () => {
  test('an event is in its table though machine and disk are gone a second after ok', async (context) => {
    if (machines === undefined) return context.skip();
    const place = machines.place('lost');
    const first = await withPipeline('lost', place);
    expect(first.output).toContain('ok means: the event survives the loss of this machine');
    const numbers = new Numbers();
    await numbers.send(first, 30);
    await sleep(1000);
    await lose('lost', first);
    const helios = await machines.start('lost', `${place}/state`, { options: ack });
    const replayed = await numbers.again(helios, 7);
    expect(replayed?.headers.get('idempotent-replayed')).toBe('true');
    expect(await numbers.wrong(helios)).toEqual([]);
    const stream = await helios.call('GET', '/api/v1/streams/orders');
    expect(stream).toMatchObject({ durability: { survives: 'machine', by: 's3' } });
    expect(new Set(numbers.acknowledged).size).toBe(30);
    await helios.stop();

    // Without --ack s3 the store would fall behind, and a machine that came after it go back.
    const behind = machines.begin('lost', `${place}/state`);
    expect(await behind.exited).toMatchObject({ code: 6 });
    expect(behind.output).toContain('Start with --ack s3');
  });

  test('killed at each step, what was acknowledged is there once, here and on another disk', async (context) => {
    if (machines === undefined) return context.skip();
    const place = machines.place('killed');
    const [first, ...deaths] = ['before-log-put:3', 'after-log-put:3', 'during-log-append:5'];
    const at = (crash = ''): MachineOptions => {
      return { options: ack, environment: { HELIOS_CRASH_AT: crash } };
    };
    const numbers = new Numbers();
    let helios = await withPipeline('killed', place, at(first));
    for (const death of [...deaths, undefined]) {
      while (helios.isRunning) await numbers.send(helios, 3);
      helios = await machines.start('killed', `${place}/state`, at(death));
    }
    await numbers.send(helios, 10);
    expect(await numbers.wrong(helios)).toEqual([]);
    await lose('killed', helios);
    const heir = await machines.start('killed', `${place}/state`, { options: ack });
    expect(await numbers.wrong(heir)).toEqual([]);
    await heir.stop();
  });

  test('a store that is away is said with 503, and nothing is lost or there twice', async (context) => {
    if (machines === undefined) return context.skip();
    await using proxy = await S3FaultProxy.open(machines.endpoint);
    const place = machines.place('away', proxy.endpoint);
    const helios = await withPipeline('away', place);
    const numbers = new Numbers();
    await numbers.send(helios, 5);
    const isLog = (key: string): boolean => key.includes('/log/');
    proxy.fault = ({ key, operation, number }) => {
      if (!isLog(key) || operation !== 'PutObject') return undefined;
      return number % 2 === 0 ? { kind: 'lost' } : { kind: 'error', status: 503, name: 'SlowDown' };
    };
    await numbers.send(helios, 20);
    proxy.fault = ({ key }) => (isLog(key) ? { kind: 'error', status: 500 } : undefined);
    const refused = await numbers.send(helios, 10);
    const statuses = new Set(refused.map(({ status }) => status));
    expect([...statuses]).toEqual([503]);
    expect(refused[0]?.headers.get('retry-after')).toMatch(/^\d+$/);
    proxy.fault = () => undefined;
    for (let n = 0; n < 35; n++) {
      await until(
        async () => (await numbers.again(helios, n))?.status,
        (status) => status === 200,
      );
    }
    expect(await numbers.wrong(helios)).toEqual([]);
    await lose('away', helios);
    const heir = await machines.start('away', `${place}/state`, { options: ack });
    expect(await numbers.wrong(heir)).toEqual([]);
    expect(await heir.queryNumber('SELECT count(*) FROM kept')).toBe(35);
    await heir.stop();
  });

  test('a machine that slept while another went on acknowledges nothing more', async (context) => {
    if (machines === undefined) return context.skip();
    const place = machines.place('slept');
    const zombie = await withPipeline('s1', place, {
      environment: { HELIOS_CRASH_AT: 'before-log-put:3:SIGSTOP' },
    });
    const numbers = new Numbers();
    await numbers.send(zombie, 1);
    await numbers.send(zombie, 1);
    const hanging = numbers.send(zombie, 1);
    const heir = await machines.start('s2', `${place}/state`, { options: ack });
    await numbers.send(heir, 20);
    zombie.kill('SIGCONT');
    expect(await zombie.exited).toMatchObject({ code: 6 });
    await hanging;
    expect(numbers.acknowledged).not.toContain(2);
    expect(await numbers.wrong(heir)).toEqual([]);
    await heir.stop();
  });
});
