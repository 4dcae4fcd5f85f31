import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { createBucket } from './bucket.ts';
import { type S3Call, type S3Fault, S3FaultProxy } from './s3-fault-proxy.ts';

type TableFacts = { readonly rows: string; readonly hot_rows: string };
type ListedTable = {
  readonly name: string;
  readonly rows: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
};
type PipelineFacts = {
  readonly state: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
  } | null;
};

describe('a pipeline whose bucket has bad days', () => {
  let moto: MotoPeer | undefined;
  let proxy: S3FaultProxy;
  let folder: string;
  let helios: HeliosProcess;
  let sent = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-bad-bucket-'));
    moto = await startMoto();
    proxy = await S3FaultProxy.open(moto?.endpoint ?? '');
    const bucket = await createBucket(moto?.endpoint ?? '');
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    await helios.call('POST', '/api/v1/pipelines', {
      name: 'clicks',
      sql: `CREATE TABLE events (id BIGINT) WITH (connector = 'http', format = 'json');
        CREATE TABLE clicks WITH (connector = 'delta', format = 'parquet', rollover_seconds = 1,
          path = 's3::${proxy.endpoint}/${bucket}/clicks');
        INSERT INTO clicks SELECT id FROM events;`,
    });
  });
  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function send(): Promise<void> {
    const body = Array.from({ length: 10 }, () => `{"id":${sent++}}\n`).join('');
    const { status } = await helios.request('/ingest/events', { method: 'POST', body });
    expect(status).toBe(200);
  }

  async function allRolled(): Promise<void> {
    await until(
      async () => await helios.call<TableFacts>('GET', '/api/v1/tables/clicks').catch(() => null),
      (facts) => facts !== null && Number(facts.hot_rows) === 0 && Number(facts.rows) === sent,
    );
  }

  const error = (status: number, name: string): S3Fault => ({ kind: 'error', status, name });
  const isWrite = ({ operation }: S3Call): boolean => operation === 'PutObject';

  test.each<[string, (call: S3Call) => S3Fault | undefined, string, RegExp]>([
    [
      'denies',
      (call) => (isWrite(call) ? error(403, 'AccessDenied') : undefined),
      'access_refused',
      /Allow s3:PutObject there/,
    ],
    [
      'is full',
      (call) => (isWrite(call) ? error(507, 'QuotaExceeded') : undefined),
      'disk_full',
      /Make room in the bucket/,
    ],
    ['vanishes', () => error(404, 'NoSuchBucket'), 'unavailable', /Make the bucket/],
  ])('that %s: it waits, says so, and goes on', async (_what, fault, code, hint) => {
    await send();
    proxy.fault = fault;
    await send();
    const waiting = await until(
      async () => await helios.call<PipelineFacts>('GET', '/api/v1/pipelines/clicks'),
      (facts) => facts.state === 'retrying' && facts.error?.code === code,
    );
    expect(waiting.error?.hint).toMatch(hint);
    expect(waiting.error?.message).toContain('/clicks');
    await send();
    proxy.fault = () => undefined;
    await allRolled();
  });

  test('whose answers get lost: it goes on, and shows what it asked for', async () => {
    let puts = 0;
    proxy.fault = (call) => (isWrite(call) && puts++ % 2 === 0 ? { kind: 'lost' } : undefined);
    await send();
    await allRolled();
    expect(puts).toBeGreaterThan(2);
    const asked = await helios.queryNumber(
      "SELECT sum(value) FROM helios.metrics WHERE name = 'store_retries_total'",
    );
    expect(asked).toBeGreaterThan(1);
    const metrics = await (await helios.request('/metrics')).text();
    expect(metrics).toMatch(
      /helios_store_requests_total\{store="http[^}]+operation="PutObject"\} \d/,
    );
    expect(metrics).toMatch(/helios_cache_limit_bytes 10737418240/);
  });

  test('that lets nobody in: the list of tables says so of its table, and has the others whole', async () => {
    proxy.fault = () => error(403, 'AccessDenied');
    const running = await listed();
    expect(running['clicks']).toMatchObject({ rows: sent, error: { code: 'access_refused' } });
    expect(running['clicks']?.error?.message).toContain('/clicks');
    await helios[Symbol.asyncDispose]();
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    const anew = await listed();
    expect(anew['clicks']).toMatchObject({ rows: 0, error: { code: 'access_refused' } });
    const others = Object.entries(anew).filter(([name]) => name !== 'clicks');
    expect(others.length).toBeGreaterThan(3);
    expect(others.flatMap(([, { error: why }]) => why ?? [])).toEqual([]);
    await expect(helios.query('SELECT 1 FROM clicks')).rejects.toThrow(/"access_refused"/);
    proxy.fault = () => undefined;
    expect((await listed())['clicks']).toMatchObject({ rows: sent });
  });

  async function listed(): Promise<Readonly<Record<string, ListedTable>>> {
    const answer = await helios.call<{ tables: readonly ListedTable[] }>('GET', '/api/v1/tables');
    return Object.fromEntries(answer.tables.map((table) => [table.name, table]));
  }

  test('has each event once in the end, for who comes with an empty cache', async () => {
    await helios[Symbol.asyncDispose]();
    await rm(join(folder, 'data', 'cache'), { recursive: true });
    const options = ['--cache-size', '20MB'];
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data'), options });
    const { rows } = await helios.query('SELECT count(*), count(DISTINCT id) FROM clicks');
    expect(rows.flat().map(Number)).toEqual([sent, sent]);
    const metrics = await (await helios.request('/metrics')).text();
    expect(metrics).toMatch(/helios_cache_limit_bytes 20971520/);
  });
});
