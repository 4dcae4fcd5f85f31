import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { axeFindings, buildConsole, openPage, overflow, shown, startBrowser } from './browser.ts';

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;
let hook: Server;
let received: { readonly event: string; readonly pipeline: string }[];

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-quarantine-'));
  const starting = HeliosProcess.start({ dataDirectory: join(directory, 'data') });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  url = await helios.ready();
  received = [];
  hook = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => received.push(JSON.parse(chunk.toString())));
    request.on('end', () => response.end());
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  await helios.call('POST', '/api/v1/pipelines', { name: 'prices', sql: script('INT') });
  const good = Array.from({ length: 20 }, (_, id) => `{"id":"g${id}","price":${id}}`);
  const bad = ['{"id":"a","price":"1.50"}', '{"id":"b","price":"2.50"}', '{"id":"<b>c</b>"}'];
  const body = `${[...good, ...bad].join('\n')}\n`;
  await helios.request('/ingest/prices?wait=queryable', { method: 'POST', body });
});

afterAll(async () => {
  await browser?.close();
  hook?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function script(type: string): string {
  return `CREATE TABLE prices_in (id TEXT, price ${type} NOT NULL)
WITH (connector = 'http', stream = 'prices', format = 'json');
CREATE TABLE prices WITH (connector = 'delta', path = '${join(directory, 'prices')}');
INSERT INTO prices SELECT id, price::TEXT AS price FROM prices_in;`;
}

test('rejected records are found, their SQL is mended, they are replayed, and none is left', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/quarantine`);
  await page.getByText('3 rejected records are left; none was replayed.').waitFor();
  await page.getByRole('combobox', { name: /^reason/ }).selectOption('inexact');
  await page.getByText('2 rejected records are left').waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('link', { name: 'inexact price' }).click();
  await page.getByText('None of the 2 records would pass now.').waitFor();
  expect(await page.getByRole('button', { name: /^Replay/ }).count()).toBe(0);

  await page.getByRole('link', { name: 'Fix the SQL' }).click();
  await page.locator('.cm-content').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Backspace');
  await page.keyboard.insertText(script('DECIMAL(12, 2)'));
  await page.getByRole('button', { name: 'Try this SQL on these records' }).click();
  await page.getByText('All 2 records would pass now.').waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Save and go on' }).click();

  await page.getByRole('button', { name: 'Replay 2 records' }).click();
  await page.getByText('2 records were replayed; none failed again.').waitFor();
  await page.getByText('No records.').waitFor();
  await page.getByLabel('show').selectOption('replayed');
  await page.getByRole('button', { name: '"a"' }).click();
  await page.getByText('and it passed').waitFor();
  expect(await page.getByRole('cell', { name: 'replayed', exact: true }).count()).toBe(2);
  expect(await axeFindings(page)).toEqual([]);
  expect(await helios.queryNumber(`SELECT count(*) FROM prices WHERE price LIKE '%.50'`)).toBe(2);

  await page.goto(`${url}/quarantine`);
  await page.getByText('1 rejected record is left; 2 were replayed.').waitFor();
  await page.getByRole('link', { name: 'missing_field price' }).click();
  await page.getByText('It would still be rejected.').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('an alert is tried, made, and told', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/quarantine/alerts`);
  await page.getByRole('button', { name: 'Create the first' }).click();
  await page.getByLabel('Name').fill('too many');
  await page.getByLabel('Above').fill('2');
  const address = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`;
  await page.getByLabel('Webhook').fill(address);
  await page.getByRole('button', { name: 'Send an example' }).click();
  await page.getByText('It answered 200').waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Create alert' }).click();
  await page.getByRole('row', { name: /prices above since .*, told/ }).waitFor();
  expect(received.map(({ event }) => event)).toEqual(['test', 'rejected_share_above']);
  expect(await axeFindings(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  await shown(page);
  expect(await overflow(page)).toBe(0);
  await page.getByRole('button', { name: 'Delete … too many' }).click();
  await page.getByRole('button', { name: 'Delete it' }).click();
  await page.getByText('There is none yet.').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});
