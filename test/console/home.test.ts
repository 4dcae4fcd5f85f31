import { mkdtemp, rm } from 'node:fs/promises';
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

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-home-'));
  const starting = HeliosProcess.start({ dataDirectory: join(directory, 'data') });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  url = await helios.ready();
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const makesTable = `CREATE TABLE letters_in (letter TEXT, size INT)
    WITH (connector = 'http', stream = 'events', format = 'json');
  CREATE TABLE letters WITH (connector = 'delta', path = 'LETTERS');
  INSERT INTO letters SELECT * FROM letters_in;`;

test('an empty Helios leads to the first event, and from there to an answer', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(url);
  await shown(page);
  expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toHaveLength(3);
  expect(await axeFindings(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await page.setViewportSize({ width: 1440, height: 900 });

  const first = page.getByRole('status').filter({ hasText: 'Waiting for the first event' });
  await first.waitFor();
  const body = JSON.stringify({ letter: '<b>a</b>', size: 1 });
  await helios.request('/ingest', { method: 'POST', body });
  await page.getByText(body).waitFor();

  const sql = makesTable.replace('LETTERS', join(directory, 'letters'));
  await helios.call('POST', '/api/v1/pipelines', { name: 'letters', sql });
  await page.getByRole('cell', { name: 'letters', exact: true }).first().waitFor();
  await page
    .getByRole('link', { name: 'What came into letters last?' })
    .or(page.getByRole('link', { name: 'What is in letters?' }))
    .click();
  await page.waitForURL('**/sql?**');
  expect(complaints).toEqual([]);
  await context.close();
});
