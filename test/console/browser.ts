import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const root = join(import.meta.dirname, '..', '..');
const executablePath = '/usr/bin/chromium';
const chromiumOptions = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A machine that is busy with other tests is slow; what never comes fails by this. */
const waitMsMax = 60_000;

export type Scheme = 'light' | 'dark';
export const schemes: readonly Scheme[] = ['light', 'dark'];
/** A desk and a phone. */
export const widths: readonly number[] = [1440, 360];

/** Debian's Chromium; fails with what to do where it is missing. */
export async function startBrowser(): Promise<Browser> {
  if (!existsSync(executablePath)) {
    throw new Error(`The console's tests need ${executablePath}: apt-get install chromium`);
  }
  return await chromium.launch({ executablePath, args: chromiumOptions });
}

/** The console of this tree in dist/console: built unless it is newer than its source. */
export function buildConsole(): void {
  const program = join(root, 'scripts', 'build-console.ts');
  const outcome = spawnSync(process.execPath, [program, '--if-older'], { encoding: 'utf8' });
  if (outcome.status !== 0) throw new Error(`The console can't be built:\n${outcome.stderr}`);
}

/** A page, and all that it complains about: errors, what the policy refuses, failed loads. */
export async function openPage(
  browser: Browser,
  width: number,
): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width, height: width < 720 ? 740 : 900 },
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(waitMsMax);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  return { page, context, complaints };
}

/** Waits until the page of a place is shown, with what it asked the server for. */
export async function shown(page: Page): Promise<void> {
  await page.locator('#page :is(h1, h2)').first().waitFor();
  await page.locator('#page:not(:has([aria-busy=true]))').waitFor();
}

/** How many pixels stick out of the window, or of the page within its frame. */
export async function overflow(page: Page): Promise<number> {
  return await page.evaluate<number>(`Math.max(...['html', '#page'].map((name) => {
    const element = document.querySelector(name);
    return element.scrollWidth - element.clientWidth;
  }))`);
}

/** What axe finds against the page as it is now: the rule, the element, and why. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  const hasAxe = await page.evaluate<boolean>(`'axe' in window`);
  if (!hasAxe) await page.evaluate(axe.source);
  return await page.evaluate<readonly string[]>(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + failureSummary)))`);
}
