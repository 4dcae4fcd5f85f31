import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { quoteText } from '../../src/engine/types.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { createBucket } from './bucket.ts';
import { anyCredentials } from './open-s3.ts';
import { S3FaultProxy } from './s3-fault-proxy.ts';

describe('a folder of a bucket that somebody else fills', () => {
  let moto: MotoPeer | undefined;
  let proxy: S3FaultProxy;
  let client: S3Client;
  let bucket: string;
  let folder: string;
  let engine: Engine;
  let helios: HeliosProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-attached-'));
    moto = await startMoto();
    const endpoint = moto?.endpoint ?? '';
    proxy = await S3FaultProxy.open(endpoint);
    bucket = await createBucket(endpoint);
    client = new S3Client({
      ...{ region: 'us-east-1', endpoint, forcePathStyle: true },
      credentials: anyCredentials,
    });
    const tempDirectory = join(folder, 'spill');
    engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory });
    helios = await HeliosProcess.start({
      dataDirectory: join(folder, 'data'),
      environment: { LAKE_KEY: 'key', LAKE_SECRET: 'secret' },
    });
  });
  afterEach(() => {
    proxy.fault = () => undefined;
  });
  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    engine.close();
    client.destroy();
    await proxy[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function put(key: string, body: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(body);
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
  }

  async function putParquet(key: string, select: string): Promise<void> {
    const path = join(folder, 'made.parquet');
    await using connection = await engine.connect();
    await connection.execute(`COPY (${select}) TO ${quoteText(path)} (FORMAT parquet)`);
    await put(key, await readFile(path));
  }

  async function attach(name: string, place: string): Promise<void> {
    await helios.call('POST', '/api/v1/tables', {
      name,
      path: `s3::${proxy.endpoint}/${bucket}/${place}`,
      storage_options: {
        aws_access_key_id: 'env:LAKE_KEY',
        aws_secret_access_key: 'env:LAKE_SECRET',
      },
    });
  }

  async function rows(sql: string): Promise<unknown> {
    return (await helios.query(sql)).rows;
  }

  /** Objects of which more was asked for than a range, since the last time. */
  function fetched(): readonly string[] {
    return proxy.calls
      .splice(0)
      .filter(({ operation, headers }) => operation === 'GetObject' && headers.range === undefined)
      .map(({ key }) => key);
  }

  test('is read by its folders, and only what a query may need is fetched', async () => {
    for (const [id, day] of ['2024-01-01', '2024-01-02', '2024-01-02'].entries()) {
      await putParquet(`days/day=${day}/kind=a%2Fb/p${id}.parquet`, `SELECT ${id}::BIGINT AS id`);
    }
    await put('days/_SUCCESS', '');
    await attach('days', 'days');
    const dataOf = (): readonly string[] => fetched().filter((key) => key.includes('.parquet'));
    expect(dataOf()).toEqual([]);
    const first = `SELECT id, day, kind FROM days WHERE day = '2024-01-01'`;
    expect(await rows(first)).toEqual([['0', '2024-01-01', 'a/b']]);
    expect(dataOf()).toEqual([expect.stringContaining('p0.parquet')]);
    expect(await rows(first)).toEqual([['0', '2024-01-01', 'a/b']]);
    expect(await rows(`SELECT id FROM days WHERE kind = 'b'`)).toEqual([]);
    expect(dataOf()).toEqual([]);
    expect(await rows('SELECT id FROM days ORDER BY id')).toEqual([['0'], ['1'], ['2']]);
    expect(dataOf()).toHaveLength(2);
  });

  test('shows what is in it now, replaced objects too', async () => {
    await put('now/a.csv', 'id\n1\n');
    await put('now/b.csv', 'id\n5\n');
    await attach('now', 'now/*.csv');
    const sql = 'SELECT id FROM now ORDER BY id';
    expect(await rows(sql)).toEqual([['1'], ['5']]);
    await put('now/a.csv', 'id\n2\n');
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'now/b.csv' }));
    await put('now/c.csv.gz', gzipSync('id\n3\n'));
    await put('now/d.csv', 'id\n4\n');
    expect(await rows(sql)).toEqual([['2'], ['4']]);
  });

  test('may have large heads and feet, and be one object', async () => {
    const columns = Array.from({ length: 2000 }, (_, index) => `${index} AS c${index}`);
    await putParquet('wide/a.parquet', `SELECT ${columns.join(', ')}`);
    await attach('wide', 'wide/a.parquet');
    expect(await rows('SELECT c0 + c1999 FROM wide')).toEqual([[1999]]);
    const lines = Array.from({ length: 120_000 }, (_, id) => `${id},"a\nb"\n`).join('');
    await put('long/a.csv', `id,text\n${lines}`);
    await put('long/b.csv', 'id,text\nx,y\n');
    await attach('long', 'long');
    expect(await rows(`SELECT count(*), max(id) FILTER (id = 'x') FROM long`)).toEqual([
      ['120001', 'x'],
    ]);
    await put('mixed/a.json.gz', gzipSync('{"id":1,"v":[1]}\n{"id":2}\n'));
    await attach('mixed', 'mixed');
    expect(await rows('SELECT * FROM mixed ORDER BY id')).toEqual([
      ['1', ['1']],
      ['2', null],
    ]);
  });

  test('that is away, refuses or is empty fails by itself, and is there again', async () => {
    await put('away/a.csv', 'id\n1\n');
    await attach('away', 'away');
    proxy.fault = () => ({ kind: 'error', status: 403, name: 'AccessDenied' });
    await expect(rows('SELECT * FROM away')).rejects.toThrow(
      /access_refused.*ListBucket of s3::.*away was refused.*Allow s3:ListBucket there/s,
    );
    proxy.fault = () => ({ kind: 'reset' });
    await expect(rows('SELECT * FROM away')).rejects.toThrow(
      /unreachable.*away failed.*Check the endpoint and the network/s,
    );
    expect(await rows('SELECT count(*) FROM helios.pipelines')).toEqual([['0']]);
    proxy.fault = ({ key }) =>
      key.endsWith('.csv') ? { kind: 'error', status: 404, name: 'NoSuchKey' } : undefined;
    await put('away/a.csv', 'id\n7\n');
    await expect(rows('SELECT * FROM away')).rejects.toThrow(/a\.csv/);
    proxy.fault = () => undefined;
    expect(await rows('SELECT * FROM away')).toEqual([['7']]);
    await expect(attach('nothing', 'nothing')).rejects.toThrow(/There is nothing at s3::.*nothing/);
    await put('bad/a.parquet', 'this is no Parquet');
    await expect(attach('bad', 'bad')).rejects.toThrow(/bad\/a\.parquet can't be read as Parquet/);
  });
});
