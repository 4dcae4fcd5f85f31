import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { buildConsole, openPage, shown, startBrowser } from './browser.ts';

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-frame-'));
  [helios, browser] = await Promise.all([start(), startBrowser()]);
  url = await helios.ready();
  await helios.call('POST', '/api/v1/pipelines', {
    name: 'letters',
    sql: `CREATE TABLE letters_in (id BIGINT) WITH (connector = 'http', stream = 'letters', format = 'json');
      CREATE TABLE letters WITH (connector = 'delta', path = '${join(directory, 'letters')}');
      INSERT INTO letters SELECT * FROM letters_in;`,
  });
  await send(1);
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function start(port = 0): Promise<HeliosProcess> {
  const options = ['--port', String(port)];
  return await HeliosProcess.start({ dataDirectory: join(directory, 'data'), options });
}

async function send(id: number): Promise<void> {
  const body = JSON.stringify({ id });
  await helios.request('/ingest/letters?wait=queryable', { method: 'POST', body });
}

test('Ctrl+K leads to a table, by keys alone', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(url);
  await shown(page);
  await page.keyboard.press('Control+K');
  const list = page.getByRole('listbox');
  await page.keyboard.type('lett');
  await list.getByRole('option', { name: 'letters' }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/tables/letters');
  await page.keyboard.press('Control+K');
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  expect(complaints).toEqual([]);
  await context.close();
});

test('a chosen theme is kept', async () => {
  const { page, context } = await openPage(browser, 1440);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(url);
  const background = `getComputedStyle(document.documentElement).backgroundColor`;
  const bright = await page.evaluate<string>(background);
  const theme = page.getByRole('button', { name: /^Theme/ });
  await theme.click();
  await theme.click();
  expect(await theme.getAttribute('title')).toBe('Theme: dark');
  expect(await page.evaluate<string>(background)).not.toBe(bright);
  await page.reload();
  await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
  expect(await page.evaluate<string>(background)).not.toBe(bright);
  await context.close();
});

test('an address without a page says so, and the way back is there', async () => {
  const { page, context } = await openPage(browser, 1440);
  const answer = await page.goto(`${url}/no/such/page`);
  expect(answer?.status()).toBe(404);
  await page.getByRole('heading', { name: 'There is no page /no/such/page' }).waitFor();
  await page.getByRole('link', { name: 'Tables', exact: true }).click();
  await page.getByRole('heading', { name: 'Tables', level: 1 }).waitFor();
  await context.close();
});

test('when Helios dies and comes back, the page says so and goes on', async () => {
  const { page, context } = await openPage(browser, 1440);
  await page.goto(`${url}/tables`);
  const row = page.getByRole('row', { name: /^letters/ });
  await row.getByRole('cell', { name: '1', exact: true }).first().waitFor();
  await page.evaluate(`window.isStillTheSame = true`);
  helios.kill('SIGKILL');
  await helios.exited;
  const notice = page.getByText('Helios does not answer; trying again');
  await notice.waitFor();
  expect(await row.isVisible()).toBe(true);
  helios = await start(Number(new URL(url).port));
  await notice.waitFor({ state: 'detached' });
  await send(2);
  await row.getByRole('cell', { name: '2', exact: true }).first().waitFor();
  expect(await page.locator('.notice.bad').count()).toBe(0);
  expect(await page.evaluate<boolean>(`window.isStillTheSame`)).toBe(true);
  await context.close();
});
