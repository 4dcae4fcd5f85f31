import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';

/** Tables in the data directory, by the paths that somebody in the folder above it would write. */
const sql = `CREATE TABLE orders (n BIGINT) WITH (connector = 'http', stream = 'orders',
    format = 'json', 'source.offset' = 'earliest');
  CREATE TABLE kept WITH (connector = 'delta', path = 'helios-data/tables/kept',
    rollover_seconds = 1);
  CREATE TABLE raw WITH (connector = 'filesystem', path = 'helios-data/tables/raw',
    format = 'json', rollover_seconds = 1);
  INSERT INTO kept SELECT n FROM orders;
  INSERT INTO raw SELECT n FROM orders;`;

const brokenRecord = 'none';

async function send(helios: HeliosProcess, from: number, key?: string): Promise<Response> {
  const lines = Array.from({ length: 50 }, (_, index) => `{"n":${from + index}}`);
  const body = [...lines, brokenRecord].join('\n');
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const response = await helios.request('/ingest/orders', { method: 'POST', headers, body });
  expect(await response.text()).toBe('ok');
  return response;
}

/** The numbers that both tables have. */
async function numbersIn(helios: HeliosProcess, count: number): Promise<readonly number[]> {
  const both = 'SELECT n FROM kept FULL JOIN raw USING (n) ORDER BY n';
  return await until(
    async () => (await helios.query(both)).rows.map(([n]) => Number(n)),
    (numbers) => numbers.length >= count,
  );
}

/** What a reader finds who knows of no listing, once all is in files. */
async function numbersInFiles(helios: HeliosProcess, folder: string): Promise<readonly number[]> {
  await until(
    async () => await helios.call<{ hot_rows: number }>('GET', '/api/v1/tables/raw'),
    ({ hot_rows: hot }) => hot === 0,
  );
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const found = texts.join('').trimEnd().split('\n');
  return found.map((line) => (JSON.parse(line) as { n: number }).n).toSorted((a, b) => a - b);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

/** The volume of a log, as one machine after the other mounts it. */
const moves = {
  moved: async (from: string, to: string) => await rename(from, to),
  copied: async (from: string, to: string) => {
    // Nothing in `tmp` is to outlive its process; pipes can't be copied.
    const filter = (path: string): boolean => path !== join(from, 'tmp');
    await cp(from, to, { recursive: true, filter });
  },
};

test.each(['moved', 'copied'] as const)(
  'a data directory that is %s after a kill goes on where it was, each event once',
  async (how) => {
    const folder = await mkdtemp(join(tmpdir(), 'helios-volume-'));
    onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
    const start = async (machine: string): Promise<HeliosProcess> => {
      const workingDirectory = join(folder, machine);
      await mkdir(workingDirectory, { recursive: true });
      const dataDirectory = join(workingDirectory, 'helios-data');
      return await HeliosProcess.start({ dataDirectory, workingDirectory });
    };
    const first = await start('one');
    expect(first.output).toContain('ok means: the event survives this process and a power cut');
    await first.call('POST', '/api/v1/pipelines', { name: 'orders', sql });
    await send(first, 0);
    await numbersIn(first, 50);
    await send(first, 50, 'the last one');
    await sleep(1000);
    first.kill('SIGKILL');
    await first.exited;
    await mkdir(join(folder, 'two'));
    await moves[how](join(folder, 'one', 'helios-data'), join(folder, 'two', 'helios-data'));
    // What is written to where it was is found out.
    await rm(join(folder, 'one'), { recursive: true });

    await using second = await start('two');
    expect(await numbersIn(second, 100)).toEqual(upTo(100));
    const again = await send(second, 50, 'the last one');
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    await send(second, 100);
    expect(await numbersIn(second, 150)).toEqual(upTo(150));
    const raw = join(folder, 'two', 'helios-data', 'tables', 'raw');
    expect(await numbersInFiles(second, raw)).toEqual(upTo(150));
    expect(await second.queryNumber('SELECT count(*) FROM quarantine')).toBe(3);
    const stream = await second.call('GET', '/api/v1/streams/orders');
    expect(stream).toMatchObject({ durability: { survives: 'disk', by: 'volume' } });
  },
);
