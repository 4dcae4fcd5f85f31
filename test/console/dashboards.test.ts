import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { axeFindings, buildConsole, openPage, schemes, shown, startBrowser } from './browser.ts';

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-dashboards-'));
  const starting = HeliosProcess.start({ dataDirectory: join(directory, 'data') });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  url = await helios.ready();
  await helios.call('POST', '/api/v1/pipelines', {
    name: 'clicks',
    sql: `CREATE TABLE sent (time TIMESTAMPTZ, what TEXT) WITH (connector = 'http', stream = 'sent', format = 'json');
      CREATE TABLE clicks WITH (connector = 'delta', path = '${join(directory, 'clicks')}');
      INSERT INTO clicks SELECT * FROM sent;`,
  });
  for (const minute of ['00', '10', '20', '30']) await send(`2026-01-31T08:${minute}:00Z`);
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function send(time: string): Promise<void> {
  const body = JSON.stringify({ time, what: '<b>click</b>' });
  await helios.request('/ingest/sent?wait=queryable', { method: 'POST', body });
}

const place = { x: 0, y: 0, width: 6, height: 4 };
const counted = 'select count(*) as clicks from clicks';
const drawn = `select time, count(*) as n from clicks
  where time between '2026-01-31' and '2026-02-01' group by time order by time`;

async function put(name: string, body: object): Promise<void> {
  await helios.request(`/api/v1/library/dashboards/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify(body),
  });
}

async function addPanel(page: Page, title: string, sql: string, kind: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a panel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill(title);
  await dialog.locator('.cm-content').click();
  await page.keyboard.insertText(sql);
  // What is offered for completion closes with the field.
  await dialog.getByLabel('Shown as').focus();
  await dialog.getByLabel('Shown as').selectOption(kind);
  await dialog.getByRole('button', { name: 'Take it' }).click();
  await dialog.waitFor({ state: 'detached' });
}

function panelOf(page: Page, title: string): Locator {
  return page
    .locator('article')
    .filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}

/** Where a panel was said to be after a key. */
async function said(page: Page, text: string): Promise<void> {
  await page.locator('[aria-live=polite]').filter({ hasText: text }).first().waitFor();
}

async function axeInBothThemes(page: Page): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    findings.push(...(await axeFindings(page)));
  }
  return findings;
}

test('a dashboard is made, arranged by keys alone, and stays fresh', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/dashboards`);
  await shown(page);
  await page.getByLabel('Name of a new dashboard').fill('team/clicks 😀');
  await page.keyboard.press('Enter');
  await addPanel(page, 'How many', counted, 'number');
  await addPanel(page, 'When', drawn, 'line');
  await addPanel(page, 'Broken', 'select 1 from nowhere', 'table');
  await panelOf(page, 'How many').getByText('4', { exact: true }).waitFor();
  await panelOf(page, 'Broken').getByText('nowhere').first().waitFor();

  await page.getByRole('button', { name: 'Move How many by the arrow keys' }).focus();
  await page.keyboard.press('ArrowDown');
  await said(page, 'How many: column 1, row 5, 6 wide, 4 high');
  await page.getByRole('button', { name: 'Size of When by the arrow keys' }).focus();
  await page.keyboard.press('ArrowLeft');
  await said(page, 'When: column 7, row 1, 5 wide, 4 high');
  expect(await axeInBothThemes(page)).toEqual([]);

  await page.reload();
  await page.getByText('Changes are kept in this browser').waitFor();
  await page.getByRole('button', { name: 'Edit How many' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Something else');
  await page.keyboard.press('Escape');
  await dialog.getByText('What you typed is not taken yet').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Save', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Edit', exact: true }).waitFor();
  await send('2026-03-01T00:00:00Z');
  const number = panelOf(page, 'How many');
  await number.getByText('5', { exact: true }).waitFor();
  expect(await number.getByText(/^newest event/).count()).toBe(1);
  expect(await axeInBothThemes(page)).toEqual([]);
  // The broken panel's answers are what the browser tells of.
  expect(complaints.filter((one) => !one.includes('status of 400'))).toEqual([]);
  await context.close();
});

test('a drag over a chart is the time range of all panels, and a step to go back', async () => {
  const times = 'select $from::timestamptz as begins';
  await put('range', {
    last: '7d',
    panels: [
      { ...place, id: 'a', title: 'When', kind: 'line', source: { sql: drawn } },
      { ...place, id: 'b', x: 6, title: 'Begins', kind: 'table', source: { sql: times } },
    ],
  });
  const { page, context } = await openPage(browser, 1440);
  await page.goto(`${url}/dashboards/range`);
  const box = await page.locator('.u-over').boundingBox();
  if (box === null) throw new Error('There is no chart.');
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.25, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, middle, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=2026-01-31T08%3A0[78].*to=2026-01-31T08%3A2[23]/);
  await panelOf(page, 'Begins')
    .getByText(/2026-01-31 08:0[78]/)
    .waitFor();
  await page.goBack();
  await page.waitForURL((address) => address.search === '');
  await page.goForward();
  await page.getByRole('button', { name: 'Back to the last 7 days' }).click();
  await page.waitForURL((address) => address.search === '');

  await page.getByRole('button', { name: 'Full screen' }).click();
  await page.waitForURL(/full=1/);
  await page.keyboard.press('Escape');
  await page.waitForURL((address) => address.search === '');
  await context.close();
});

test('five viewers share one query a panel', async () => {
  // A tick of a day: every viewer comes within one.
  const panels = [0, 1].map((at) => ({
    ...{ ...place, x: at * 6, id: `p${at}`, title: `Panel ${at}`, kind: 'number' },
    source: { sql: `${counted} -- shared ${at}` },
  }));
  await put('shared', { refresh_ms: 86_400_000, panels });
  const { page, context } = await openPage(browser, 1440);
  const viewers = [page, ...(await Promise.all([1, 2, 3, 4].map(() => context.newPage())))];
  await Promise.all(viewers.map((viewer) => viewer.goto(`${url}/dashboards/shared`)));
  for (const viewer of viewers) {
    for (const at of [0, 1]) {
      await panelOf(viewer, `Panel ${at}`).locator('.value').waitFor();
    }
  }
  const executed = await helios.query(
    `SELECT sql, count(*) FROM helios.queries WHERE sql LIKE '%clicks -- shared _' GROUP BY sql`,
  );
  expect(executed.rows.map(([, times]) => Number(times))).toEqual([1, 1]);
  await context.close();
});

async function exported(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export' }).click(),
  ]);
  return await readFile(await download.path(), 'utf8');
}

/** Opens the dialog, and gives it a file. */
async function chooseFile(page: Page, text: string): Promise<Locator> {
  const file = join(directory, 'board.yaml');
  await writeFile(file, text);
  await page.goto(`${url}/dashboards`);
  await page.getByRole('button', { name: 'Import a file' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('File').setInputFiles(file);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  return dialog;
}

test('a dashboard travels as a file, and replaces nothing unasked', async () => {
  await put('travels', {
    panels: [{ ...place, id: 'a', title: 'Before', kind: 'number', source: { sql: counted } }],
  });
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(`${url}/dashboards/travels`);
  const text = await exported(page);
  expect(text).toContain('dashboard: travels\npanels:\n  - id: a\n    title: Before\n');

  const wrong = await chooseFile(page, text.replace('kind: number', 'kind: pie'));
  await wrong.getByText('Line 5, column 11: panels[0].kind must be one of').waitFor();
  expect(await axeInBothThemes(page)).toEqual([]);

  const other = await chooseFile(page, text.replace('Before', 'After'));
  await other.getByText('There already, and not as in the file').waitFor();
  expect(await axeInBothThemes(page)).toEqual([]);
  await other.getByLabel('Name').fill('copied');
  await other.getByRole('button', { name: 'Import', exact: true }).click();
  await page.waitForURL('**/dashboards/copied');
  await panelOf(page, 'After').waitFor();

  const same = await chooseFile(page, text.replace('Before', 'After'));
  await same.getByRole('button', { name: 'Replace it' }).click();
  await page.waitForURL('**/dashboards/travels');
  await panelOf(page, 'After').waitFor();
  expect(complaints.filter((one) => !/status of 4(00|09)/.test(one))).toEqual([]);
  await context.close();
});

async function openEditor(context: BrowserContext, name: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/dashboards/${name}?edit=1`);
  await page.getByRole('button', { name: 'Add a panel' }).waitFor();
  return page;
}

test('changes in two tabs, and of somebody else, are never lost silently', async () => {
  const one = { ...place, id: 'a', title: 'Ours', kind: 'number', source: { sql: counted } };
  await put('both', { panels: [one] });
  const context = await browser.newContext();
  const [first, second] = [await openEditor(context, 'both'), await openEditor(context, 'both')];
  await addPanel(first, 'First', counted, 'number');
  // The other tab has no changes of its own: it goes on with these.
  await panelOf(second, 'First').waitFor();
  await addPanel(second, 'Second', counted, 'number');
  const notice = first.getByText('Another tab of this browser has other changes');
  await notice.waitFor();
  expect(await first.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true);
  await first.getByRole('button', { name: 'Take that tab’s' }).click();
  await panelOf(first, 'Second').waitFor();
  await notice.waitFor({ state: 'detached' });

  await put('both', { panels: [{ ...one, title: 'Theirs' }] });
  // The page may have seen it already: then this does nothing.
  const save = first.getByRole('button', { name: 'Save', exact: true });
  await save.evaluate((button: { readonly click: () => void }) => button.click());
  await first.getByText('Somebody else has saved this dashboard').waitFor();
  const { panels } = await helios.call<{ panels: { title: string }[] }>(
    'GET',
    '/api/v1/library/dashboards/both',
  );
  expect(panels.map(({ title }) => title)).toEqual(['Theirs']);
  await first.getByRole('button', { name: 'Save mine over it' }).click();
  await first.getByRole('button', { name: 'Edit', exact: true }).waitFor();
  const saved = async (): Promise<readonly string[]> => {
    const document = await helios.call<{ panels: { title: string }[] }>(
      'GET',
      '/api/v1/library/dashboards/both',
    );
    return document.panels.map(({ title }) => title).toSorted();
  };
  await vi.waitUntil(async () => (await saved()).length === 3);
  expect(await saved()).toEqual(['First', 'Ours', 'Second']);
  await context.close();
});
