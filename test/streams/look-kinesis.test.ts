import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  ConnectionStreamsAnswer,
  InferAnswerDocument,
  PeekAnswerDocument,
  StreamDescriptionAnswer,
} from '../../src/server/discovery/discovery-answers.ts';
import {
  createStream,
  type KinesisPeer,
  putRecords,
  openShards,
  splitShard,
  startKinesisLocal,
} from '../peers/kinesis.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { aggregate } from './kinesis-aggregate.ts';
import { until } from './until.ts';

describe('a look at Kinesis', () => {
  let peer: KinesisPeer;
  let helios: HeliosProcess;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'helios-look-'));
    peer = await startKinesisLocal();
    helios = await HeliosProcess.start({
      dataDirectory: directory,
      environment: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    });
    await createStream(peer.client, 'clicks', 4);
    await createStream(peer.client, 'quiet', 1);
    await createStream(peer.client, 'rated', 1);
    await createStream(peer.client, 'aggregated', 1);
    const clicks = Array.from({ length: 240 }, (_, index) => ({
      key: `key-${index}`,
      data: JSON.stringify({ id: index, kind: index % 3 === 0 ? 'a' : 'b', ratio: index / 8 }),
    }));
    await putRecords(peer.client, 'clicks', clicks);
    const options = { aws_region: 'us-east-1', aws_endpoint: peer.endpoint };
    await helios.call('POST', '/api/v1/connections', { name: 'aws', kind: 'kinesis', options });
  });

  afterAll(async () => {
    await helios?.[Symbol.asyncDispose]();
    await peer?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const streams = '/api/v1/connections/aws/streams';

  async function peek(stream: string, query: string): Promise<PeekAnswerDocument> {
    return await helios.call('GET', `${streams}/${stream}/records?${query}`);
  }

  async function infer(stream: string): Promise<InferAnswerDocument> {
    return await helios.call('POST', `${streams}/${stream}/infer`, {});
  }

  function ids({ records }: PeekAnswerDocument): readonly number[] {
    return records.map(({ value }) => {
      if (value === null || !('text' in value)) return -1;
      return (JSON.parse(value.text) as { id: number }).id;
    });
  }

  test('lists streams with open shards, retention and rate, and nothing unknown', async () => {
    const listed = async (): Promise<ConnectionStreamsAnswer['streams']> => {
      await putRecords(peer.client, 'rated', [{ key: 'a', data: '{"id":1}' }]);
      return (await helios.call<ConnectionStreamsAnswer>('GET', streams)).streams;
    };
    const isRated = ({ name, records_per_second: rate }: { [key: string]: unknown }): boolean =>
      name === 'rated' && Number(rate) > 0;
    const found = await until(listed, (list) => list.some(isRated));
    const facts = { retention_ms: 86_400_000, records_per_second: expect.any(Number) };
    const common = { ...facts, bytes_per_second: expect.any(Number) };
    expect(found).toEqual([
      { name: 'aggregated', partitions: 1, ...common },
      { name: 'clicks', partitions: 4, ...common },
      { name: 'quiet', partitions: 1, ...common, records_per_second: 0, bytes_per_second: 0 },
      { name: 'rated', partitions: 1, ...common },
    ]);
    const described = await helios.call<StreamDescriptionAnswer>('GET', `${streams}/clicks`);
    expect(described).toMatchObject(common);
    expect(described.details).toHaveLength(4);
    for (const shard of described.details) expect(shard.records_per_second).toBeTypeOf('number');
  });

  test('peeks from every shard, and says what that costs', async () => {
    const newest = await peek('clicks', 'count=1000');
    expect(ids(newest).toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 240 }, (_, index) => index),
    );
    expect(newest.silent).toEqual([]);
    expect(newest.cost).toMatch(/^\d+ reads of 4 shards, at most 2 a second of the 5 that a shard/);
    const oldest = await peek('clicks', 'from=oldest&count=5');
    expect(oldest.records).toHaveLength(5);
    expect(oldest.cost).toBe(
      '4 reads of 4 shards, at most 1 a second of the 5 that a shard allows',
    );
  });

  test('peeks from a position, and from a time', async () => {
    const { records } = await peek(
      'clicks',
      'from=oldest&count=300&partition=shardId-000000000001',
    );
    const third = records[2];
    const from = `${third?.partition}:${third?.position}`;
    const again = await peek('clicks', `from=${from}&count=2`);
    expect(again.records).toEqual(records.slice(2, 4));
    const future = new Date(Date.now() + 60_000).toISOString();
    const none = await peek('quiet', `from=${future}`);
    expect(none).toMatchObject({ records: [], silent: ['shardId-000000000000'] });
  });

  test('drafts a table of every shard, silent ones included, which the pipeline fills', async () => {
    const draft = await infer('clicks');
    const counts = Object.values(draft.sample.partition_counts);
    expect(counts).toHaveLength(4);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect(draft.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id BIGINT',
      'kind TEXT',
      'ratio DOUBLE',
    ]);
    expect(draft.sql).toContain("--   kinesis_shard_id TEXT METADATA FROM 'shard_id'");
    const { sql } = draft;
    await helios.call('POST', '/api/v1/pipelines', { name: 'clicks', sql });
    await expect
      .poll(async () => await helios.queryNumber('SELECT count(*) FROM clicks'), {
        timeout: 30_000,
      })
      .toBe(240);
    const quiet = await infer('quiet');
    expect(quiet).toMatchObject({ shape: 'json', sample: { silent: ['shardId-000000000000'] } });
  });

  test('takes aggregates apart', async () => {
    const data = aggregate(
      ['{"id":1}', '{"id":2}', '{"id":3}'].map((text) => ({
        key: 'k',
        data: text,
      })),
    );
    await putRecords(peer.client, 'aggregated', [{ key: 'a', data }]);
    const { records } = await peek('aggregated', 'from=oldest');
    expect(records.map(({ value, key }) => [value, key])).toEqual([
      [{ text: '{"id":1}' }, { text: 'k' }],
      [{ text: '{"id":2}' }, { text: 'k' }],
      [{ text: '{"id":3}' }, { text: 'k' }],
    ]);
    expect(new Set(records.map(({ position }) => position)).size).toBe(1);
  });

  test('looks at closed shards too', async () => {
    await putRecords(peer.client, 'quiet', [{ key: 'before', data: '{"id":1}' }]);
    const [shard] = await openShards(peer.client, 'quiet');
    await splitShard(peer.client, 'quiet', shard!);
    await putRecords(peer.client, 'quiet', [{ key: 'after', data: '{"id":2}' }]);
    expect(ids(await peek('quiet', 'count=9'))).toEqual([1, 2]);
    const described = await helios.call<StreamDescriptionAnswer>('GET', `${streams}/quiet`);
    expect(described.partitions).toBe(2);
    expect(described.details.map(({ closed }) => closed)).toEqual([true, false, false]);
  });

  const failures = [
    ['nope/records', 404, 'stream_missing'],
    ['clicks/records?from=shardId-000000000009:1', 400, 'invalid_request'],
    // A position that no record has; that the stream is there is known.
    ['clicks/records?from=shardId-000000000001:5', 400, 'invalid_request'],
  ] as const;
  test.each(failures)('%s is refused with %d', async (below, status, code) => {
    const response = await helios.request(`${streams}/${below}`);
    const body = JSON.parse(await response.text()) as { error: { code: string } };
    expect([response.status, body.error.code]).toEqual([status, code]);
  });
});
