import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeltaPeers, deltaPython } from '../peers/delta-peers.ts';
import { startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { createBucket } from './bucket.ts';

const python = await deltaPython();

type Pipeline = {
  readonly state: string;
  readonly error?: { readonly code: string };
  readonly sinks: readonly { readonly hot_rows: number }[];
};
type Description = { readonly version: number; readonly files: number; readonly rows: number };

let folder: string;
let helios: HeliosProcess;
let peers: DeltaPeers;
let serial = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-care-'));
  if (python !== undefined) peers = new DeltaPeers(python);
  helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
});

afterAll(async () => {
  await helios[Symbol.asyncDispose]();
  await peers?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A stream, a pipeline and a table of its own for each test. */
class Flow {
  readonly name = `t${serial++}`;
  readonly path: string;
  #sent = 0;

  constructor(location?: string) {
    this.path = location ?? join(folder, this.name);
  }

  /** Into a folder of its own unless a place is given. */
  static async begin(location?: string, options = ''): Promise<Flow> {
    const flow = new Flow(location);
    await helios.call('POST', '/api/v1/pipelines', {
      name: flow.name,
      sql: `CREATE TABLE in_${flow.name} (id BIGINT, page TEXT)
          WITH (connector = 'http', format = 'json');
        CREATE TABLE ${flow.name} WITH (connector = 'delta', path = '${flow.path}',
          format = 'parquet', rollover_seconds = 1, partition_fields = 'page'${options});
        INSERT INTO ${flow.name} SELECT id, page FROM in_${flow.name};`,
    });
    return flow;
  }

  /** Sends rows of all three pages. */
  async send(count: number): Promise<void> {
    const lines = Array.from({ length: count }, () => {
      const id = this.#sent++;
      return `{"id":${id},"page":"p${id % 3}"}`;
    });
    const body = lines.join('\n');
    await helios.request(`/ingest/in_${this.name}?wait=queryable`, { method: 'POST', body });
  }

  /** Sends rows, and waits until they are in files of the table. */
  async roll(count: number): Promise<void> {
    await this.send(count);
    await until(
      async () => await this.pipeline(),
      ({ state, sinks }) => state !== 'running' || sinks.every((sink) => sink.hot_rows === 0),
    );
  }

  async pipeline(): Promise<Pipeline> {
    return await helios.call('GET', `/api/v1/pipelines/${this.name}`);
  }

  async describe(): Promise<Description> {
    return await helios.call('GET', `/api/v1/tables/${this.name}/description`);
  }

  /** Asks for something of the care of tables; gives the last line. */
  async care(what: 'optimize' | 'vacuum', body: object = {}): Promise<Record<string, unknown>> {
    const answer = await helios.request(`/api/v1/tables/${this.name}/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const lines = (await answer.text()).trim().split('\n');
    return JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  }

  /** Rows, different ids and their sum, as Helios has them. */
  async counts(): Promise<readonly unknown[]> {
    const sql = `SELECT count(*), count(DISTINCT id), sum(id) FROM ${this.name}`;
    return (await helios.query(sql)).rows[0]?.map(Number) ?? [];
  }

  /** The same of `count` ids from 0 on. */
  static countsOf(count: number): readonly number[] {
    return [count, count, (count * (count - 1)) / 2];
  }

  get sent(): number {
    return this.#sent;
  }
}

describe('merging files', () => {
  let flow: Flow;

  beforeEach(async () => {
    flow = await Flow.begin();
    for (let index = 0; index < 3; index++) await flow.roll(30);
  });

  test('keeps every row in its partition, and every reader agrees', async () => {
    expect(await flow.describe()).toMatchObject({ files: 9, rows: 90 });
    const { result } = await flow.care('optimize');
    expect(result).toMatchObject({ commits: 1, files_before: 9, files_after: 3, rows: 90 });
    expect(await flow.counts()).toEqual(Flow.countsOf(90));
    const sql = 'SELECT page, count(*) AS c, sum(id) AS s FROM t GROUP BY page ORDER BY page';
    const { rows } = await helios.query(sql.replace('FROM t ', `FROM ${flow.name} `));
    if (python === undefined) return;
    const theirs = await peers.query('delta-rs', flow.path, sql);
    expect(theirs.map((row) => Object.values(row as object).map(Number))).toEqual(
      rows.map((row) => row.map(Number)),
    );
    expect((await peers.facts(flow.path, 'none')).operations[0]).toBe('OPTIMIZE');
  });

  test.skipIf(python === undefined)(
    'beside another writer that appends, deletes and compacts loses and doubles nothing',
    async () => {
      // Its OPTIMIZE would not see that another one took the same files: they take turns.
      flow = await Flow.begin(undefined, ', "compaction.enabled" = false');
      await flow.roll(30);
      const rows = [{ id: -1, page: 'p9' }];
      const over = { appends: new AbortController(), merges: new AbortController() };
      const rival = async ({ signal }: AbortController, isMerging: boolean): Promise<number> => {
        let count = 0;
        while (!signal.aborted) {
          await peers.append(flow.path, rows, { id: 'int64', page: 'string' });
          count++;
          if (isMerging) await peers.compact(flow.path);
        }
        return count;
      };
      const appends = rival(over.appends, false);
      for (let index = 0; index < 3; index++) {
        await flow.roll(30);
        await flow.care('optimize');
      }
      over.appends.abort();
      let appended = await appends;
      const merges = rival(over.merges, true);
      for (let index = 0; index < 3; index++) await flow.roll(30);
      over.merges.abort();
      appended += await merges;
      await peers.delete(flow.path, 'id = 7');
      for (let index = 0; index < 2; index++) await flow.roll(30);
      expect(await flow.care('optimize')).toMatchObject({ result: { commits: 1, files_lost: 0 } });
      const [, distinct] = Flow.countsOf(flow.sent);
      const own = `SELECT count(*), count(DISTINCT id) FROM ${flow.name} WHERE id >= 0`;
      expect((await helios.query(own)).rows[0]?.map(Number)).toEqual([
        flow.sent - 1,
        (distinct ?? 0) - 1,
      ]);
      const others = `SELECT count(*) FROM ${flow.name} WHERE id = -1`;
      expect(Number((await helios.query(others)).rows[0]?.[0])).toBe(appended);
      expect((await flow.pipeline()).state).toBe('running');
    },
  );

  test('is told in helios.maintenance, and a vacuum takes what it let go', async () => {
    await flow.care('optimize', { sort_by: ['id'] });
    const told = await helios.query(
      `SELECT action, reason, outcome, files_before, files_after, "rows" FROM helios.maintenance
        WHERE table_name = '${flow.name}'`,
    );
    expect(told.rows).toEqual([['optimize', 'asked for, sorted', 'done', '9', '3', '90']]);
    expect(await flow.care('vacuum')).toMatchObject({ result: { files: 0 } });
    expect(await flow.care('vacuum', { retain_ms: 0 })).toMatchObject({
      error: { code: 'not_allowed' },
    });
    const now = { retain_ms: 0, force: true };
    expect(await flow.care('vacuum', { ...now, dry_run: true })).toMatchObject({
      result: { files: 9, orphans: 0, dry_run: true },
    });
    expect(await flow.counts()).toEqual(Flow.countsOf(90));
    expect(await flow.care('vacuum', now)).toMatchObject({ result: { files: 9 } });
    expect(await flow.counts()).toEqual(Flow.countsOf(90));
  });

  test('a restore takes rows away that the pipeline does not write again', async () => {
    const { version } = await flow.describe();
    const path = `/api/v1/tables/${flow.name}/restore`;
    const plan = await helios.call('POST', path, { version: version - 1, dry_run: true });
    expect(plan).toMatchObject({ committed: false, rows_removed: 30, fed_by: [flow.name] });
    expect(await flow.counts()).toEqual(Flow.countsOf(90));
    const done = await helios.call('POST', path, { version: version - 1 });
    expect(done).toMatchObject({ committed: true, to_version: version - 1, version: version + 1 });
    expect(await flow.counts()).toEqual(Flow.countsOf(60));
    await flow.roll(30);
    expect((await flow.counts()).slice(0, 2)).toEqual([90, 90]);
    expect((await flow.pipeline()).state).toBe('running');
  });
});

describe.skipIf(python === undefined)('while a pipeline writes, another program', () => {
  let flow: Flow;

  beforeEach(async () => {
    flow = await Flow.begin();
    await flow.roll(30);
    await flow.roll(30);
  });

  test('adds a column: the pipeline goes on, and its rows have NULL there', async () => {
    const row = { id: -1, page: 'p0', extra: 5 };
    await peers.append(flow.path, [row], { id: 'int64', page: 'string', extra: 'int64' });
    await flow.roll(30);
    await flow.care('optimize');
    const sql = `SELECT count(*), count(extra), sum(extra) FROM ${flow.name}`;
    expect((await helios.query(sql)).rows[0]?.map(Number)).toEqual([91, 1, 5]);
    expect((await flow.pipeline()).state).toBe('running');
  });

  test('restores an older version: the pipeline goes on behind its newest rows', async () => {
    const { version } = await flow.describe();
    await peers.restore(flow.path, version - 1);
    await flow.roll(30);
    const sql = `SELECT count(*), count(DISTINCT id) FROM ${flow.name}`;
    expect((await helios.query(sql)).rows[0]?.map(Number)).toEqual([60, 60]);
    expect((await flow.pipeline()).state).toBe('running');
  });

  test('puts other columns in the place of all: the pipeline stops and says why', async () => {
    const rows = [{ page: 'p0', id: 'text' }];
    await peers.overwrite(flow.path, rows, { id: 'string', page: 'string' });
    await flow.send(30);
    const { error } = await until(
      async () => await flow.pipeline(),
      ({ error: problem }) => problem !== undefined,
    );
    expect(error?.code).toMatch(/^(table_conflict|invalid_config)$/);
  });
});

describe.skipIf(python === undefined)('a table underneath a running pipeline', () => {
  test.each([
    ['that is dropped', false],
    ['that is dropped and made anew', true],
  ])('%s: the pipeline stops and says so, and nothing is written there', async (_what, isNew) => {
    const flow = await Flow.begin();
    await flow.roll(30);
    await rm(flow.path, { recursive: true });
    const row = { id: -1, page: 'p0' };
    if (isNew) await peers.append(flow.path, [row], { id: 'int64', page: 'string' });
    await flow.send(30);
    const { error } = await until(
      async () => await flow.pipeline(),
      ({ state }) => state === 'failed',
    );
    expect(error?.code).toBe('table_replaced');
    const files = await readdir(flow.path, { recursive: true }).catch(() => []);
    const expected = isNew ? ['00000000000000000000.json'] : [];
    expect(files.filter((name) => name.endsWith('.json')).map((name) => basename(name))).toEqual(
      expected,
    );
    if (!isNew) return;
    const [theirs] = await peers.query('delta-rs', flow.path, 'SELECT count(*) AS n FROM t');
    expect(Number(Object.values(theirs as object)[0])).toBe(1);
  });
});

describe('a process that is killed while it merges', () => {
  test.each(['after-compacted-file', 'after-compaction'])(
    '%s loses nothing, and the next one cleans up',
    async (point) => {
      const dataDirectory = join(folder, point);
      const path = join(folder, `${point}-table`);
      const before = helios;
      helios = await HeliosProcess.start({
        dataDirectory,
        environment: { HELIOS_CRASH_AT: `${point}:1` },
      });
      try {
        const flow = await Flow.begin();
        for (let index = 0; index < 2; index++) await flow.roll(30);
        await flow.care('optimize').catch(() => undefined);
        expect((await helios.exited).signal).toBe('SIGKILL');
        helios = await HeliosProcess.start({ dataDirectory });
        expect(await flow.counts()).toEqual(Flow.countsOf(60));
        await flow.roll(30);
        await flow.care('optimize');
        expect(await flow.counts()).toEqual(Flow.countsOf(90));
        expect(await readdir(join(flow.path, '_helios', 'care'))).toEqual([]);
        const { result } = await flow.care('vacuum', { retain_ms: 0, force: true, dry_run: true });
        expect(result).toMatchObject({ orphans: 0 });
      } finally {
        await helios[Symbol.asyncDispose]();
        helios = before;
        await rm(path, { recursive: true, force: true });
      }
    },
  );
});

test.skipIf(python === undefined)(
  'all of it in an object store, beside another writer',
  async () => {
    await using moto = await startMoto();
    if (moto === undefined || python === undefined) return;
    const { endpoint } = moto;
    const bucket = await createBucket(endpoint);
    await using rival = new DeltaPeers(python, {
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', AWS_ALLOW_HTTP: 'true' },
      ...{ AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' },
    });
    const url = `s3://${bucket}/lake/care`;
    const flow = await Flow.begin(`s3::${endpoint}/${bucket}/lake/care`);
    await flow.roll(30);
    await flow.roll(30);
    const row = { id: -1, page: 'p0' };
    const appends = rival.append(url, [row], { id: 'int64', page: 'string' });
    const [{ result }] = await Promise.all([flow.care('optimize'), flow.roll(30), appends]);
    expect(result).toMatchObject({ files_before: 6, files_after: 3 });
    await flow.care('optimize');
    await rival.compact(url);
    const sql = 'SELECT count(*) AS c, sum(id) AS s FROM t ';
    const [count, , sum = 0] = Flow.countsOf(90);
    const expected = [(count ?? 0) + 1, sum - 1];
    const own = await helios.query(sql.replace('FROM t ', `FROM ${flow.name}`));
    expect(own.rows[0]?.map(Number)).toEqual(expected);
    const [theirs] = await rival.query('delta-rs', url, sql);
    expect(Object.values(theirs as object).map(Number)).toEqual(expected);
    const vacuumed = await flow.care('vacuum', { retain_ms: 0, force: true });
    expect(vacuumed).toMatchObject({ result: { orphans: 0, uploads: 0 } });
    expect((await helios.query(sql.replace('FROM t ', `FROM ${flow.name}`))).rows).toEqual(
      own.rows,
    );
  },
);
