import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliRun, runToEnd, startCli } from '../../src/cli/testing/fixture.ts';
import type { ConnectionListAnswer, PipelineListAnswer } from '../../src/server/api.ts';
import { produce } from '../peers/kafka-producers.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { createStream, type KinesisPeer, putRecords, startKinesisLocal } from '../peers/kinesis.ts';
import { HeliosProcess } from '../process/helios-process.ts';

const parts = await kafkaParts();
const events = Array.from({ length: 30 }, (_, id) => JSON.stringify({ id, kind: `k${id % 3}` }));

describe.skipIf(parts === undefined)('helios connect', () => {
  let broker: KafkaBroker;
  let kinesis: KinesisPeer;
  let helios: HeliosProcess;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'helios-connect-'));
    [broker, kinesis] = await Promise.all([KafkaBroker.create(parts!), startKinesisLocal()]);
    helios = await HeliosProcess.start({
      dataDirectory: directory,
      environment: {
        WRONG: 'not-it',
        RIGHT: 'scram-secret',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    });
    await broker.createTopic('orders', 2);
    const values = events.map((text, index) => ({
      partition: index % 2,
      value: Buffer.from(text),
    }));
    await produce(broker, 'orders', values);
    await createStream(kinesis.client, 'clicks', 2);
    const clicks = events.map((data, index) => ({ key: `${index}`, data }));
    await putRecords(kinesis.client, 'clicks', clicks);
  });

  afterAll(async () => {
    await helios?.[Symbol.asyncDispose]();
    await kinesis?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  async function url(): Promise<string> {
    return await helios.ready();
  }

  async function connect(...words: string[]) {
    return await runToEnd(['connect', ...words, '--url', await url()]);
  }

  async function kept(): Promise<readonly string[]> {
    const { connections } = await helios.call<ConnectionListAnswer>('GET', '/api/v1/connections');
    const { pipelines } = await helios.call<PipelineListAnswer>('GET', '/api/v1/pipelines');
    return [...connections, ...pipelines].map(({ name }) => name);
  }

  test('goes from an address to rows without a question', async () => {
    const address = ['kafka', '--bootstrap-servers', broker.bootstrap.plaintext];
    const run = await connect(...address, '--stream', 'orders', '--table', 'first', '--yes');
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain('│ kind');
    expect(run.stderr).toContain('✓ read');
    expect(run.stderr).toContain('Looked at 30 records of 2 partitions.');
    expect(run.stderr).toContain('The table takes all of them.');
    expect(await helios.queryNumber('SELECT count(*) FROM first')).toBe(30);
    const again = await connect('--connection', 'kafka', '--stream', 'orders', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ connection: 'kafka', pipeline: 'orders' });
    expect((JSON.parse(again.stdout) as { rows: unknown[] }).rows).toHaveLength(5);
  });

  test('reads Kinesis as well', async () => {
    const address = ['kinesis', '--region', 'us-east-1', '--endpoint', kinesis.endpoint];
    const run = await connect(...address, '--stream', 'clicks', '--metadata', '--yes');
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    expect(run.stderr).toContain('of the 5 that a shard allows');
    expect(await helios.queryNumber('SELECT count(kinesis_shard_id) FROM clicks')).toBe(30);
  });

  test('keeps nothing where it fails, and says why', async () => {
    const before = await kept();
    const login = ['--mechanism', 'SCRAM-SHA-256', '--username', 'scram', '--no-tls'];
    const address = ['kafka', '--bootstrap-servers', broker.bootstrap.saslPlaintext, ...login];
    const wrong = await connect(...address, '--password', 'env:WRONG', '--stream', 'orders', '-y');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain('✗ authentication');
    expect(wrong.stderr).not.toContain('not-it');
    const plain = await connect(...address, '--password', 'secret', '--stream', 'orders', '-y');
    expect(plain).toMatchObject({ exitCode: 2 });
    expect(plain.stderr).toContain('env:NAME');
    const missing = ['--password', 'env:RIGHT', '--connection', 'scram', '--stream', 'nope'];
    const run = await connect(...address, ...missing, '-y');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('"nope" does not exist');
    expect(run.stderr).toContain('Nothing was made.');
    const table = ['--connection', 'scram', '--stream', 'orders', '--table', '1'];
    const late = await connect(...address, '--password', 'env:RIGHT', ...table, '-y');
    expect(late.stderr).toContain('Deleted again: the connection scram. Nothing was kept.');
    const silent = await connect('kafka', '-y');
    expect(silent.stderr).toContain('--bootstrap-servers is missing.');
    const typo = await connect('--connection', 'kafak', '--stream', 'orders', '-y');
    expect(typo.stderr).toContain('There is no connection named kafak.');
    const kind = await connect('kafak', '--stream', 'orders', '-y');
    expect(kind.stderr).toContain('Did you mean "kafka"? It is one of kafka, confluent, kinesis.');
    expect(await kept()).toEqual(before);
  });

  const enter = '\r';
  const down = '\u001b[B';
  const controlC = '\u0003';

  /** How much of a run's screen was there when its last question was answered. */
  const answered = new WeakMap<CliRun, number>();

  /** Answers a question once it is on the screen. */
  async function answer(run: CliRun, question: string, keys: readonly string[]): Promise<void> {
    const before = answered.get(run) ?? 0;
    const since = (): string => plainText(run.stderr()).slice(before);
    await expect.poll(since, { timeout: 20_000 }).toContain(question);
    answered.set(run, plainText(run.stderr()).length);
    for (const key of keys) run.stdin.write(key);
  }

  async function startWizard(...words: string[]): Promise<CliRun> {
    const terminal = { isStdinTty: true, isStderrTty: true };
    return startCli(['connect', ...words, '--url', await url()], terminal);
  }

  test('asks a person, who may go back', async () => {
    const run = await startWizard();
    await answer(run, 'What do you want to read?', [enter]);
    await answer(run, 'Which topic or stream?', [down, enter]);
    // "Another one", whose name is wrong at first.
    await answer(run, 'Its name', ['nope', enter]);
    await answer(run, 'What now?', [down, enter]);
    await answer(run, 'Which topic or stream?', [enter]);
    await answer(run, 'Name of the table', [enter]);
    await answer(run, 'Where to start reading?', [enter]);
    await answer(run, 'Create this pipeline?', [enter]);
    expect(await run.exitCode).toBe(0);
    expect(plainText(run.stderr())).toContain('"nope" does not exist');
    expect(run.stdout()).toContain('│ kind');
    expect(await helios.queryNumber('SELECT count(*) FROM orders_2')).toBe(30);
  });

  test('leaves nothing behind at Ctrl+C', async () => {
    const before = await kept();
    const client = ['-o', 'client.id=another'];
    const address = ['kafka', '--bootstrap-servers', broker.bootstrap.plaintext, ...client];
    const run = await startWizard(...address);
    await answer(run, 'Login', [enter]);
    await answer(run, 'Over TLS?', [enter]);
    await answer(run, 'Name of the connection', ['x', enter]);
    await answer(run, 'Which topic or stream?', [controlC]);
    expect(await run.exitCode).not.toBe(0);
    expect(run.stderr()).toMatch(/Deleted again: the connection kafka\w*x\. Nothing was kept\./);
    expect(run.stderr()).toContain('Cancelled before a pipeline was made.');
    expect(await kept()).toEqual(before);
  });

  test('waits for nothing where a topic is empty', async () => {
    await broker.createTopic('a_silent_one');
    const address = ['kafka', '--bootstrap-servers', broker.bootstrap.plaintext];
    const run = await connect(...address, '--stream', 'a_silent_one', '--yes', '--no-wait');
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    // The test was of this topic, not of the first one with a record.
    expect(run.stderr).toContain('– read           The topic has no record to read.');
    expect(run.stderr).toContain('There was no record to look at');
    expect(run.stderr).not.toContain('Waiting for its first rows');
    expect(run.stderr).toContain('No rows yet');
  });

  test('waits for the first record of an empty topic', async () => {
    await broker.createTopic('late', 2);
    const before = await kept();
    const words = ['connect', '--connection', 'kafka', '--stream', 'late', '-y'];
    const given = startCli([...words, '--url', await url()]);
    await expect.poll(given.stderr, { timeout: 20_000 }).toContain('Waiting for the first one');
    given.interrupt();
    expect(await given.exitCode).toBe(130);
    expect(await kept()).toEqual(before);
    const run = startCli([...words, '--url', await url()]);
    await expect.poll(run.stderr, { timeout: 20_000 }).toContain('Waiting for the first one');
    await produce(broker, 'late', [{ value: Buffer.from('{"id":1,"kind":"late"}') }]);
    expect(await run.exitCode, run.stderr()).toBe(0);
    expect(run.stdout()).toContain('│ late');
  });

  test('keeps a connection once, however often its address is given', async () => {
    const address = ['kafka', '--bootstrap-servers', broker.bootstrap.plaintext];
    const run = await connect(...address, '--stream', 'orders', '--table', 'again', '--yes');
    expect(run, run.stderr).toMatchObject({ exitCode: 0 });
    expect(run.stderr).toContain('The connection kafka has the same settings: it is used.');
    const { connections } = await helios.call<ConnectionListAnswer>('GET', '/api/v1/connections');
    expect(connections.filter(({ name }) => name.startsWith('kafka'))).toHaveLength(1);
    const other = ['--connection', 'kafka', '--stream', 'orders', '--table', 'other', '-y'];
    const elsewhere = await connect('kafka', '--bootstrap-servers', '127.0.0.1:1', ...other);
    expect(elsewhere).toMatchObject({ exitCode: 6 });
    expect(elsewhere.stderr).toContain('The connection kafka has other settings than these.');
  });
});

function plainText(text: string): string {
  return stripVTControlCharacters(text);
}
