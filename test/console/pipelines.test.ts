import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { axeFindings, buildConsole, openPage, shown, startBrowser } from './browser.ts';

const waitMs = 30_000;

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-pipelines-'));
  const starting = HeliosProcess.start({ dataDirectory: join(directory, 'data') });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  url = await helios.ready();
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const script = (path: string): string => `CREATE TABLE events (id TEXT, price INT NOT NULL)
WITH (connector = 'http', format = 'json');
CREATE TABLE prices WITH (connector = 'delta', path = '${path}', format = 'parquet');
INSERT INTO prices SELECT id, price FROM events;`;

test('a pipeline is made, looked at, moved and deleted', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/pipelines/new`);
  const editor = page.locator('.cm-content');
  await editor.click();
  await page.keyboard.insertText('SELCT 1;');
  await page.getByRole('button', { name: 'Change to SELECT' }).waitFor();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Backspace');
  await page.keyboard.insertText(script(join(directory, 'prices')));
  await page.getByText('2 columns').waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByLabel('Name').fill('priced');
  await page.getByRole('button', { name: 'Create and start' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();

  const body = '{"id":"a","price":1}\n{"id":"b","price":"n/a"}\n';
  await helios.request('/ingest?wait=queryable', { method: 'POST', body });
  await page.getByRole('button', { name: 'Restart elsewhere…' }).click();
  await page.getByRole('button', { name: 'Restart', exact: true }).click();
  const anyway = page.getByRole('button', { name: 'Restart all the same' });
  await anyway.waitFor();
  expect(await anyway.isDisabled()).toBe(true);
  expect(await axeFindings(page)).toEqual([]);
  await page.getByLabel('Rows may be in the tables twice then').check();
  expect(await anyway.isDisabled()).toBe(false);
  await page.keyboard.press('Escape');

  await page.goto(`${url}/quarantine`);
  await page.getByRole('link', { name: 'type_mismatch price' }).click();
  await page.getByText('price INT NOT NULL').waitFor();
  await page.getByRole('button', { name: '"price"' }).click();
  expect(await page.locator('#page mark').textContent()).toBe('"n/a"');
  expect(await axeFindings(page)).toEqual([]);

  await page.goto(`${url}/pipelines/priced`);
  await shown(page);
  await page.getByRole('button', { name: 'Delete…' }).click();
  const deletion = page.getByRole('button', { name: 'Delete', exact: true });
  expect(await deletion.isDisabled()).toBe(true);
  await page.getByLabel('Type priced to confirm').fill('priced');
  await deletion.click();
  await page.getByText('This one keeps what is sent').waitFor();
  expect(complaints.filter((one) => !one.includes('409'))).toEqual([]);
  await context.close();
});

test('a pipeline is drafted from the catalog, previewed, edited and read again', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  const body = '{"sku":"a","sold":1}\n{"sku":"b","sold":2}\n{"sku":\n';
  await helios.call('POST', '/api/v1/streams', { name: 'sales' });
  expect((await helios.request('/ingest/sales', { method: 'POST', body })).status).toBe(200);
  await page.goto(`${url}/pipelines/new`);
  await page.getByRole('button', { name: 'Draft a script for sales' }).click();
  await page.getByText('2 columns').waitFor();
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await page.getByText('2 rows, 1 rejected').waitFor();
  await page.getByText('Would be rejected: 1').waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.reload();
  await page.getByText('2 columns').waitFor();
  await page.getByLabel('Name').fill('selling');
  await page.getByRole('button', { name: 'Create and start' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  const rows = async (): Promise<number> =>
    await helios.queryNumber('SELECT count(*) FROM sales WHERE sold > 0');
  await vi.waitUntil(async () => (await rows()) === 2, waitMs);

  await page.locator('.sql-keyword').first().waitFor();
  await page.getByRole('link', { name: 'Epochs' }).click();
  await page.getByRole('columnheader', { name: 'published' }).waitFor();
  await page.getByRole('link', { name: 'Edit SQL' }).click();
  await page.locator('.cm-content').getByText('SELECT').waitFor();
  await page.locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Backspace');
  const { sql } = await helios.call<{ sql: string }>('GET', '/api/v1/pipelines/selling');
  await page.keyboard.insertText(sql.replace('SELECT sku, sold', 'SELECT sku, 10 * sold AS sold'));
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByRole('button', { name: 'Restart elsewhere…' }).click();
  await page.getByLabel('From the earliest record').check();
  await page.getByRole('button', { name: 'Restart', exact: true }).click();
  await page.getByLabel('Rows may be in the tables twice then').check();
  await page.getByRole('button', { name: 'Restart all the same' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await vi.waitUntil(async () => (await rows()) === 4, waitMs);
  expect(await helios.queryNumber('SELECT sum(sold) FROM sales')).toBe(33);

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  expect(complaints.filter((one) => !one.includes('409'))).toEqual([]);
  await context.close();
});
