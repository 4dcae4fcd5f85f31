import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { produce } from '../peers/kafka-producers.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import {
  createStream,
  type KinesisPeer,
  openShards,
  putRecords,
  startKinesisLocal,
} from '../peers/kinesis.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { axeFindings, buildConsole, openPage, shown, startBrowser } from './browser.ts';

const waitMs = 60_000;
const parts = await kafkaParts();

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let kinesis: KinesisPeer;
let broker: KafkaBroker | undefined;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-console-streams-'));
  const starting = HeliosProcess.start({
    dataDirectory: join(directory, 'data'),
    environment: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  });
  [helios, browser, kinesis] = await Promise.all([starting, startBrowser(), startKinesisLocal()]);
  url = await helios.ready();
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await kinesis?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A pipeline that keeps each record's place beside its id. */
async function load(
  name: string,
  { place, source }: { readonly place: string; readonly source: string },
): Promise<void> {
  const sql = `CREATE TABLE ${name}_in (id BIGINT, ${place}) WITH (${source}, format = 'json');
    CREATE TABLE ${name} WITH (connector = 'delta', path = '${join(directory, name)}');
    INSERT INTO ${name} SELECT * FROM ${name}_in;`;
  await helios.call('POST', '/api/v1/pipelines', { name, sql });
}

/** From the list of a connection's streams to a record, to its row, and back to the record. */
async function followBothWays(
  page: Page,
  { connection, stream, record }: Readonly<Record<'connection' | 'stream' | 'record', string>>,
): Promise<void> {
  await page.goto(`${url}/streams`);
  const section = page.locator('section', { hasText: `through ${connection}` });
  await section.getByRole('button', { name: /Show its (topics|streams)/ }).click();
  await section.getByRole('link', { name: stream, exact: true }).click();
  await page.getByRole('gridcell', { name: record, exact: true }).click();
  await page.getByText('has read it, and did not reject it').waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('link', { name: `its row in ${stream}_rows` }).click();
  await page.getByText('The row says where its record stands:').waitFor();
  await shown(page);
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('link', { name: /^partition .*, position \d+$/ }).click();
  await page.getByRole('row', { selected: true }).getByText(record).waitFor();
}

test('a shard: its list, a look, a record’s row, and the row’s record', async () => {
  const options = { aws_region: 'us-east-1', aws_endpoint: kinesis.endpoint };
  await helios.call('POST', '/api/v1/connections', { name: 'aws', kind: 'kinesis', options });
  await createStream(kinesis.client, 'clicks', 1);
  const records = Array.from({ length: 20 }, (_, index) => ({
    key: `k${index}`,
    data: JSON.stringify({ id: index }),
  }));
  await putRecords(kinesis.client, 'clicks', records);
  expect(await openShards(kinesis.client, 'clicks')).toHaveLength(1);
  await load('clicks_rows', {
    place: "shard TEXT METADATA FROM 'shard_id', place TEXT METADATA FROM 'sequence_number'",
    source:
      "connector = 'kinesis', connection_profile = 'aws', stream_name = 'clicks', 'source.offset' = 'earliest'",
  });
  await vi.waitUntil(
    async () => (await helios.queryNumber('SELECT count(*) FROM clicks_rows')) === 20,
    {
      timeout: waitMs,
    },
  );
  const { page, context, complaints } = await openPage(browser, 1440);
  await followBothWays(page, { connection: 'aws', stream: 'clicks', record: '{"id":7}' });
  expect(complaints).toEqual([]);
  await context.close();
});

describe.skipIf(parts === undefined)('with a broker', () => {
  test('a topic: its list, a look, a record’s row, and the row’s record', async () => {
    broker = await KafkaBroker.create(parts!);
    const options = { bootstrap_servers: broker.bootstrap.plaintext };
    await helios.call('POST', '/api/v1/connections', { name: 'local', kind: 'kafka', options });
    await broker.createTopic('orders', 2);
    const records = Array.from({ length: 20 }, (_, index) => ({
      partition: index % 2,
      key: Buffer.from(`k${index}`),
      value: Buffer.from(`{"id":${index}}`),
    }));
    await produce(broker, 'orders', records);
    await load('orders_rows', {
      place: "part INT METADATA FROM 'partition', place BIGINT METADATA FROM 'offset_id'",
      source: `connector = 'kafka', connection_profile = 'local', topic = 'orders',
        'source.offset' = 'earliest'`,
    });
    const counted = async (): Promise<boolean> =>
      (await helios.queryNumber('SELECT count(*) FROM orders_rows')) === 20;
    await vi.waitUntil(counted, { timeout: waitMs });
    const { page, context, complaints } = await openPage(browser, 1440);
    await followBothWays(page, { connection: 'local', stream: 'orders', record: '{"id":7}' });
    expect(complaints).toEqual([]);
    await context.close();
  });
});

test('a tail: fields as columns, what is new while it is held, and a stretch of time', async () => {
  await helios.call('POST', '/api/v1/streams', { name: 'shop' });
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/streams/shop`);
  await page.getByText('Nothing has come to this stream yet').waitFor();
  const send = async (...kinds: readonly string[]): Promise<void> => {
    const body = kinds.map((kind) => JSON.stringify({ kind, size: 3 })).join('\n');
    await helios.request('/ingest/shop', { method: 'POST', body });
  };
  await send('first', 'second');
  await page.getByRole('checkbox', { name: 'kind' }).check();
  await page.getByRole('gridcell', { name: 'second', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await send('third');
  await page.getByRole('button', { name: '1 new' }).click();
  await page.getByRole('gridcell', { name: 'third', exact: true }).waitFor();
  const strip = page.getByRole('slider');
  for (let second = 0; second < 12; second++) await strip.press('Shift+PageDown');
  expect(await strip.getAttribute('aria-valuetext')).toMatch(/, \d records$/);
  expect(await axeFindings(page)).toEqual([]);
  await strip.press('Enter');
  await page.getByText('3 records, the earliest first, up to').waitFor();
  expect(await page.getByRole('gridcell', { name: 'first', exact: true }).count()).toBe(1);
  expect(complaints).toEqual([]);
  await context.close();
});

test('a table: versions beside one another, and a row whose record is found by its values', async () => {
  const sql = `CREATE TABLE visits_in (id BIGINT, page TEXT)
      WITH (connector = 'http', stream = 'visits', format = 'json');
    CREATE TABLE visits WITH (connector = 'delta', path = '${join(directory, 'visits')}',
      'rolling_policy.interval' = interval '1 second');
    INSERT INTO visits SELECT * FROM visits_in;`;
  await helios.call('POST', '/api/v1/pipelines', { name: 'visits', sql });
  const versionOf = async (): Promise<number> => {
    const { version } = await helios.call<{ version: number }>('GET', '/api/v1/tables/visits');
    return version;
  };
  for (const [version, body] of ['{"id":1,"page":"/a"}', '{"id":2,"page":"it\'s"}'].entries()) {
    await helios.request('/ingest/visits?wait=queryable', { method: 'POST', body });
    await vi.waitUntil(async () => (await versionOf()) > version, { timeout: waitMs });
  }
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/tables/visits?tab=history`);
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByText('1 → 2 rows: 1 more').waitFor();
  await page.getByRole('link', { name: 'Sample' }).click();
  const row = page.getByRole('row', { name: "it's" });
  await row.getByRole('link', { name: /^way/ }).click();
  await page.getByText('records that came in its time has 2 of the row’s values').waitFor();
  const inTable = page.locator('section', { hasText: 'In the table' }).last();
  await inTable.getByRole('link', { name: 'version 2' }).waitFor();
  expect(await page.getByText('{"id":2,"page":"it\'s"}').count()).toBe(1);
  expect(await axeFindings(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});
