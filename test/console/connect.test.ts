import { createBucket } from '../lake/bucket.ts';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { startVersity, type VersityPeer } from '../peers/versitygw.ts';
import { produce } from '../peers/kafka-producers.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { axeFindings, buildConsole, openPage, schemes, startBrowser } from './browser.ts';

const parts = await kafkaParts();

let directory: string;
let helios: HeliosProcess;
let broker: KafkaBroker | undefined;
let store: VersityPeer | undefined;
let browser: Browser;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-connect-'));
  store = await startVersity();
  const { accessKeyId = '', secretAccessKey = '' } = store?.credentials ?? {};
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const environment = { KAFKA_PASSWORD: 'wrong', ...keys };
  const starting = HeliosProcess.start({ dataDirectory: join(directory, 'data'), environment });
  const broking = parts === undefined ? undefined : KafkaBroker.create(parts);
  [helios, browser, broker] = await Promise.all([starting, startBrowser(), broking]);
  url = await helios.ready();
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function axeInBothThemes(page: Page): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    findings.push(...(await axeFindings(page)));
  }
  return findings;
}

/** From the step with the columns to a table that has rows. */
async function startAs(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Name it and start' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: `Start ${name}`, exact: true }).click();
  await page.waitForURL(`**/pipelines/${name}`);
}

async function rowsOf(table: string, count: number): Promise<void> {
  await vi.waitUntil(
    async () => (await helios.queryNumber(`SELECT count(*) FROM ${table}`)) === count,
    30_000,
  );
}

test('from a program that sends events to their table', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/connect?kind=http`);
  await page.getByRole('combobox', { name: 'Stream' }).fill('shop');
  await page.getByRole('button', { name: 'Make shop' }).click();
  await page.getByText('Waiting for the first event').waitFor();
  expect(await axeInBothThemes(page)).toEqual([]);
  const hostile = '<img src=x onerror=alert(1)>';
  const body = [
    { id: 1, price: 1.5, note: hostile },
    { id: 2, price: 2 },
    { id: 3, price: 3 },
  ];
  await helios.request('/ingest/shop', { method: 'POST', body: JSON.stringify(body) });
  await page.getByText('An event is there').waitFor();
  await page.getByRole('button', { name: 'Look at the events' }).click();
  await page.getByText('3 real events').waitFor();
  await page.getByText('All 3 of these would be rows').waitFor();
  await page.getByText(hostile).first().waitFor();

  // Another type, and what it would refuse; edits survive a reload and the way back.
  await page.getByLabel('Type of price').fill('BIGINT');
  await page.getByText('1 would be rejected').waitFor();
  await page.getByRole('button', { name: 'See them' }).click();
  await page.getByText('✗ Column "price"').waitFor();
  await page.getByLabel('Name of the column for id').fill('number');
  await page.reload();
  await page.getByText('1 would be rejected').waitFor();
  await page.getByRole('button', { name: /Where/ }).click();
  await page.getByRole('button', { name: 'Use shop' }).click();
  await page.getByRole('button', { name: /What/ }).click();
  await page.locator('.cm-content').getByText('AS number').waitFor();
  expect(await page.getByLabel('Type of price').inputValue()).toBe('BIGINT');
  expect(await axeInBothThemes(page)).toEqual([]);

  // The SQL is the person's from the first key on, and comes back to what was chosen.
  await page.locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.insertText('\nSELCT 1;');
  await page.getByText('Edited by hand.', { exact: true }).waitFor();
  await page
    .getByText(/Line \d+, column 1:/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Undo: as drafted and chosen' }).click();
  await page.getByText('Follows what you choose').waitFor();
  await page.getByText('1 would be rejected').waitFor();
  await startAs(page, 'shop');
  await rowsOf('shop', 2);
  expect(await helios.queryNumber('SELECT sum(number) FROM shop')).toBe(5);
  expect(complaints).toEqual([]);
  await context.close();
});

test('from a file to a table, attached and read', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  const file = join(directory, 'sales.ndjson');
  await writeFile(file, '{"city":"Köln","sold":1}\n{"city":"Łódź","sold":2}\n{"city":\n');
  await page.goto(`${url}/connect?kind=files`);
  await page.getByLabel('Path or address').fill(join(directory, 'no-such.ndjson'));
  await page.getByRole('button', { name: 'Name it' }).click();
  await page.getByRole('button', { name: /^Attach/ }).click();
  await page.locator('.notice.bad').waitFor();
  await page.getByRole('button', { name: /Where/ }).click();
  await page.getByLabel('Path or address').fill(file);
  await page.getByLabel(/Read it into a table/).check();
  await page.getByRole('button', { name: 'Look at its lines' }).click();
  await page.getByText('3 real events').waitFor();
  await page.getByText('1 would be rejected').waitFor();
  await startAs(page, 'sold');
  await rowsOf('sold', 2);
  expect(complaints.filter((one) => !/status of 4/.test(one))).toEqual([]);
  await context.close();
});

test('files of a store are asked where they are', async (context) => {
  if (store === undefined) return context.skip();
  const bucket = await createBucket(store.endpoint, store.credentials);
  await mkdir(join(store.folder, bucket, 'sales'));
  await writeFile(join(store.folder, bucket, 'sales', 'a.csv'), 'city,sold\nKöln,1\nŁódź,2\n');
  const { page, context: opened, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/connect?kind=files`);
  await page.getByLabel('Path or address').fill(`s3::${store.endpoint}/${bucket}/sales`);
  await page.getByRole('button', { name: 'Name it' }).click();
  await page.getByLabel('Name of the table').fill('stored');
  await page.getByRole('button', { name: 'Attach stored' }).click();
  await page.waitForURL('**/tables/stored');
  expect(await helios.queryNumber('SELECT sum(sold) FROM stored')).toBe(3);
  expect(complaints).toEqual([]);
  await opened.close();
});

test('from a cluster that refuses at first to the table of a topic', async (context) => {
  if (broker === undefined) return context.skip();
  await broker.createTopic('orders', 2);
  const records = Array.from({ length: 20 }, (_, id) => ({
    value: Buffer.from(id === 7 ? '{"id":' : JSON.stringify({ id, price: id / 2 })),
  }));
  await produce(broker, 'orders', records);
  const { page, context: opened, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/connect?kind=kafka`);
  await page.getByLabel('Bootstrap servers').fill(broker.bootstrap.saslPlaintext);
  await page.getByLabel('Login').selectOption('SCRAM-SHA-512');
  await page.getByLabel('Over TLS').selectOption('plain');
  await page.getByLabel('User').fill('me');
  await page.getByLabel('Where the password is').fill('hunter2');
  await page.getByText('This looks like the secret itself').waitFor();
  await page.getByLabel('Where the password is').fill('env:KAFKA_PASSWORD');
  await page.getByRole('button', { name: 'Test' }).click();
  await page.locator('.test-step.failed').getByText('Signed in').waitFor();
  expect(await axeInBothThemes(page)).toEqual([]);

  await page.getByLabel('Login').selectOption('');
  await page.getByLabel('Bootstrap servers').fill(broker.bootstrap.plaintext);
  await page.getByRole('button', { name: 'Test' }).click();
  await page.locator('.test-step.ok').getByText('A record read').waitFor();
  await page.getByLabel('Name of the connection').fill('prod');
  await page.getByRole('button', { name: 'Keep prod and choose a stream' }).click();
  await page.getByRole('radio', { name: 'orders' }).check();
  await page.getByText('Reading takes no share of other readers').waitFor();
  await page.getByRole('button', { name: 'Look at its events' }).click();
  await page.getByText('20 real events').waitFor();
  await page.getByText('19 of these 20 would be rows').waitFor();
  await startAs(page, 'orders');
  await rowsOf('orders', 19);
  expect(complaints).toEqual([]);
  await opened.close();
});
