import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { axeFindings, buildConsole, openPage, overflow, shown, startBrowser } from './browser.ts';

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-settings-'));
  const starting = HeliosProcess.start({ dataDirectory: join(directory, 'data') });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  url = await helios.ready();
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** An hour before and after clocks in Berlin went back, and the first of them without a zone. */
const aroundTheChange = `select timestamptz '2026-10-25 00:30:00Z' as first,
  timestamptz '2026-10-25 01:30:00Z' as second, timestamp '2026-10-25 00:30:00' as plain`;

async function ask(page: Page, sql: string, more = ''): Promise<string[]> {
  await page.goto(`${url}/sql?q=${encodeURIComponent(sql)}${more}`);
  await page.getByRole('gridcell').first().waitFor();
  return await page.getByRole('gridcell').allTextContents();
}

test('a zone that was chosen by keys is that of all times, and is kept', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(url);
  await shown(page);
  await page.getByRole('button', { name: 'Times are in UTC. Change' }).click();
  await page.keyboard.type('berl');
  await page.getByRole('option', { name: /Europe\/Berlin/ }).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Times are in Europe\/Berlin/ }).waitFor();

  const shownTimes = await ask(page, aroundTheChange);
  expect(shownTimes).toEqual([
    '2026-10-25 02:30:00+02:00',
    '2026-10-25 02:30:00+01:00',
    '2026-10-25 00:30:00',
  ]);
  await page.getByRole('columnheader', { name: /timestamp, no zone/ }).waitFor();
  await page.getByRole('gridcell').first().click();
  await page.keyboard.press('Control+C');
  await page.getByText('Copied', { exact: true }).waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(copied).toBe('2026-10-25T00:30:00Z');

  const linked = await ask(page, aroundTheChange, '&zone=Asia/Tokyo');
  expect(linked[0]).toBe('2026-10-25 09:30:00+09:00');
  await page.goto(`${url}/settings`);
  await page.getByText('Shown, and typed, in Europe/Berlin').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('settings tell what is wrong with the machine, and how to reach what', async () => {
  const options = { bootstrap_servers: '127.0.0.1:1' };
  await helios.call('POST', '/api/v1/connections', { name: 'away', kind: 'kafka', options });
  const { page, context, complaints } = await openPage(browser, 360);
  await page.goto(`${url}/settings`);
  await shown(page);
  const findings = page.locator('.settings-findings > li');
  await findings.filter({ hasText: 'hard links' }).waitFor();
  expect(await findings.count()).toBeGreaterThan(9);
  const stamp = page.getByText('As of ');
  const before = await stamp.textContent();
  await page.getByRole('button', { name: 'Examine again' }).click();
  await expect.poll(() => stamp.textContent()).not.toBe(before);
  expect(await axeFindings(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);

  await page.getByRole('button', { name: 'Test away' }).click();
  await page.getByText('✗').or(page.getByText('✕')).first().waitFor();
  await page.getByRole('button', { name: 'Delete … away' }).click();
  await page.getByLabel('Type away to delete it').fill('away');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('None yet.').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('settings have the alerts, and lead to the form of a new one', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  const rule = { share_percent: 2, url: 'env:NOT_SET' };
  await helios.call('PUT', '/api/v1/alerts/loud', rule);
  await page.goto(`${url}/settings`);
  const alerts = page.getByRole('region', { name: 'Alerts' });
  const line = alerts.getByRole('listitem').filter({ hasText: 'loud' });
  await line.getByText('When a pipeline rejects more than 2 %').waitFor();
  await line.getByText('no pipeline yet: nothing is watched').waitFor();
  await line.getByText('Nothing was sent since Helios was started.').waitFor();
  await alerts.getByRole('link', { name: 'New alert' }).click();
  await page.getByRole('dialog', { name: 'New alert' }).waitFor();
  await page.waitForURL(`${url}/quarantine/alerts`);
  expect(await axeFindings(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('the demo shop opens and closes at a click, and not between events of others', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(url);
  await page.getByRole('button', { name: 'Open the demo shop' }).click();
  await page.getByRole('link', { name: 'Its dashboard' }).waitFor();
  await page.getByRole('cell', { name: 'shop_events', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Close the shop' }).click();
  await page.getByText('The demo shop is closed').waitFor();
  expect(complaints).toEqual([]);

  await helios.call('POST', '/api/v1/pipelines', {
    name: 'own',
    sql: `CREATE TABLE own_in (id BIGINT)
        WITH (connector = 'http', stream = 'events', format = 'json');
      CREATE TABLE own WITH (connector = 'delta', path = '${join(directory, 'own')}');
      INSERT INTO own SELECT * FROM own_in;`,
  });
  await page.getByRole('button', { name: 'Open the demo shop' }).click();
  await page.getByText('the pipeline own reads the stream events').waitFor();
  await context.close();
});
