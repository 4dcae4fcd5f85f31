import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { Machines } from './state-fixture.ts';

type PipelineFacts = {
  readonly state: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
};

async function send(helios: HeliosProcess, from: number): Promise<void> {
  const body = Array.from({ length: 50 }, (_, index) => `{"n":${from + index}}\n`).join('');
  const answer = await helios.request('/ingest/events', { method: 'POST', body });
  expect(await answer.text()).toBe('ok');
}

/** What a reader finds who knows of no listing. */
async function numbersIn(folder: string): Promise<readonly number[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const lines = texts.flatMap((text) => text.trimEnd().split('\n'));
  return lines.map((line) => (JSON.parse(line) as { n: number }).n).toSorted((a, b) => a - b);
}

async function isCold(helios: HeliosProcess, rows: number): Promise<void> {
  await until(
    async () => await helios.call<Record<string, number>>('GET', '/api/v1/tables/raw'),
    (facts) => Number(facts['hot_rows']) === 0 && Number(facts['rows']) === rows,
  );
}

test('raw files in a folder: a new machine ends the roll of the last one, or misses the folder', async (context) => {
  await using machines = await Machines.create();
  if (machines === undefined) return context.skip();
  const place = machines.place('helios');
  const raw = machines.disk('shared/raw');
  const options = ['--ack', 's3'];
  const environment = { HELIOS_CRASH_AT: 'before-commit:2' };
  const first = await machines.start('one', place, { options, environment });
  await first.call('POST', '/api/v1/pipelines', {
    name: 'raw',
    sql: `CREATE TABLE events (n BIGINT) WITH (connector = 'http', format = 'json',
        'source.offset' = 'earliest');
      CREATE TABLE raw WITH (connector = 'filesystem', path = '${raw}', format = 'json',
        rollover_seconds = 1);
      INSERT INTO raw SELECT n FROM events;`,
  });
  await send(first, 0);
  await isCold(first, 50);
  await send(first, 50);
  expect((await first.exited).signal).toBe('SIGKILL');
  // Files of the roll are there, and nothing says that they are the table's.
  expect(await numbersIn(raw)).toHaveLength(100);
  await rm(machines.disk('one'), { recursive: true });

  // The folder has not come with the state: its rows are not written again, and not forgotten.
  await rename(machines.disk('shared'), machines.disk('elsewhere'));
  const second = await machines.start('two', place, { options });
  const stopped = await until(
    async () => await second.call<PipelineFacts>('GET', '/api/v1/pipelines/raw'),
    ({ state }) => state === 'failed',
  );
  expect(stopped.error?.code).toBe('table_replaced');
  expect(stopped.error?.message).toContain(raw);
  expect(stopped.error?.hint).toMatch(/Put the old table back/);

  await rm(machines.disk('shared'), { recursive: true, force: true });
  await rename(machines.disk('elsewhere'), machines.disk('shared'));
  await second.call('PATCH', '/api/v1/pipelines/raw', { state: 'running' });
  await send(second, 100);
  await isCold(second, 150);
  expect(await numbersIn(raw)).toEqual(Array.from({ length: 150 }, (_, n) => n));
  const { rows } = await second.query('SELECT count(*), count(DISTINCT n) FROM raw');
  expect(rows).toEqual([['150', '150']]);
});
