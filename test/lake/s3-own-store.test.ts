import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Storages } from '../../src/runtime/storages.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { makeServerCertificate } from '../peers/kafka-certificates.ts';
import { startVersity, type VersityPeer } from '../peers/versitygw.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { contextOf } from '../streams/connection-steps.ts';
import { until } from '../streams/until.ts';

const bucket = 'lake';
/** As a wildcard does, the certificate holds for the buckets' names, not for the store's own. */
const domain = 's3.localhost';
const names = `IP:127.0.0.1,DNS:*.${domain}`;

type TableFacts = { readonly path: string; readonly rows: string; readonly hot_rows: string };

const folder = await mkdtemp(join(tmpdir(), 'helios-own-store-'));
const certificate = await makeServerCertificate(folder, names);
const store = await startVersity({ tls: certificate, virtualDomain: domain });

describe.skipIf(store === undefined)('a store with a certificate of its own', () => {
  const { endpoint = '', port = 0 } = store ?? {};
  const environment = environmentOf(store);

  beforeAll(async () => await mkdir(join(store?.folder ?? '', bucket)));
  afterAll(async () => {
    await store?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function open(
    url: string,
    options: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Storage> {
    const storages = new Storages({
      context: contextOf({ ...environment, ...more }),
      use: 'tables',
      uploadsDirectory: join(folder, 'uploads'),
      cacheDirectory: join(folder, 'cache'),
      cacheBytesMax: 0,
      onWarning: () => undefined,
    });
    const keys = {
      aws_access_key_id: 'env:AWS_ACCESS_KEY_ID',
      aws_secret_access_key: 'env:AWS_SECRET_ACCESS_KEY',
    };
    return await storages.open(url, { ...keys, ...options });
  }

  const direct = `s3::${endpoint}/${bucket}/a`;
  const named = `s3::https://${domain}:${port}/${bucket}/a`;
  const ca = `file:${certificate.authority}`;

  test.each<[string, string, Record<string, string>, Record<string, string>]>([
    ['storage.ca, path style', direct, { ca }, {}],
    ['storage.ca, virtual-host style', named, { ca, path_style: 'false' }, {}],
    ['AWS_CA_BUNDLE', direct, {}, { AWS_CA_BUNDLE: certificate.authority }],
  ])('is reached by %s', async (what, url, options, more) => {
    const storage = await open(url, options, more);
    const path = what.replaceAll(/\W+/g, '-');
    expect(await storage.putIfAbsent(path, new Uint8Array([1]))).toBe('put');
    expect(await storage.putIfAbsent(path, new Uint8Array([2]))).toBe('exists');
    expect(await storage.read(path)).toEqual(new Uint8Array([1]));
    expect(await listed(storage)).toContain(path);
  });

  test.each<[string, string, Record<string, string>, string, RegExp]>([
    [
      'that is not known',
      direct,
      {},
      'unreachable',
      /signed by an authority that isn't known.*storage\.ca = 'file:.*AWS_CA_BUNDLE/,
    ],
    [
      'that is for other names',
      named,
      { ca },
      'unreachable',
      /for other names: .*\*\.s3\.localhost.*storage\.path_style = 'true'/,
    ],
    [
      'whose authority is in no file',
      direct,
      { ca: 'file:/none.pem' },
      'secret_missing',
      /none\.pem does not exist/,
    ],
    [
      'whose authority is no PEM',
      direct,
      { ca: 'env:AWS_ACCESS_KEY_ID' },
      'invalid_config',
      /storage\.ca does not lead to a certificate.*BEGIN CERTIFICATE/,
    ],
  ])('a certificate %s is told, with what to do', async (_what, url, options, code, text) => {
    const failure: unknown = await open(url, options)
      .then(async (storage) => await storage.stat('a'))
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code });
    const { message, hint } = failure as { message: string; hint: string };
    expect(`${message} ${hint}`).toMatch(text);
  });

  test('has tables by names of buckets, and the state', async () => {
    const options = ['--state', `s3::${endpoint}/${bucket}/helios`, '--ack', 's3'];
    const more = { AWS_CA_BUNDLE: certificate.authority };
    await using helios = await HeliosProcess.start({
      dataDirectory: join(folder, 'data'),
      options,
      environment: { ...environment, ...more },
    });
    await helios.call('POST', '/api/v1/pipelines', {
      name: 'clicks',
      sql: `CREATE TABLE events (id BIGINT) WITH (connector = 'http', format = 'json');
        CREATE TABLE clicks WITH (
          connector = 'delta', path = '${named}/clicks', format = 'parquet', rollover_seconds = 1,
          storage.ca = '${ca}', storage.path_style = false
        );
        INSERT INTO clicks SELECT id FROM events;`,
    });
    await helios.request('/ingest/events', { method: 'POST', body: '{"id":1}\n{"id":2}\n' });
    const facts = await until(
      async () => await helios.call<TableFacts>('GET', '/api/v1/tables/clicks'),
      ({ hot_rows: hot, rows }) => Number(hot) === 0 && Number(rows) === 2,
    );
    expect(facts.path).toBe(`${named}/clicks`);
    expect(await helios.queryNumber('SELECT sum(id) FROM clicks')).toBe(3);
    const asked = await helios.query(
      `SELECT DISTINCT json_extract_string(labels, 'use') AS use FROM helios.metrics
         WHERE name = 'store_requests_total' AND value > 0
           AND json_extract_string(labels, 'operation') = 'PutObject' ORDER BY use`,
    );
    expect(asked.rows).toEqual([['log'], ['state'], ['tables']]);
    const metrics = await (await helios.request('/metrics')).text();
    for (const [use] of asked.rows) {
      expect(metrics).toMatch(
        new RegExp(`helios_store_requests_total\\{[^}]*use="${String(use)}",[^}]*"PutObject"\\}`),
      );
    }
    expect((await helios.stop()).code).toBe(0);
  });
});

function environmentOf(peer: VersityPeer | undefined): Readonly<Record<string, string>> {
  const { accessKeyId = '', secretAccessKey = '' } = peer?.credentials ?? {};
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

async function listed(storage: Storage): Promise<readonly string[]> {
  return (await Array.fromAsync(storage.list(''))).map(({ path }) => path);
}
