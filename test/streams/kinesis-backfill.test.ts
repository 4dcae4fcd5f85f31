import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createStream,
  type KinesisPeer,
  mergeShards,
  openShards,
  putRecords,
  splitShard,
  startKinesalite,
  startKinesisLocal,
} from '../peers/kinesis.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from './until.ts';

const environment = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
const starts = { 'kinesis-local': startKinesisLocal, kinesalite: startKinesalite } as const;
const perBatch = 300;

type Pipeline = { readonly state: string };

describe.each(['kinesis-local', 'kinesalite'] as const)('on %s', (name) => {
  /** kinesalite never answers where a shard has no record at a time or after. */
  const knowsEmptyTimes = name === 'kinesis-local';
  let peer: KinesisPeer;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-kinesis-backfill-'));
    peer = await starts[name]();
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Each batch has a record of each key, or nearly. */
  async function put(stream: string, batch: number): Promise<void> {
    const records = Array.from({ length: perBatch }, (_, index) => {
      const id = batch * perBatch + index;
      return { key: `key-${id % 41}`, data: `{"id":${id}}` };
    });
    await putRecords(peer.client, stream, records);
  }

  async function split(stream: string, at: number): Promise<void> {
    const shard = (await openShards(peer.client, stream))[at];
    if (shard === undefined) throw new Error(`there is no shard ${at}`);
    await splitShard(peer.client, stream, shard);
  }

  async function merge(stream: string): Promise<void> {
    const [left, right] = await openShards(peer.client, stream);
    if (left === undefined || right === undefined) throw new Error('there are two');
    await mergeShards(peer.client, stream, [left, right]);
  }

  function scriptOf(stream: string, offset: string): string {
    return `CREATE TABLE source (id BIGINT NOT NULL) WITH (connector = 'kinesis',
        aws_region = 'us-east-1', aws_endpoint = '${peer.endpoint}', stream_name = '${stream}',
        type = 'source', format = 'json', 'source.offset' = '${offset}');
      CREATE TABLE early WITH (connector = 'delta', path = '${folder}/${stream}-early',
        type = 'sink', target_file_size = '1');
      INSERT INTO early SELECT id FROM source;
      CREATE TABLE late WITH (connector = 'delta', path = '${folder}/${stream}-late',
        type = 'sink');
      INSERT INTO late SELECT id FROM source;`;
  }

  /** Whole once every record of these batches is there; then nothing may be there twice. */
  async function expectBatches(helios: HeliosProcess, batches: number): Promise<void> {
    const count = batches * perBatch;
    for (const table of ['early', 'late']) {
      const sql = `SELECT count(DISTINCT id), count(*) FROM ${table}`;
      const asked = async (): Promise<readonly number[] | undefined> =>
        (await helios.query(sql).catch(() => undefined))?.rows[0]?.map(Number);
      await until(asked, (found) => (found?.[0] ?? 0) >= count);
      expect(await asked()).toEqual([count, count]);
    }
  }

  async function backfilled(helios: HeliosProcess): Promise<void> {
    await until(
      async () => await helios.call<Pipeline>('GET', '/api/v1/pipelines/p_backfill'),
      ({ state }) => state === 'finished',
    );
  }

  test('what came before is read once, through splits and merges, a seam at a time, and kill -9', async () => {
    const stream = 'history';
    await createStream(peer.client, stream, 3);
    await put(stream, 0);
    if (knowsEmptyTimes) await split(stream, 1);
    await put(stream, 1);
    const between = new Date();
    if (knowsEmptyTimes) await merge(stream);
    await put(stream, 2);
    const begin = new Date().toISOString();
    if (!knowsEmptyTimes) await put(stream, 3);
    const options = { dataDirectory: join(folder, stream), environment };
    const first = await HeliosProcess.start(options);
    try {
      await first.call('POST', '/api/v1/pipelines', {
        name: 'p',
        sql: scriptOf(stream, knowsEmptyTimes ? 'latest' : begin),
      });
      if (knowsEmptyTimes) await put(stream, 3);
      await split(stream, 0);
      // It has begun to read, and knows where.
      await expectBatches(first, 1);
      await put(stream, 4);
      const from = between.toISOString();
      await first.call('POST', '/api/v1/pipelines/p/backfill', { from });
      first.kill('SIGKILL');
    } finally {
      await first[Symbol.asyncDispose]();
    }
    await using helios = await HeliosProcess.start(options);
    await put(stream, 5);
    await backfilled(helios);
    await expectBatches(helios, 4);
    await helios.call('DELETE', '/api/v1/pipelines/p_backfill');
    await helios.call('POST', '/api/v1/pipelines/p/backfill', { from: 'earliest' });
    await backfilled(helios);
    await expectBatches(helios, 6);
    await helios.call('DELETE', '/api/v1/pipelines/p_backfill');
    const again = await helios.request('/api/v1/pipelines/p/backfill', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"from":"earliest"}',
    });
    expect(again.status).toBe(409);
    expect(await again.text()).toContain('Nothing lies before');
  });

  test('a lost pipeline is adopted where each of its sinks stood, from a time or a record', async () => {
    const stream = 'adopted';
    await createStream(peer.client, stream, 2);
    await put(stream, 0);
    const first = await HeliosProcess.start({ dataDirectory: join(folder, 'lost'), environment });
    try {
      await first.call('POST', '/api/v1/pipelines', { name: 'p', sql: scriptOf(stream, 'latest') });
      await put(stream, 1);
      await expectBatches(first, 1);
      // The other sink has never rolled: all that is known of it is when it began.
      await until(
        async () => await first.query('SELECT count(*) FROM early'),
        ({ saw }) => saw.every(({ hot_rows: hotRows }) => hotRows === 0),
      );
      first.kill('SIGKILL');
    } finally {
      await first[Symbol.asyncDispose]();
    }
    await using helios = await HeliosProcess.start({
      dataDirectory: join(folder, 'found'),
      environment,
    });
    const body = { name: 'p', sql: scriptOf(stream, 'latest'), adopt: true };
    await helios.call('POST', '/api/v1/pipelines', body);
    await put(stream, 2);
    await expectBatches(helios, 2);
  });
});
