import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce, type Sent } from '../peers/kafka-producers.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from './until.ts';

const parts = await kafkaParts();

describe.skipIf(parts === undefined)('a topic of Kafka', () => {
  let broker: KafkaBroker;
  let folder: string;

  beforeAll(async () => {
    if (parts === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'helios-kafka-pipeline-'));
    broker = await KafkaBroker.create(parts);
  });

  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('is in a Delta table exactly once, after kill -9 of Helios and of the broker', async () => {
    await broker.createTopic('orders', 3);
    const dataDirectory = join(folder, 'data');
    let helios = await HeliosProcess.start({ dataDirectory });
    await helios.call('POST', '/api/v1/connections', {
      name: 'local',
      kind: 'kafka',
      options: { bootstrap_servers: broker.bootstrap.plaintext },
    });
    const sql = pipelineSql(join(folder, 'orders'));
    await helios.call('POST', '/api/v1/pipelines', { name: 'orders', sql });
    const rounds = 4;
    for (let round = 0; round < rounds; round++) {
      const sending = produce(broker, 'orders', records(round));
      if (round === 1 || round === 3) {
        helios.kill('SIGKILL');
        await helios.exited;
        helios = await HeliosProcess.start({ dataDirectory });
      }
      await sending;
      if (round === 2) {
        await broker.kill();
        await broker.start();
      }
    }
    const counts = `SELECT (SELECT count(*) FROM orders) AS rows,
      (SELECT count(*) FROM quarantine) AS rejected`;
    const goodCount = rounds * (perRound - badPerRound);
    const badCount = rounds * badPerRound;
    await until(
      async () => (await helios.query(counts)).rows[0]?.map(Number),
      (found) => found?.[0] === goodCount && found[1] === badCount,
    );
    const facts = await helios.query(`SELECT count(DISTINCT id), count(DISTINCT part),
      min(total) > 0, count(*) FILTER (name = 'order ' || id) FROM orders`);
    expect(facts.rows[0]?.map(String)).toEqual([String(goodCount), '3', 'true', String(goodCount)]);
    const bad = await helios.query('SELECT DISTINCT code, CAST(raw AS VARCHAR) FROM quarantine');
    expect(bad.rows.map(String).toSorted()).toEqual(expect.arrayContaining(['tombstone,']));
    expect((await helios.stop()).code).toBe(0);
  });

  test('is printed by `helios run` until it is interrupted', async () => {
    await broker.createTopic('printed', 2);
    await produce(broker, 'printed', records(0));
    const file = join(folder, 'print.sql');
    await writeFile(
      file,
      `CREATE TABLE printed (id BIGINT) WITH (connector = 'kafka', topic = 'printed', type = 'source',
         bootstrap_servers = '${broker.bootstrap.plaintext}', format = 'json',
         'source.offset' = 'earliest', bad_data = 'drop');
       SELECT id FROM printed;`,
    );
    const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
    const child = spawn(process.execPath, [program, 'run', file], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const printed = await firstLines(child, perRound - badPerRound);
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(new Set(printed).size).toBe(perRound - badPerRound);
  });
});

const perRound = 3000;
const badPerRound = 3;

function pipelineSql(path: string): string {
  return `CREATE TABLE source (id BIGINT NOT NULL, name TEXT, total DECIMAL(12, 2),
      part INT METADATA FROM 'partition')
    WITH (connector = 'kafka', connection_profile = 'local', topic = 'orders', type = 'source',
      format = 'json', 'source.offset' = 'earliest');
    CREATE TABLE orders WITH (connector = 'delta', path = '${path}', type = 'sink');
    INSERT INTO orders SELECT * FROM source;`;
}

function records(round: number): readonly Sent[] {
  return Array.from({ length: perRound }, (_, index): Sent => {
    const id = round * perRound + index;
    const key = Buffer.from(`key ${id % 17}`);
    if (index === 10) return { key, value: Buffer.from('{"id": "not a number"}') };
    if (index === 20) return { key, value: Buffer.from(`{"id": ${id}, "name": `) };
    if (index === 30) return { key };
    return {
      key,
      value: Buffer.from(JSON.stringify({ id, name: `order ${id}`, total: id + 0.25 })),
    };
  });
}

async function firstLines(child: ChildProcess, count: number): Promise<readonly string[]> {
  const lines: string[] = [];
  if (child.stdout === null) return lines;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) return lines;
  }
  return lines;
}
