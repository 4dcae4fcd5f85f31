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

const environment = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
const keys = 40;
let peer: KinesisPeer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-kinesis-windows-'));
  peer = await startKinesisLocal();
});

afterAll(async () => {
  await peer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('windows wait for every open shard, and for none that a split has closed', async () => {
  await createStream(peer.client, 'clicks', 2);
  const dataDirectory = join(folder, 'data');
  let helios = await HeliosProcess.start({ dataDirectory, environment });
  await helios.call('POST', '/api/v1/pipelines', { name: 'clicks', sql: pipelineSql() });
  await putRecords(peer.client, 'clicks', minuteOf(0));
  const [shard] = await openShards(peer.client, 'clicks');
  if (shard === undefined) throw new Error('The stream has no open shard.');
  await splitShard(peer.client, 'clicks', shard);
  helios.kill('SIGKILL');
  await helios.exited;
  helios = await HeliosProcess.start({ dataDirectory, environment });
  for (const minute of [1, 2, 3]) await putRecords(peer.client, 'clicks', minuteOf(minute));
  const closed = await until(
    async () => await windows(helios),
    ({ length }) => length >= 3 * keys,
  );
  expect(new Set(closed)).toEqual(new Set(expected(3)));
  expect(closed).toHaveLength(3 * keys);
  expect((await helios.stop()).code).toBe(0);
});

function pipelineSql(): string {
  return `CREATE TABLE clicks_in (user_id BIGINT, at TIMESTAMP, WATERMARK FOR at)
    WITH (connector = 'kinesis', aws_region = 'us-east-1', aws_endpoint = '${peer.endpoint}',
      stream_name = 'clicks', format = 'json', 'source.offset' = 'earliest', idle_micros = 0);
    CREATE TABLE clicks WITH (connector = 'delta', path = '${join(folder, 'clicks')}');
    INSERT INTO clicks SELECT w.start AS minute, user_id, n FROM (
      SELECT tumble(INTERVAL '1 minute') AS w, user_id, count(*) AS n
      FROM clicks_in GROUP BY 1, user_id);`;
}

/** As many clicks of each key as its number and the minute say, so that no two windows are alike. */
function minuteOf(minute: number): readonly { readonly key: string; readonly data: string }[] {
  return Array.from({ length: keys }, (_, key) =>
    Array.from({ length: clicksOf(key, minute) }, (__, index) => ({
      key: `key-${key}`,
      data: JSON.stringify({
        user_id: key,
        at: new Date(Date.UTC(2026, 10, 23, 10, minute, index)).toISOString(),
      }),
    })),
  ).flat();
}

function clicksOf(key: number, minute: number): number {
  return 1 + ((key + minute) % 5);
}

function expected(minutes: number): readonly string[] {
  return Array.from({ length: minutes }, (_, minute) =>
    Array.from({ length: keys }, (__, key) => `${minute},${key},${clicksOf(key, minute)}`),
  ).flat();
}

async function windows(helios: HeliosProcess): Promise<readonly string[]> {
  const answer = await helios
    .query('SELECT minute(minute), user_id, n FROM clicks')
    .catch(() => undefined);
  return answer?.rows.map(String) ?? [];
}
