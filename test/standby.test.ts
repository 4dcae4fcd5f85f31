import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeliosProcess } from './process/helios-process.ts';
import { until } from './streams/until.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-standby-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const rowsPerRequest = 100;

/**
 * Sends numbered rows to whoever answers, each number once: a request whose answer was lost isn't
 * repeated, since it may have been stored.
 */
class Producer {
  readonly acknowledged: number[] = [];
  readonly unknown: number[] = [];
  readonly #owners: readonly HeliosProcess[];
  #isEnding = false;
  #next = 0;

  constructor(owners: readonly HeliosProcess[]) {
    this.#owners = owners;
  }

  async run(): Promise<void> {
    while (!this.#isEnding) {
      for (const owner of this.#owners.filter(({ isRunning }) => isRunning))
        await this.#send(owner);
    }
  }

  end(): void {
    this.#isEnding = true;
  }

  async #send(owner: HeliosProcess): Promise<void> {
    const id = this.#next++;
    const body = Array.from({ length: rowsPerRequest }, () => `{"id":${id}}\n`).join('');
    try {
      const response = await owner.request('/ingest', { method: 'POST', body });
      if (response.ok) this.acknowledged.push(id);
      else this.unknown.push(id);
    } catch {
      this.unknown.push(id);
    }
  }
}

test('a standby takes over within seconds of kill -9 under load; nothing is lost or doubled', async () => {
  const dataDirectory = join(folder, 'data');
  await using first = await HeliosProcess.start({ dataDirectory });
  await first.call('POST', '/api/v1/pipelines', {
    name: 'p',
    sql: `CREATE TABLE events (id BIGINT)
        WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
      CREATE TABLE sunk WITH (connector = 'delta', path = '${join(folder, 'sunk')}', type = 'sink');
      INSERT INTO sunk SELECT id FROM events;`,
  });
  await using second = new HeliosProcess({ dataDirectory, options: ['--standby'] });
  await until(
    async () => await Promise.resolve(second.output.includes(`pid ${first.pid} on `)),
    (isWaiting) => isWaiting,
  );
  const before = new Producer([first]);
  const sending = before.run();
  await until(
    async () => await Promise.resolve(before.acknowledged.length),
    (count) => count > 50,
  );
  first.kill('SIGKILL');
  await first.exited;
  before.end();
  await sending;
  await second.ready();
  const sent = before.acknowledged;
  const counts = `SELECT id, count(*) FROM sunk GROUP BY id ORDER BY id`;
  await until(
    async () => (await second.query(counts)).rows.map((row) => Number(row[0])),
    (ids) => sent.every((id) => ids.includes(id)),
  );
  const { rows } = await second.query(counts);
  const maybe = new Set([...sent, ...before.unknown]);
  expect(rows.filter(([id]) => !maybe.has(Number(id)))).toEqual([]);
  expect(rows.filter(([, count]) => Number(count) !== rowsPerRequest)).toEqual([]);
  const { pipelines } = await second.call<{ pipelines: Record<string, number> }>('GET', '/healthz');
  expect(pipelines).toMatchObject({ running: 1, failed: 0 });
});
