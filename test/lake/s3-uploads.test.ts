import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { S3Requests } from '../../src/storage/s3/s3-client.ts';
import { UploadNotes } from '../../src/storage/s3/upload-notes.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { createBucket, objectsIn } from './bucket.ts';
import { anyCredentials, hastyClock } from './open-s3.ts';
import { type S3Call, type S3Fault, S3FaultProxy } from './s3-fault-proxy.ts';

type TableFacts = { readonly rows: string; readonly hot_rows: string; readonly files: string };

let moto: MotoPeer | undefined;
let proxy: S3FaultProxy;
let folder: string;
let bucket: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-uploads-'));
  moto = await startMoto();
  proxy = await S3FaultProxy.open(moto?.endpoint ?? '');
  bucket = await createBucket(moto?.endpoint ?? '');
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await moto?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<HeliosProcess> {
  return await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
}

async function openUploads(): Promise<number> {
  const { endpoint = '' } = moto ?? {};
  const place = { region: 'us-east-1', endpoint, forcePathStyle: true };
  const client = new S3Client({ ...place, credentials: anyCredentials });
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return Uploads.length;
  } finally {
    client.destroy();
  }
}

const notes = async (): Promise<number> =>
  (await readdir(join(folder, 'data', 'uploads', 'tables'))).length;

const on =
  (operation: string, fault: S3Fault) =>
  (call: S3Call): S3Fault | undefined =>
    call.operation === operation ? fault : undefined;

test('what a killed process was uploading is given up by the next, and written again', async () => {
  proxy.fault = on('UploadPart', { kind: 'hang' });
  const first = await start();
  await first.call('POST', '/api/v1/pipelines', {
    name: 'clicks',
    sql: `CREATE TABLE events (id BIGINT) WITH (connector = 'http', format = 'json');
      CREATE TABLE clicks WITH (connector = 'delta', format = 'parquet', rollover_seconds = 1,
        path = 's3::${proxy.endpoint}/${bucket}/clicks', multipart.minimum_multipart_size = '100');
      INSERT INTO clicks SELECT id FROM events;`,
  });
  const body = '{"id":1}\n{"id":2}\n{"id":3}\n';
  await first.request('/ingest/events', { method: 'POST', body });
  const isUploading = (calls: readonly S3Call[]): boolean =>
    calls.some(({ operation }) => operation === 'UploadPart');
  await until(async () => proxy.calls, isUploading);
  first.kill('SIGKILL');
  await first.exited;
  expect([await openUploads(), await notes()]).toEqual([1, 1]);

  proxy.fault = () => undefined;
  await using second = await start();
  await until(
    async () => await second.call<TableFacts>('GET', '/api/v1/tables/clicks'),
    ({ rows, hot_rows: hot }) => Number(rows) === 3 && Number(hot) === 0,
  );
  await until(openUploads, (count) => count === 0);
  await until(notes, (count) => count === 0);
  expect(await second.queryNumber('SELECT count(DISTINCT id) * 10 + count(*) FROM clicks')).toBe(
    33,
  );
  const stored = await objectsIn(moto?.endpoint ?? '', bucket, 'clicks/');
  const { files } = await second.call<TableFacts>('GET', '/api/v1/tables/clicks');
  expect(stored.filter((key) => key.endsWith('.parquet'))).toHaveLength(Number(files));
});

test('an upload that cannot be given up is told, and left to the next start', async () => {
  const location = 's3://bucket/place';
  const { endpoint } = proxy;
  const way = { region: 'us-east-1', endpoint, isPathStyle: true, clock: hastyClock };
  const requests = new S3Requests({
    ...{ ...way, random: () => 0.5, credentials: async () => anyCredentials },
  });
  const directory = join(folder, 'notes');
  const nextStart = async (): Promise<readonly string[]> => {
    const problems: string[] = [];
    const left = await UploadNotes.open(directory, hastyClock);
    await left.giveUp({ location: 's3://bucket/another', bucket }, requests, () => undefined);
    await left.giveUp({ location, bucket }, requests, ({ message }) => problems.push(message));
    return problems;
  };
  const now = await UploadNotes.open(directory, hastyClock);
  await now.begin(location, { key: 'a', id: 'gone' });
  const end = await now.begin(location, { key: 'b', id: 'ended' });
  await end();
  await writeFile(join(directory, 'torn.json'), '{"location":');
  proxy.fault = on('AbortMultipartUpload', { kind: 'error', status: 403, name: 'AccessDenied' });
  expect(await nextStart()).toEqual([
    expect.stringMatching(/^AbortMultipartUpload of s3:..bucket.place \(a\) was refused/),
  ]);
  expect(await readdir(directory)).toHaveLength(1);
  proxy.fault = () => undefined;
  expect(await nextStart()).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
  requests.close();
});
