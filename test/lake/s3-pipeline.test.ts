import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { createBucket } from './bucket.ts';

type TableFacts = { readonly version: number; readonly rows: string; readonly hot_rows: string };

describe('a pipeline into a table in an object store', () => {
  let moto: MotoPeer | undefined;
  let folder: string;
  let helios: HeliosProcess;
  let location: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-lake-'));
    moto = await startMoto();
    const endpoint = moto?.endpoint ?? '';
    location = `s3::${endpoint}/${await createBucket(endpoint)}/lake/clicks`;
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
  });

  afterAll(async () => {
    await helios[Symbol.asyncDispose]();
    await moto?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('its rows are queried hot, then cold, and again after a start with an empty cache', async () => {
    await helios.call('POST', '/api/v1/pipelines', {
      name: 'clicks',
      sql: `CREATE TABLE events (id BIGINT, page TEXT) WITH (connector = 'http', format = 'json');
        CREATE TABLE clicks WITH (
          connector = 'delta', path = '${location}', format = 'parquet',
          rollover_seconds = 1, partition_fields = 'page'
        );
        INSERT INTO clicks SELECT id, page FROM events;`,
    });
    await helios.request('/ingest/events?wait=queryable', {
      method: 'POST',
      body: '{"id":1,"page":"a"}\n{"id":2,"page":"b/c d"}\n',
    });
    const rows = [
      ['1', 'a'],
      ['2', 'b/c d'],
    ];
    const ask = async () => await helios.query('SELECT id, page FROM clicks ORDER BY id');
    expect((await ask()).rows).toEqual(rows);
    await until(
      async () => await helios.call<TableFacts>('GET', '/api/v1/tables/clicks'),
      (facts) => Number(facts.hot_rows) === 0 && Number(facts.rows) === 2,
    );
    const cold = await ask();
    expect(cold.rows).toEqual(rows);
    expect(cold.saw).toMatchObject([{ table: 'clicks', hot_rows: 0 }]);

    await helios[Symbol.asyncDispose]();
    await rm(join(folder, 'data', 'cache'), { recursive: true });
    helios = await HeliosProcess.start({ dataDirectory: join(folder, 'data') });
    expect((await ask()).rows).toEqual(rows);
  });
});
