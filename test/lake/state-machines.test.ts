import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import type { HeliosProcess } from '../process/helios-process.ts';
import { replayThroughDeaths } from '../streams/replay-deaths.ts';
import { until } from '../streams/until.ts';
import { Machines } from './state-fixture.ts';

const parts = await kafkaParts();
let broker: KafkaBroker | undefined;
let machines: Machines | undefined;

beforeAll(async () => {
  [machines, broker] = await Promise.all([
    Machines.create(),
    parts === undefined ? undefined : KafkaBroker.create(parts),
  ]);
}, 600_000);

afterAll(async () => {
  await machines?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
});

/** Numbered records of one topic, and what a table that shall have each once lacks or has twice. */
class Numbers {
  readonly #broker: KafkaBroker;
  readonly #topic: string;
  sent = 0;

  constructor(kafka: KafkaBroker, topic: string) {
    this.#broker = kafka;
    this.#topic = topic;
  }

  async send(count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, index) => ({
      value: Buffer.from(`{"n":${this.sent + index}}`),
    }));
    await produce(this.#broker, this.#topic, records);
    this.sent += count;
  }

  sql(lake: string): string {
    return `CREATE TABLE numbers (n BIGINT) WITH (connector = 'kafka', topic = '${this.#topic}',
        bootstrap_servers = '${this.#broker.bootstrap.plaintext}', format = 'json',
        'source.offset' = 'earliest');
      CREATE TABLE kept WITH (connector = 'delta', path = '${lake}', rollover_seconds = 1);
      INSERT INTO kept SELECT n FROM numbers;`;
  }

  /** How many there are, how many different ones, the least and the greatest, once all are there. */
  async facts(helios: HeliosProcess): Promise<readonly number[] | undefined> {
    const facts = 'count(*), count(DISTINCT n), min(n), max(n)';
    const [row] = await until(
      async () => (await helios.query(`SELECT ${facts} FROM kept`)).rows,
      ([counts]) => Number(counts?.[0]) >= this.sent,
    );
    return row?.map(Number);
  }
}

async function expectAllOnce(numbers: Numbers, helios: HeliosProcess): Promise<void> {
  const found = await numbers.facts(helios);
  expect(found).toEqual([numbers.sent, numbers.sent, 0, numbers.sent - 1]);
}

function isAsleep({ pid }: HeliosProcess): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('T') ?? false;
}

describe('state that survives its machine', () => {
  test('each record once, on one machine after the other, killed at each step', async (context) => {
    if (machines === undefined || broker === undefined) return context.skip();
    await broker.createTopic('machines', 2);
    const numbers = new Numbers(broker, 'machines');
    const place = machines.place('machines/state');
    const lake = machines.place('machines/lake');
    await numbers.send(50);
    const deaths = ['after-kept-parts:3', 'before-commit:1', 'during-restore:1'];
    let helios = machines.begin('m', place, { environment: { HELIOS_CRASH_AT: deaths[0] ?? '' } });
    await helios.ready();
    // Its own state may be put for the third time with it.
    await helios
      .call('POST', '/api/v1/pipelines', { name: 'numbers', sql: numbers.sql(lake) })
      .catch(() => undefined);
    for (const [index] of deaths.entries()) {
      while (helios.isRunning) {
        await numbers.send(20);
        await Promise.race([helios.exited, new Promise((done) => setTimeout(done, 100))]);
      }
      await rm(machines.disk('m'), { recursive: true });
      const next = deaths[index + 1];
      helios = machines.begin('m', place, {
        environment: next === undefined ? {} : { HELIOS_CRASH_AT: next },
      });
    }
    await helios.ready();
    const { pipelines } = await helios.call<{ pipelines: readonly unknown[] }>(
      'GET',
      '/api/v1/pipelines',
    );
    if (pipelines.length === 0) {
      await helios.call('POST', '/api/v1/pipelines', { name: 'numbers', sql: numbers.sql(lake) });
    }
    await numbers.send(20);
    await expectAllOnce(numbers, helios);
    await helios.stop();
  });

  test('what was rejected is replayed once, on machines that are lost meanwhile', async (context) => {
    if (machines === undefined || broker === undefined) return context.skip();
    const { bootstrap } = broker;
    const [place, disk] = [machines.place('replayed/state'), machines.disk('r')];
    const lake = machines.place('replayed/lake');
    const sql = (id: string): string => `CREATE TABLE keyed (id ${id},
        k TEXT METADATA FROM 'key', o BIGINT METADATA FROM 'offset_id')
      WITH (connector = 'kafka', topic = 'replayed', format = 'json', 'source.offset' = 'earliest',
        bootstrap_servers = '${bootstrap.plaintext}');
      CREATE TABLE again WITH (connector = 'delta', path = '${lake}');
      INSERT INTO again SELECT * FROM keyed;`;
    await broker.createTopic('replayed', 1);
    const keys = ['a', 'ä', 'c'];
    const records = keys.map((key) => ({ key: Buffer.from(key), value: Buffer.from('{}') }));
    await produce(broker, 'replayed', records);
    const begin = (crashAt: string | undefined): HeliosProcess => {
      const environment = crashAt === undefined ? {} : { HELIOS_CRASH_AT: crashAt };
      return (machines as Machines).begin('r', place, { environment });
    };
    const first = begin(undefined);
    await first.ready();
    await first.call('POST', '/api/v1/pipelines', { name: 'again', sql: sql('BIGINT NOT NULL') });
    await until(
      async () => await first.queryNumber('SELECT count(*) FROM quarantine').catch(() => 0),
      (count) => count === keys.length,
    );
    const { helios, replays } = await replayThroughDeaths({
      ...{ begin, first, pipelines: new Map([['again', sql('BIGINT')]]) },
      crashPoints: ['after-manifest'],
      afterDeath: async () => await rm(disk, { recursive: true }),
    });
    const counts = { selected: keys.length, replayed: keys.length, failed: 0, refused: [] };
    expect(replays).toMatchObject([counts]);
    const { rows } = await helios.query('SELECT k, o FROM again ORDER BY o');
    expect(rows.map(String)).toEqual(keys.map((key, offset) => `${key},${offset}`));
    await helios.stop();
  });

  test('a machine that slept finds itself fenced, and has done no harm', async (context) => {
    if (machines === undefined || broker === undefined) return context.skip();
    await broker.createTopic('zombie', 1);
    const numbers = new Numbers(broker, 'zombie');
    const place = machines.place('zombie/state');
    await numbers.send(100);
    const zombie = await machines.start('z1', place, {
      environment: { HELIOS_CRASH_AT: 'before-commit:2:SIGSTOP' },
    });
    const sql = numbers.sql(machines.place('zombie/lake'));
    await zombie.call('POST', '/api/v1/pipelines', { name: 'numbers', sql });
    while (!isAsleep(zombie)) {
      await numbers.send(10);
      await new Promise((done) => setTimeout(done, 50));
    }
    const heir = await machines.start('z2', place);
    expect(heir.output).toContain('This machine has taken it over as of ');
    await numbers.send(10);
    await expectAllOnce(numbers, heir);
    zombie.kill('SIGCONT');
    expect(await zombie.exited).toMatchObject({ code: 6 });
    expect(zombie.output).toMatch(
      /Another Helios process \(pid \d+ on .+\) has taken over the state at /,
    );
    await numbers.send(10);
    await expectAllOnce(numbers, heir);
    const version = await heir.call<{ rows: string }>('GET', '/api/v1/tables/kept');
    expect(Number(version.rows)).toBe(numbers.sent);

    // The first one's disk is older than the state by now: it is kept, and not used.
    const again = await machines.start('z1', place);
    expect(await heir.exited).toMatchObject({ code: 6 });
    expect(again.output).toContain('What was here until then is older, and has been moved to ');
    expect(await readdir(join(machines.disk('z1'), 'set-aside'))).toHaveLength(1);
    await expectAllOnce(numbers, again);
    again.kill('SIGKILL');
    await again.exited;

    // The same disk goes on with what it has: some of it is not in the store.
    const same = await machines.start('z1', place);
    expect(same.output).not.toContain('This machine has taken it over');
    await expectAllOnce(numbers, same);
    await same.stop();
  });
});
