import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeliosProcess } from './process/helios-process.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '..', 'bin', 'helios');

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-whole-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function script(path: string): string {
  return `CREATE TABLE events (id BIGINT NOT NULL, v TEXT)
      WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
    CREATE TABLE sunk WITH (connector = 'delta', path = '${path}', type = 'sink');
    INSERT INTO sunk SELECT id, v::INT AS v FROM events;`;
}

async function send(helios: HeliosProcess, from: number, to: number): Promise<void> {
  const lines: string[] = [];
  for (let id = from; id < to; id++)
    lines.push(JSON.stringify({ id, v: id % 50 === 0 ? 'x' : '1' }));
  const response = await helios.request('/ingest/events?wait=queryable', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${lines.join('\n')}\n`,
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

async function setState(helios: HeliosProcess, state: 'running' | 'stopped'): Promise<void> {
  await helios.call('PATCH', '/api/v1/pipelines/p', { state });
}

/** Rows and rejected records, and how many different ones of each. */
async function counts(helios: HeliosProcess): Promise<readonly number[]> {
  const { rows } = await helios.query(`SELECT
    (SELECT count(*) FROM sunk), (SELECT count(DISTINCT id) FROM sunk),
    (SELECT count(*) FROM quarantine), (SELECT count(DISTINCT raw_text) FROM quarantine)`);
  return (rows[0] ?? []).map(Number);
}

test('events become rows once: over kill -9, a restart and a roll', async () => {
  const dataDirectory = join(directory, 'data');
  const sql = script(join(directory, 'sunk'));
  {
    await using helios = await HeliosProcess.start({ dataDirectory });
    await helios.call('POST', '/api/v1/pipelines', { name: 'p', sql });
    await send(helios, 0, 1000);
    expect(await counts(helios)).toEqual([980, 980, 20, 20]);
    helios.kill('SIGKILL');
    await helios.exited;
  }
  {
    await using helios = await HeliosProcess.start({ dataDirectory });
    await send(helios, 1000, 2000);
    expect(await counts(helios)).toEqual([1960, 1960, 40, 40]);
    await setState(helios, 'stopped');
    expect(await counts(helios)).toEqual([1960, 1960, 40, 40]);
    await setState(helios, 'running');
    await send(helios, 2000, 2100);
    expect((await helios.stop()).code).toBe(0);
  }
  await using helios = await HeliosProcess.start({ dataDirectory });
  expect(await counts(helios)).toEqual([2058, 2058, 42, 42]);
}, 120_000);

const crashes = [
  'after-part',
  'before-manifest',
  'after-manifest',
  'before-commit',
  'after-commit',
];

test.each(crashes)(
  'a process that dies %s loses and doubles nothing',
  async (point) => {
    const dataDirectory = join(directory, 'data');
    const sql = script(join(directory, 'sunk'));
    {
      await using helios = await HeliosProcess.start({
        dataDirectory,
        environment: { HELIOS_CRASH_AT: `${point}:2` },
      });
      await helios.call('POST', '/api/v1/pipelines', { name: 'p', sql });
      const work = async (): Promise<void> => {
        await send(helios, 0, 100);
        await send(helios, 100, 200);
        await setState(helios, 'stopped');
      };
      await Promise.race([work().catch(() => undefined), helios.exited]);
      expect((await helios.exited).signal).toBe('SIGKILL');
    }
    await using helios = await HeliosProcess.start({ dataDirectory });
    await setState(helios, 'running');
    await send(helios, 200, 300);
    const [rows = 0, different = 0, rejected = 0, differentRejected = 0] = await counts(helios);
    expect(rows).toBe(different);
    expect(rejected).toBe(differentRejected);
    const acknowledged = await helios.queryNumber('SELECT count(*) FROM sunk WHERE id >= 200');
    expect(acknowledged).toBe(98);
    expect(rows + rejected).toBe(await sentLines(dataDirectory));
  },
  120_000,
);

/** Lines in the log: what was acknowledged, and perhaps what was about to be. */
async function sentLines(dataDirectory: string): Promise<number> {
  const { stdout } = await run('sh', ['-c', `cat ${dataDirectory}/log/events/0/*.ndjson | wc -l`]);
  return Number(stdout);
}

test('helios run reads files to their end, and goes on where it stopped', async () => {
  const input = join(directory, 'in.json');
  const output = join(directory, 'out.json');
  await writeFile(input, '{"id":1}\n{"id":"x"}\n{"id":2}\n');
  const pipeline = join(directory, 'pipeline.sql');
  await writeFile(
    pipeline,
    `CREATE TABLE src (id BIGINT NOT NULL)
       WITH (connector = 'single_file', path = '${input}', format = 'json', type = 'source');
     CREATE TABLE out
       WITH (connector = 'single_file', path = '${output}', format = 'json', type = 'sink');
     INSERT INTO out SELECT id FROM src;`,
  );
  const data = join(directory, 'data');
  await run(process.execPath, [program, 'run', pipeline, '--data', data]);
  expect(await readFile(output, 'utf8')).toBe('{"id":1}\n{"id":2}\n');
  await writeFile(input, '{"id":1}\n{"id":"x"}\n{"id":2}\n{"id":3}\n');
  await run(process.execPath, [program, 'run', pipeline, '--data', data]);
  expect(await readFile(output, 'utf8')).toBe('{"id":1}\n{"id":2}\n{"id":3}\n');
}, 60_000);
