import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { buildConsole, openPage, schemes, shown, startBrowser } from './browser.ts';

/**
 * The pictures of docs/console.md: `npm run pictures` makes them anew, any other run of the tests
 * only sees that they can be made.
 */
const isKept = process.env['HELIOS_PICTURES'] === 'keep';
const kept = join(import.meta.dirname, '..', '..', 'docs', 'pictures');
const waitMs = 60_000;
/** A picture of an empty page is about a fifth of it. */
const byteLengthMin = 25_000;

const sql = `SELECT time_bucket(INTERVAL '10 seconds', timestamp) AS at, type, count(*) AS events
FROM shop_events
GROUP BY ALL
ORDER BY 1`;

type Picture = {
  readonly name: string;
  readonly path: string;
  /** What there must be to look at before the picture is taken, and what text. */
  readonly shows: string;
  readonly text?: RegExp;
};

const pictures: readonly Picture[] = [
  { name: 'home', path: '/', shows: 'table', text: /^\d+\/s$/ },
  { name: 'connect', path: '/connect', shows: 'h1' },
  { name: 'stream', path: '/streams/events', shows: 'table' },
  { name: 'sql', path: `/sql?view=chart&q=${encodeURIComponent(sql)}`, shows: '.cm-content' },
  { name: 'dashboard', path: '/dashboards/shop', shows: 'canvas' },
  { name: 'pipeline', path: '/pipelines/shop?show=epochs', shows: 'tbody tr', text: /hot$/ },
  { name: 'quarantine', path: '/quarantine', shows: 'table' },
];

let directory: string;
let helios: HeliosProcess;
let browser: Browser;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-pictures-'));
  const starting = HeliosProcess.start({
    dataDirectory: join(directory, 'data'),
    options: ['--demo'],
  });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  const enough = isKept ? 3_000 : 500;
  const count = 'SELECT count(*) FROM shop_events';
  await vi.waitUntil(async () => (await helios.queryNumber(count)) >= enough, waitMs);
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test.each(schemes)('there is a picture of each screen, %s', async (scheme) => {
  const folder = isKept ? kept : directory;
  await mkdir(folder, { recursive: true });
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.emulateMedia({ colorScheme: scheme });
  for (const { name, path, shows, text } of pictures) {
    await page.goto((await helios.ready()) + path);
    await shown(page);
    if (name === 'sql') await page.keyboard.press('Control+Enter');
    await page.locator(`#page :is(${shows})`).first().waitFor();
    if (text !== undefined) await page.locator('#page').getByText(text).first().waitFor();
    if (name === 'sql') await page.locator('#page canvas').first().waitFor();
    const picture = await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
    expect(picture.byteLength, name).toBeGreaterThan(byteLengthMin);
  }
  expect(complaints).toEqual([]);
  await context.close();
});
