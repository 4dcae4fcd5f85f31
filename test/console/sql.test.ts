import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { buildConsole, openPage, startBrowser } from './browser.ts';

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-sql-page-'));
  [helios, browser] = await Promise.all([start(), startBrowser()]);
  url = await helios.ready();
  await helios.call('POST', '/api/v1/pipelines', {
    name: 'orders',
    sql: `CREATE TABLE orders_in (id BIGINT, product TEXT, details JSON)
        WITH (connector = 'http', stream = 'orders', format = 'json');
      CREATE TABLE orders WITH (connector = 'delta', path = '${join(directory, 'orders')}');
      INSERT INTO orders SELECT * FROM orders_in;`,
  });
  await order(1, 'apple', { city: 'Bern' });
  await order(2, 'pear', { city: 'Graz' });
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  ({ page, context, complaints } = await openPage(browser, 1440));
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
});

afterEach(async () => {
  await context.close();
});

async function start(port = 0): Promise<HeliosProcess> {
  const options = ['--port', String(port)];
  return await HeliosProcess.start({ dataDirectory: join(directory, 'data'), options });
}

async function order(id: number, product: string, details: object): Promise<void> {
  const body = JSON.stringify({ id, product, details });
  await helios.request('/ingest/orders?wait=queryable', { method: 'POST', body });
}

function asking(sql: string): string {
  return `${url}/sql?${new URLSearchParams({ q: sql }).toString()}`;
}

/** The first column of the rows that are shown. */
async function firstColumn(): Promise<readonly string[]> {
  return await page.locator('[role=gridcell][aria-colindex="1"]').allInnerTexts();
}

async function save(name: string, folder: string): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByLabel('Folder').fill(folder);
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function typeAtEnd(text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(text);
}

async function savedSql(path: string): Promise<string> {
  const answer = await helios.request(`/api/v1/library/queries/${path}`);
  return ((await answer.json()) as { readonly sql: string }).sql;
}

test('a query is written with completion, run, sorted, filtered and copied', async () => {
  await page.goto(`${url}/sql`);
  const editor = page.getByRole('textbox', { name: 'SQL' });
  await editor.click();
  await page.keyboard.type('select id, o.details. from orders o');
  for (let at = 0; at < ' from orders o'.length; at++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Control+Space');
  await page.getByRole('option', { name: 'city' }).waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => editor.innerText()).toContain(`o.details->>'city'`);
  await page.keyboard.type(' as city, upp');
  await page.getByRole('option', { name: 'upper' }).first().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.type('er(product)');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('gridcell', { name: 'PEAR' }).waitFor();
  const heading = page.getByRole('columnheader', { name: 'id' });
  await heading.click();
  await heading.click();
  await expect.poll(firstColumn).toEqual(['2', '1']);
  await page.getByRole('searchbox', { name: 'Filter the rows' }).fill('graz');
  await expect.poll(firstColumn).toEqual(['2']);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('button', { name: 'CSV', exact: true }).click();
  await page.getByText('Copied 1 rows').waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(copied.trim().split('\n').at(-1)).toBe('2,Graz,PEAR');
});

test('what is typed over a selection takes its place, and the browser has no complaint', async () => {
  await page.goto(`${url}/sql`);
  const editor = page.getByRole('textbox', { name: 'SQL' });
  await editor.click();
  await page.keyboard.type('select 1 as one');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('from orders');
  await page.keyboard.press('Escape');
  for (const _ of 'orders') await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.type('(');
  await expect.poll(() => editor.innerText()).toBe('from (orders)');
  await page.keyboard.press('Control+Z');
  await page.keyboard.press('Control+Z');
  await expect.poll(() => editor.innerText()).toBe('select 1 as one');
  expect(complaints).toEqual([]);
});

test('a query is saved to a folder, is there by its address, and drawn as a chart', async () => {
  await page.goto(asking('select product, count(*) as n from orders group by 1'));
  await page.getByRole('gridcell', { name: 'pear' }).waitFor();
  await page.getByRole('button', { name: 'Chart', exact: true }).click();
  await page.getByRole('region', { name: 'Result' }).locator('canvas, svg.chart').first().waitFor();
  await save('by product', 'shop/counts');
  await page.waitForURL(/saved=shop/);
  const address = page.url();
  const { page: other, context: otherContext } = await openPage(browser, 1440);
  await other.goto(address);
  await other.getByRole('tab', { name: 'by product' }).waitFor();
  await other.getByRole('button', { name: 'Chart', pressed: true }).waitFor();
  await other.keyboard.press('Control+K');
  await other.keyboard.type('counts/by');
  await other.getByRole('option', { name: 'shop/counts/by product' }).waitFor();
  await otherContext.close();
});

test('a saved query that was deleted and brought back is saved from its tab again', async () => {
  await page.goto(asking('select 1 as kept'));
  await save('brought back', '');
  const listed = page.getByRole('complementary', { name: /^Tables, saved queries/ });
  await listed.getByRole('button', { name: 'Saved' }).click();
  await listed.getByRole('button', { name: 'What can be done with brought back' }).click();
  await page.getByRole('button', { name: /^Delete/ }).click();
  await listed.getByText('Deleted brought back').waitFor();
  await listed.getByRole('button', { name: 'Undo' }).click();
  await listed.getByText('Deleted brought back').waitFor({ state: 'detached' });
  await typeAtEnd(', 2 as more');
  await page.keyboard.press('Control+S');
  await expect.poll(() => savedSql('brought%20back')).toBe('select 1 as kept, 2 as more');
  expect(await page.getByRole('dialog').count()).toBe(0);
});

test('who saves over what somebody else has saved is told, and loses nothing', async () => {
  await page.goto(asking('select 1 as mine'));
  await save('shared', '');
  const path = '/api/v1/library/queries/shared';
  await helios.request(path, {
    method: 'PUT',
    body: JSON.stringify({ sql: 'select 2 as theirs' }),
    headers: { 'content-type': 'application/json', 'if-match': '*' },
  });
  await typeAtEnd(', 3 as more');
  await page.keyboard.press('Control+S');
  await page.getByText('was saved by somebody else').waitFor();
  const sqlThere = async (): Promise<string> => await savedSql('shared');
  expect(await sqlThere()).toBe('select 2 as theirs');
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await expect.poll(sqlThere).toBe('select 1 as mine, 3 as more');
  await page.getByText('was saved by somebody else').waitFor({ state: 'detached' });
});

test('a query that is open in two windows is written over in neither', async () => {
  await page.goto(asking('select 1 as one'));
  await page.getByRole('columnheader', { name: 'one' }).waitFor();
  await expect.poll(() => page.evaluate<number>('localStorage.length')).toBeGreaterThan(1);
  const other = await context.newPage();
  await other.goto(`${url}/sql`);
  for (const [window, text] of [
    [other, ', 2 as two'],
    [page, ', 3 as three'],
  ] as const) {
    await window.getByRole('textbox', { name: 'SQL' }).click();
    await window.keyboard.press('Control+End');
    await window.keyboard.type(text);
  }
  const told = /was changed in another window, too|was just changed there/;
  const notices = async (): Promise<number> =>
    (await page.getByText(told).count()) + (await other.getByText(told).count());
  await expect.poll(notices, { timeout: 30_000 }).toBeGreaterThan(0);
});

test('a running query ends when it is cancelled, and the next one runs', async () => {
  await page.goto(`${url}/sql`);
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.type('select count(*) from range(100000000000) where random() > 2');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: /^Cancel/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('cancelled after').waitFor();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(';\nselect 7 as seven');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('columnheader', { name: 'seven' }).waitFor();
});

test('a live query shows what arrives', async () => {
  await page.goto(asking('select count(*) as n from orders'));
  const before = await firstShown();
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await order(3, 'plum', { city: 'Wien' });
  await expect.poll(firstShown, { timeout: 30_000 }).toBe(before + 1);
});

async function firstShown(): Promise<number> {
  return Number(await page.getByRole('gridcell').first().innerText());
}

test('the history has what people asked, and not what pages ask', async () => {
  await page.goto(`${url}/settings`);
  await page.getByText(/^v\d+\.\d+/).waitFor();
  await page.goto(asking(`select 'asked by somebody' as text`));
  await page.getByRole('gridcell').first().waitFor();
  await page.getByRole('button', { name: 'History' }).click();
  const list = page.getByRole('complementary', { name: /^Tables, saved queries/ });
  await list.getByText('asked by somebody').waitFor();
  expect(await list.getByText('version()').count()).toBe(0);
});

test('a browser that keeps nothing is told of, and the work goes on', async () => {
  await page.addInitScript(`Storage.prototype.setItem = () => {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };`);
  await page.goto(`${url}/sql`);
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.type('select 5 as five');
  await page.getByText('This browser keeps no more').waitFor();
  await page.getByRole('link', { name: 'Tables', exact: true }).click();
  await page.getByRole('link', { name: 'SQL', exact: true }).click();
  await expect
    .poll(() => page.getByRole('textbox', { name: 'SQL' }).innerText())
    .toBe('select 5 as five');
});

test('long values and names made of HTML are cut and shown as text', async () => {
  const name = '<img src=x onerror=alert(1)>';
  await page.goto(asking(`select repeat('<b>', 1000000) as "${name}", 2 as n`));
  await page.getByRole('columnheader', { name }).waitFor();
  const cell = page.getByRole('gridcell', { name: '3.0 MB' });
  await cell.dblclick();
  await page.getByText('This is how it begins; it has 3.0 MB').waitFor();
  expect(await page.locator('img[src=x]').count()).toBe(0);
});

test('while Helios is away nothing typed is lost, and the page goes on by itself', async () => {
  await page.goto(asking('select count(*) as n from orders'));
  const before = await firstShown();
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await page.evaluate(`window.isStillTheSame = true`);
  helios.kill('SIGKILL');
  await helios.exited;
  const notice = page.getByText('Helios does not answer; trying again');
  await notice.waitFor();
  expect(await firstShown()).toBe(before);
  await page.getByRole('button', { name: 'New query' }).click();
  const typed = 'select max(id) as newest from orders';
  await typeAtEnd(typed);
  await page.keyboard.press('Control+Enter');
  await page.getByText('Waiting for Helios').waitFor();
  helios = await start(Number(new URL(url).port));
  await notice.waitFor({ state: 'detached' });
  await page.getByRole('columnheader', { name: 'newest' }).waitFor();
  expect(await page.getByRole('textbox', { name: 'SQL' }).innerText()).toBe(typed);
  await page.getByRole('tab', { name: /^select count/ }).click();
  await order(4, 'quince', { city: 'Bonn' });
  await expect.poll(firstShown, { timeout: 30_000 }).toBe(before + 1);
  expect(await page.evaluate<boolean>(`window.isStillTheSame`)).toBe(true);
});
