import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import {
  axeFindings,
  buildConsole,
  openPage,
  overflow,
  schemes,
  shown,
  startBrowser,
  widths,
} from './browser.ts';

/** Loads a picture that isn't there, and runs a script, where it is taken for HTML. */
const hostile = `<img src=x onerror="alert(1)">&amp;<b>😀${'long '.repeat(40)}`;

const waitMs = 30_000;

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-pages-'));
  const starting = HeliosProcess.start({
    dataDirectory: join(directory, 'data'),
    options: ['--demo'],
  });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  url = await helios.ready();
  await attachHostileTable();
  const body = JSON.stringify({ hostile });
  await helios.request('/ingest?wait=queryable', { method: 'POST', body });
  await vi.waitUntil(() => helios.queryNumber(rejectedCount), waitMs);
  await vi.waitUntil(() => helios.queryNumber('SELECT count(*) FROM shop_events'), waitMs);
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const rejectedCount = `SELECT count(*) FROM quarantine WHERE raw_text LIKE '%onerror%'`;

async function attachHostileTable(): Promise<void> {
  const folder = join(directory, 'hostile');
  await mkdir(folder);
  const cell = `"${hostile.replaceAll('"', '""')}"`;
  await writeFile(join(folder, 'rows.csv'), `${cell},n\n${cell},1\n${cell},2\n`);
  await helios.call('POST', '/api/v1/tables', { name: 'hostile', path: folder });
}

/**
 * Looks at every page of the navigation, at the first place below it that it links to, and at the
 * tabs of each.
 */
async function lookEverywhere(page: Page, look: (path: string) => Promise<void>): Promise<number> {
  const paths = ['/', '/tables/hostile'];
  for (const path of paths) {
    await page.goto(url + path);
    await shown(page);
    const linked = await linksOf(page, '#page');
    const below = linked.find((found) => isBelow(found) && !isLookedAt(found, paths));
    const tabs = await linksOf(page, '#page nav');
    const pages = [...(await linksOf(page, '.frame-nav')), ...linked.filter(isPage)];
    const found = [...pages, ...(below === undefined ? [] : [below]), ...tabs];
    for (const one of found) if (!paths.includes(one)) paths.push(one);
    await look(path);
  }
  return paths.length;
}

async function linksOf(page: Page, within: string): Promise<readonly string[]> {
  return await page.evaluate<readonly string[]>(
    `[...new Set([...document.querySelectorAll('${within} a[href^="/"]')]
      .map((link) => link.pathname + link.search)
      .filter((path) => !/^\\/(api|metrics|healthz)/.test(path)))]`,
  );
}

/** Some pages are not in the navigation. */
function isPage(path: string): boolean {
  return /^\/[\w-]+$/.test(path);
}

function isBelow(path: string): boolean {
  return path.split('/').length > 2;
}

/** Whether a place of the same kind is among the paths; the hostile table is not like others. */
function isLookedAt(path: string, paths: readonly string[]): boolean {
  const kind = path.split('/')[1];
  return paths.some(
    (one) => isBelow(one) && !one.startsWith('/tables/hostile') && one.split('/')[1] === kind,
  );
}

test.each(widths)('every page is sound at %i px in both themes', async (width) => {
  const { page, context, complaints } = await openPage(browser, width);
  const problems: string[] = [];
  const pageCount = await lookEverywhere(page, async (path) => {
    for (const scheme of schemes) {
      await page.emulateMedia({ colorScheme: scheme });
      const found = [...complaints.splice(0), ...(await axeFindings(page))];
      const pixels = await overflow(page);
      if (pixels > 0) found.push(`is ${pixels} px too wide`);
      problems.push(...found.map((problem) => `${path} ${scheme}: ${problem}`));
    }
    if ((await page.locator('img[src=x]').count()) > 0) problems.push(`${path} shows HTML`);
  });
  expect(problems).toEqual([]);
  expect(pageCount).toBeGreaterThan(2);
  await context.close();
});

test('what looks like HTML is text', async () => {
  const { page, context } = await openPage(browser, 1440);
  await page.goto(`${url}/tables/hostile?tab=sample`);
  await shown(page);
  await page.getByRole('columnheader', { name: '<img src=x' }).waitFor();
  expect(await page.getByRole('cell', { name: '&amp;<b>😀' }).count()).toBe(2);
  await context.close();
});
