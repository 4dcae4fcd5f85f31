import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { createBucket } from './bucket.ts';
import { openS3 } from './open-s3.ts';
import { type S3Call, S3FaultProxy } from './s3-fault-proxy.ts';

const rowCount = 100_000;

/** One file of several megabytes, of which most queries need little. */
describe('a query of some columns of a table in an object store', () => {
  let moto: MotoPeer | undefined;
  let proxy: S3FaultProxy;
  let folder: string;
  let bucket: string;
  let helios: HeliosProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-parts-'));
    moto = await startMoto();
    bucket = await createBucket(moto?.endpoint ?? '');
    proxy = await S3FaultProxy.open(moto?.endpoint ?? '');
    helios = await start();
    const location = `s3::${proxy.endpoint}/${bucket}/numbers`;
    await helios.call('POST', '/api/v1/pipelines', {
      name: 'numbers',
      sql: `CREATE TABLE events (id BIGINT) WITH (connector = 'http', format = 'json');
        CREATE TABLE numbers WITH (connector = 'delta', path = '${location}', format = 'parquet',
          rollover_seconds = 1);
        INSERT INTO numbers SELECT id, id % 7 AS small, md5(id::TEXT) AS text,
          md5(concat('x', id)) AS other FROM events;`,
    });
    const lines = Array.from({ length: rowCount }, (_, id) => `{"id":${id}}\n`).join('');
    await helios.request('/ingest/events?wait=queryable', { method: 'POST', body: lines });
    type Facts = { readonly hot_rows: string; readonly rows: string };
    await until(
      async () => await helios.call<Facts>('GET', '/api/v1/tables/numbers'),
      (facts) => Number(facts.hot_rows) === 0 && Number(facts.rows) === rowCount,
    );
    await helios.call('PATCH', '/api/v1/pipelines/numbers', { state: 'stopped' });
  });

  beforeEach(async () => {
    proxy.fault = () => undefined;
    await helios[Symbol.asyncDispose]();
    await rm(join(folder, 'data', 'cache'), { recursive: true });
    helios = await start();
    proxy.calls.length = 0;
  });

  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<HeliosProcess> {
    return await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
  }

  const sum = 'SELECT sum(small) AS n FROM numbers';
  const total = String(
    Array.from({ length: rowCount }, (_, id) => id % 7).reduce((left, right) => left + right),
  );
  const texts = 'SELECT count(DISTINCT text) AS n FROM numbers';
  const isData = ({ operation, key }: S3Call): boolean =>
    operation === 'GetObject' && key.endsWith('.parquet');
  const rangesOf = (calls: readonly S3Call[]): readonly (string | undefined)[] =>
    calls.filter(isData).map(({ headers }) => headers.range);

  test('has its ranges fetched once, gains those of the next, and never mixes two objects', async () => {
    proxy.fault = (call) => (isData(call) ? { kind: 'error', status: 403 } : undefined);
    await expect(helios.query(sum)).rejects.toThrow(/access_refused/);
    proxy.fault = () => undefined;
    proxy.calls.length = 0;
    expect((await helios.query(sum)).rows).toEqual([[total]]);
    const first = rangesOf(proxy.calls);
    expect(first.length).toBeGreaterThan(1);
    const name = proxy.calls.find(isData)?.key.replace(/^numbers\//, '') ?? '';
    proxy.calls.length = 0;
    expect((await helios.query(sum)).rows).toEqual([[total]]);
    expect(rangesOf(proxy.calls)).toEqual([]);
    expect((await helios.query(texts)).rows).toEqual([[String(rowCount)]]);
    const second = rangesOf(proxy.calls);
    expect(second.length).toBeGreaterThan(0);
    expect([...first, ...second]).not.toContain(undefined);
    expect(first.filter((range) => second.includes(range))).toEqual([]);

    await replace(name);
    proxy.calls.length = 0;
    const others = 'SELECT count(DISTINCT other) AS n FROM numbers';
    expect((await helios.query(others)).rows).toEqual([[String(rowCount)]]);
    expect(rangesOf(proxy.calls).at(-1)).toBeUndefined();
    expect((await helios.query(sum)).rows).toEqual([[total]]);
  });

  /** By the same rows of another writer: as long as they were, with another tag. */
  async function replace(name: string): Promise<void> {
    const place = { endpoint: moto?.endpoint ?? '', bucket, prefix: 'numbers', folder };
    const storage = await openS3(place);
    const bytes = Buffer.from(await storage.read(name));
    bytes.write('duckdb', bytes.lastIndexOf('DuckDB'));
    await storage.put(name, bytes);
  }

  test('is answered after a kill in the middle of a fetch, with nothing of before', async () => {
    const isAsked = Promise.withResolvers<void>();
    proxy.fault = (call) => {
      if (!isData(call) || call.headers['if-match'] === undefined) return undefined;
      isAsked.resolve();
      return { kind: 'hang', afterBytes: 1000 };
    };
    const broken = helios.query(sum).catch(() => undefined);
    await isAsked.promise;
    const half = await readdir(join(folder, 'data', 'cache'));
    expect(half).toHaveLength(1);
    await helios[Symbol.asyncDispose]();
    await broken;
    proxy.fault = () => undefined;
    helios = await start();
    expect((await helios.query(sum)).rows).toEqual([[total]]);
    const after = await readdir(join(folder, 'data', 'cache'));
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(half);
  });
});
