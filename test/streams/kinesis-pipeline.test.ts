import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createStream,
  type KinesisPeer,
  openShards,
  putRecords,
  splitShard,
  startKinesisLocal,
} from '../peers/kinesis.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from './until.ts';

let peer: KinesisPeer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-kinesis-pipeline-'));
  peer = await startKinesisLocal();
});

afterAll(async () => {
  await peer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('a stream is in a Delta table exactly once, through kill -9 and a split', async () => {
  await createStream(peer.client, 'orders', 4);
  const environment = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const dataDirectory = join(folder, 'data');
  let helios = await HeliosProcess.start({ dataDirectory, environment });
  await helios.call('POST', '/api/v1/connections', {
    name: 'local',
    kind: 'kinesis',
    options: { aws_region: 'us-east-1', aws_endpoint: peer.endpoint },
  });
  const sql = pipelineSql(join(folder, 'orders'));
  await helios.call('POST', '/api/v1/pipelines', { name: 'orders', sql });
  const rounds = 3;
  for (let round = 0; round < rounds; round++) {
    const sending = putRecords(peer.client, 'orders', records(round));
    if (round > 0) {
      helios.kill('SIGKILL');
      await helios.exited;
      helios = await HeliosProcess.start({ dataDirectory, environment });
    }
    await sending;
    const [shard] = await openShards(peer.client, 'orders');
    if (round === 1 && shard !== undefined) await splitShard(peer.client, 'orders', shard);
  }
  const counts = `SELECT (SELECT count(*) FROM orders) AS rows,
    (SELECT count(*) FROM quarantine) AS rejected`;
  const goodCount = rounds * (perRound - 1);
  await until(
    async () => (await helios.query(counts)).rows[0]?.map(Number),
    (found) => found?.[0] === goodCount && found[1] === rounds,
  );
  const facts = await helios.query(`SELECT count(DISTINCT id), count(DISTINCT shard) >= 4,
    count(*) FILTER (key = 'key-' || id % 37) FROM orders`);
  expect(facts.rows[0]?.map(String)).toEqual([String(goodCount), 'true', String(goodCount)]);
  expect((await helios.stop()).code).toBe(0);
});

const perRound = 1000;

function pipelineSql(path: string): string {
  return `CREATE TABLE source (id BIGINT NOT NULL, shard TEXT METADATA FROM 'shard_id',
      key TEXT METADATA FROM 'partition_key')
    WITH (connector = 'kinesis', connection_profile = 'local', stream_name = 'orders',
      type = 'source', format = 'json', 'source.offset' = 'earliest');
    CREATE TABLE orders WITH (connector = 'delta', path = '${path}', type = 'sink');
    INSERT INTO orders SELECT * FROM source;`;
}

function records(round: number): readonly { readonly key: string; readonly data: string }[] {
  return Array.from({ length: perRound }, (_, index) => {
    const id = round * perRound + index;
    return { key: `key-${id % 37}`, data: index === 10 ? '{"id": tru' : JSON.stringify({ id }) };
  });
}
