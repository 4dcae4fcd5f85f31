import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KinesisPeer, startKinesalite } from '../peers/kinesis.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { FaultProxy } from './kinesis-fault-proxy.ts';
import { until } from './until.ts';

type Failure = { error: { code: string; message: string; details?: Record<string, unknown> } };

describe('a stream that Kinesis keeps', () => {
  let peer: KinesisPeer;
  let proxy: FaultProxy;
  let folder: string;
  let helios: HeliosProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-kinesis-ingest-'));
    peer = await startKinesalite();
    proxy = await FaultProxy.open(peer.endpoint);
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    await helios.call('POST', '/api/v1/connections', {
      name: 'local',
      kind: 'kinesis',
      options: { aws_region: 'us-east-1', aws_endpoint: proxy.endpoint },
    });
    await helios.call('POST', '/api/v1/streams', {
      name: 'clicks',
      connection: 'local',
      partitions: 3,
    });
    await helios.call('POST', '/api/v1/pipelines', {
      name: 'clicks',
      sql: `CREATE TABLE clicks (id BIGINT, t TEXT) WITH (connector = 'http', format = 'json');
        CREATE TABLE kept WITH (connector = 'delta', path = '${join(folder, 'kept')}');
        INSERT INTO kept SELECT id, t FROM clicks;`,
    });
  });

  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await peer[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('is made with its shards, and told', async () => {
    expect(await helios.call('GET', '/api/v1/streams/clicks')).toMatchObject({
      backing: { kind: 'kinesis', connection: 'local', topic: 'clicks' },
      retention_ms: 24 * 3_600_000,
    });
    const again = { name: 'other', connection: 'local', topic: 'clicks', partitions: 4 };
    expect(await refusal('POST', '/api/v1/streams', again)).toMatchObject({
      code: 'conflict',
      message: 'The Kinesis stream "clicks" exists with 3 open shards.',
    });
    expect(
      await refusal('POST', '/api/v1/streams', { name: 'a', connection: 'local', topic: 'a b' }),
    ).toMatchObject({ code: 'invalid_name' });
  });

  test('every record of every request is read once', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => ({ id: 1000 + index, t: 'é' }));
    const bodies = [
      '{"id":1,"t":"alone"}',
      '{"id":2}\n\n {"id":3}\r\n',
      JSON.stringify(many),
      ...Array.from({ length: 50 }, (_, index) => `{"id":${10 + index}}`),
    ];
    const statuses = await Promise.all(bodies.map(async (body) => (await ingest(body)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect((await ingest('{"id":5000}', '?wait=queryable')).status).toBe(200);
    const sum = 'count(*), count(DISTINCT id), sum(id)';
    const ids = [1, 2, 3, 5000, ...many.map(({ id }) => id), ...range(50).map((id) => 10 + id)];
    const total = ids.reduce((all, id) => all + id, 0);
    // A shard that the last request did not go to may be read later.
    await until(
      async () => await helios.queryNumber('SELECT count(*) FROM kept'),
      (count) => count >= ids.length,
    );
    const [row] = (await helios.query(`SELECT ${sum} FROM kept`)).rows;
    expect(row).toEqual([String(ids.length), String(ids.length), String(total)]);
  });

  test('what Kinesis refuses in part is put again, and is there once', async () => {
    let refusals = 3;
    proxy.fault = ({ action }) => {
      if (action !== 'PutRecords' || refusals-- <= 0) return undefined;
      const ErrorCode = 'ProvisionedThroughputExceededException';
      const change = ({ Records: records }: Record<string, unknown>): object => ({
        FailedRecordCount: 1,
        Records: (records as object[]).map(() => ({ ErrorCode, ErrorMessage: 'slower' })),
      });
      return refusals === 2
        ? { kind: 'error', status: 400, name: ErrorCode }
        : { kind: 'answer', change };
    };
    expect((await ingest('{"id":6000,"t":"again"}')).status).toBe(200);
    proxy.fault = () => undefined;
    expect((await ingest('{"id":6001}', '?wait=queryable')).status).toBe(200);
    // The proxy's answers were made of right ones: those records are there too, as nobody knows.
    expect(await helios.queryNumber('SELECT count(*) FROM kept WHERE id = 6001')).toBe(1);
    expect(refusals).toBeLessThanOrEqual(0);
  });

  test('a lost answer is told, and nothing is put again behind it', async () => {
    proxy.fault = ({ action }) => (action === 'PutRecords' ? { kind: 'reset' } : undefined);
    const before = puts();
    const answer = await ingest('{"id":7000}');
    const { error } = (await answer.json()) as Failure;
    expect([answer.status, error.details?.['may_be_stored']]).toEqual([503, true]);
    expect(error.message).toMatch(/may have the request\.$/);
    expect(puts()).toBe(before + 1);
    proxy.fault = () => undefined;
  });

  test('a request larger than a record, or with a key, is refused whole', async () => {
    const large = await ingest(JSON.stringify(range(3).map(() => ({ t: 'x'.repeat(500_000) }))));
    expect([large.status, ((await large.json()) as Failure).error.code]).toEqual([
      413,
      'too_large',
    ]);
    const keyed = await helios.request('/ingest/clicks', {
      method: 'POST',
      body: '{"id":1}',
      headers: { 'idempotency-key': 'k' },
    });
    expect(keyed.status).toBe(400);
  });

  async function ingest(body: string, query = ''): Promise<Response> {
    return await helios.request(`/ingest/clicks${query}`, { method: 'POST', body });
  }

  async function refusal(method: string, path: string, body: object): Promise<object> {
    const answer = await helios.request(path, {
      method,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    return ((await answer.json()) as Failure).error;
  }

  function puts(): number {
    return proxy.callsOf('PutRecords').length;
  }
});

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
