import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBucket, objectsIn } from '../lake/bucket.ts';
import { type S3Call, type S3Fault, S3FaultProxy } from '../lake/s3-fault-proxy.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { linkingCommits, Spark, sparkParts } from '../peers/spark.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';

const parts = await sparkParts('disk and S3');

type Pipeline = {
  readonly state: string;
  readonly error?: { readonly code: string; readonly message: string } | null;
  readonly sinks: readonly { readonly hot_rows: number }[];
};
type Merged = {
  readonly result?: { readonly commits: number };
  readonly error?: { readonly code: string; readonly message: string };
};

const aboutRows = 'SELECT count(*) AS n, count(DISTINCT id) AS ids, sum(id) AS s FROM t ';

describe.skipIf(parts === undefined)('Spark beside a pipeline, in the same table', () => {
  let folder: string;
  let helios: HeliosProcess;
  let moto: MotoPeer | undefined;
  let proxy: S3FaultProxy;
  let bucket: string;
  let spark: Spark;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-spark-rival-'));
    for (const name of ['spark', 'classes']) await mkdir(join(folder, name));
    moto = await startMoto();
    proxy = await S3FaultProxy.open(moto?.endpoint ?? '');
    bucket = await createBucket(moto?.endpoint ?? '');
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
    spark = new Spark(parts!, join(folder, 'spark'), {
      ...(await linkingCommits(parts!, join(folder, 'classes'))),
      ...{ AWS_ENDPOINT_URL: proxy.endpoint, AWS_REGION: 'us-east-1', ...keys },
    });
  });

  afterAll(async () => {
    await spark[Symbol.asyncDispose]();
    await helios[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** A stream, a pipeline and a table of its own for each test. */
  class Flow {
    readonly name: string;
    /** As Spark names the table. */
    readonly path: string;
    sent = 0;

    private constructor(name: string, path: string) {
      this.name = name;
      this.path = path;
    }

    static async begin(name: string, place: 'disk' | 'S3', via = moto?.endpoint): Promise<Flow> {
      const path = place === 'disk' ? join(folder, name) : `s3a://${bucket}/${name}`;
      const own = place === 'disk' ? path : `s3::${via}/${bucket}/${name}`;
      await helios.call('POST', '/api/v1/pipelines', {
        name,
        sql: `CREATE TABLE in_${name} (id BIGINT, page TEXT)
            WITH (connector = 'http', format = 'json');
          CREATE TABLE ${name} WITH (connector = 'delta', path = '${own}', format = 'parquet',
            'rolling_policy.interval' = interval '10 milliseconds', partition_fields = 'page');
          INSERT INTO ${name} SELECT id, page FROM in_${name};`,
      });
      return new Flow(name, path);
    }

    async send(count: number): Promise<void> {
      const lines = Array.from({ length: count }, () => {
        const id = this.sent++;
        return `{"id":${id},"page":"p${id % 3}"}`;
      });
      const body = lines.join('\n');
      await helios.request(`/ingest/in_${this.name}?wait=queryable`, { method: 'POST', body });
    }

    /** Sends rows, and waits until they are in files of the table. */
    async roll(count: number): Promise<void> {
      await this.send(count);
      const { state } = await until(
        async () => await this.pipeline(),
        ({ state: now, sinks }) => now === 'failed' || sinks.every((one) => one.hot_rows === 0),
      );
      if (state !== 'running') throw new Error(`The pipeline is ${state}.`);
    }

    async pipeline(): Promise<Pipeline> {
      return await helios.call('GET', `/api/v1/pipelines/${this.name}`);
    }

    async optimize(): Promise<Merged> {
      const answer = await helios.request(`/api/v1/tables/${this.name}/optimize`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      return JSON.parse((await answer.text()).trim().split('\n').at(-1) ?? '') as Merged;
    }

    async own(sql: string): Promise<readonly number[]> {
      const { rows } = await helios.query(sql.replace('FROM t ', `FROM ${this.name} `));
      return rows[0]?.map(Number) ?? [];
    }

    async sparks(sql: string): Promise<readonly number[]> {
      const [row] = await spark.query(this.path, sql);
      return Object.values(row as object).map(Number);
    }
  }

  test('on a disk: it appends, deletes and optimizes all the while, and nothing is lost or doubled', async () => {
    const flow = await Flow.begin('rivals', 'disk');
    await flow.roll(30);
    const enough = new AbortController();
    const rival = rivalry(flow, enough);
    while (!enough.signal.aborted) {
      await flow.roll(30);
      expect((await flow.optimize()).error).toBeUndefined();
    }
    const { appended, deleted } = await rival;
    await flow.roll(30);
    await flow.optimize();
    const ids = Array.from({ length: flow.sent }, (_, id) => id).filter((id) => !deleted.has(id));
    const sum = ids.reduce((total, id) => total + id, 0);
    expect(await flow.own(`${aboutRows}WHERE id >= 0`)).toEqual([ids.length, ids.length, sum]);
    expect((await flow.own(`${aboutRows}WHERE id < 0`))[0]).toBe(appended);
    expect(await flow.sparks(aboutRows)).toEqual(await flow.own(aboutRows));
    expect((await flow.pipeline()).state).toBe('running');
    const log = await readdir(join(flow.path, '_delta_log'));
    const versions = log.filter((name) => /^\d{20}\.json$/.test(name)).toSorted();
    expect(Number(versions.at(-1)?.slice(0, 20))).toBe(versions.length - 1);
  });

  test.each([
    [1, 'the newest'],
    [2, 'one below the newest'],
  ])('on S3: a commit of ours that it overwrites is told: %s since its look, %s', async (count) => {
    const flow = await Flow.begin(`overwritten${count}`, 'S3');
    await flow.roll(30);
    const next = `${flow.name}/_delta_log/${(await commitsOf(flow)).length}`.replace(
      /\d+$/,
      (digits) => `${digits.padStart(20, '0')}.json`,
    );
    const [seen, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    proxy.fault = ({ operation, key }) => {
      if (operation !== 'PutObject' || key !== next) return undefined;
      seen.resolve();
      return { kind: 'held', until: release.promise };
    };
    const written = spark.execute(flow.path, `INSERT INTO TABLE VALUES (-1, 'p0')`);
    await Promise.race([seen.promise, written]);
    for (let index = 0; index < count; index++) await flow.roll(30);
    release.resolve();
    await written;
    proxy.fault = () => undefined;
    if (count > 1) {
      const { error } = await flow.optimize();
      expect(error?.code).toBe('table_replaced');
      expect(error?.message).toContain(`version ${Number(next.slice(-25, -5))} lacks`);
    }
    await flow.send(30);
    const { error } = await until(
      async () => await flow.pipeline(),
      ({ state }) => state === 'failed',
    );
    expect(error?.code).toBe('table_replaced');
    expect(error?.message).toContain('was overwritten by another writer');
    const [rows, ids] = await flow.sparks(`${aboutRows}WHERE id >= 0`);
    expect([rows, ids]).toEqual([30 * count, 30 * count]);
  });

  test('on S3: a bucket that takes no commit without a condition refuses it, and not us', async () => {
    proxy.fault = withoutCondition;
    const flow = await Flow.begin('refused', 'S3', proxy.endpoint);
    await flow.roll(30);
    const insert = spark.execute(flow.path, `INSERT INTO TABLE VALUES (-1, 'p0')`);
    await expect(insert).rejects.toThrow(/403|Forbidden|AccessDenied/);
    await flow.roll(30);
    expect((await flow.optimize()).error).toBeUndefined();
    const expected = [60, 60, (60 * 59) / 2];
    expect(await flow.own(aboutRows)).toEqual(expected);
    expect(await flow.sparks(aboutRows)).toEqual(expected);
    proxy.fault = () => undefined;
  });

  async function commitsOf(flow: Flow): Promise<readonly string[]> {
    const names = await objectsIn(moto?.endpoint ?? '', bucket, `${flow.name}/_delta_log/`);
    return names.filter((name) => /\/\d{20}\.json$/.test(name));
  }

  /** Gives what Spark did to the table; `enough` says that nobody needs to go on beside it. */
  async function rivalry(
    flow: Flow,
    enough: AbortController,
  ): Promise<{ readonly appended: number; readonly deleted: ReadonlySet<number> }> {
    let appended = 0;
    const deleted = new Set<number>();
    try {
      while (appended < 3 || deleted.size === 0) {
        await spark.execute(flow.path, `INSERT INTO TABLE VALUES (${-1 - appended}, 'p9')`);
        appended++;
        if (await didCommit(spark.execute(flow.path, `DELETE FROM TABLE WHERE id = ${appended}`))) {
          deleted.add(appended);
        }
        await didCommit(spark.execute(flow.path, 'OPTIMIZE TABLE'));
        if (appended === 3) enough.abort();
      }
    } finally {
      enough.abort();
    }
    return { appended, deleted };
  }
});

/** Of two that rewrite the same files one has to give up. */
async function didCommit(execution: Promise<void>): Promise<boolean> {
  try {
    await execution;
    return true;
  } catch (thrown) {
    if (!/concurrent/i.test(String(thrown))) throw thrown;
    return false;
  }
}

/** As a policy with `"Null": {"s3:if-none-match": "true"}` does for commits. */
function withoutCondition({ operation, key, headers }: S3Call): S3Fault | undefined {
  const isCommit = operation === 'PutObject' && /\/_delta_log\/\d{20}\.json$/.test(key);
  if (!isCommit || headers['if-none-match'] === '*') return undefined;
  return { kind: 'error', status: 403, name: 'AccessDenied' };
}
