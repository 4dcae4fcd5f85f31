/**
 * The built console in Chromium against a real server: how soon it is there, and how many frames a
 * second it draws while records stream in and while results are scrolled. Server, producer and
 * browser share the machine, and the browser draws without a graphics card.
 */
import type { Browser, Page } from 'playwright-core';
import { buildConsole, startBrowser } from '../test/console/browser.ts';
import { shellFiles } from '../test/console/shell-files.ts';
import { HeliosProcess } from '../test/process/helios-process.ts';
import { firstMs, type Frames, framesOf, noteFirst, View } from './console-frames.ts';
import { postedEvents, shopEventsFile } from './data.ts';
import { createPipeline, load, untilAtLeast } from './helios.ts';
import { median, milliseconds, report, say, thousands } from './measurement.ts';
import { readSettings, scaled } from './settings.ts';
import { Workspace } from './workspace.ts';

const settings = readSettings();
const rounds = settings.rounds ?? 5;
const watchMs = scaled(settings, 10_000, 1_000);
const tailRate = 5_000;
const gridRows = scaled(settings, 1_000_000, 10_000);
const gridColumns = 500;
const points = scaled(settings, 100_000, 1_000);
const goal = { framesPerSecond: 55, paintMs: 1_000, editorMs: 1_500, shellBytes: 170_000 };
/** Each frame of a scroll goes on by so much: a fast flick. */
const rowsStepPx = 120;
const columnsStepPx = 60;
/** Nothing else is measured beside it. */
const alone = { peer: '', ratio: undefined, isBehindPeer: false };

using workspace = new Workspace('console');
buildConsole();
reportShell();
await using helios = await HeliosProcess.start({ dataDirectory: workspace.inside('data') });
const url = await helios.ready();
await createPipeline(helios, { name: 'events', path: workspace.inside('t'), interval: '1 minute' });
const browser = await startBrowser();
try {
  await measureLoading(browser);
  await measureTail(browser);
  await measureGrid(browser);
  await measureChart(browser);
} finally {
  await browser.close();
}

function reportShell(): void {
  const bytes = shellFiles().reduce((sum, file) => sum + file.gzipBytes, 0);
  report({
    what: 'console: what is loaded before the first page, gzip',
    value: `${(bytes / 1000).toFixed(1)} kB`,
    ...alone,
    goal: '≤ 170 kB',
    isMet: bytes <= goal.shellBytes,
    detail: `${shellFiles().length} files`,
  });
}

async function measureLoading(opened: Browser): Promise<void> {
  // What the person came for, not the frame around it.
  const paint = `document.querySelector('#page:not(:has([aria-busy=true])) :is(h1, h2)')`;
  const editor = `document.querySelector('.sql-editor')?.shadowRoot
    ?.querySelector('.cm-content[contenteditable=true]')`;
  const paintsMs = await loadings(opened, '/', paint);
  const editorsMs = await loadings(opened, '/sql', editor);
  const text = (valuesMs: readonly number[]): string =>
    `${rounds} new profiles; ${milliseconds(Math.max(...valuesMs))} at the most`;
  report({
    what: 'console: first useful paint of Home, nothing cached',
    value: milliseconds(median(paintsMs)),
    ...alone,
    goal: '< 1 s',
    isMet: median(paintsMs) < goal.paintMs,
    detail: text(paintsMs),
  });
  report({
    what: 'console: SQL editor ready, nothing cached',
    value: milliseconds(median(editorsMs)),
    ...alone,
    goal: '< 1.5 s',
    isMet: median(editorsMs) < goal.editorMs,
    detail: text(editorsMs),
  });
}

async function loadings(opened: Browser, path: string, script: string): Promise<number[]> {
  const valuesMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using view = await View.open(opened);
    await noteFirst(view.page, script);
    await view.page.goto(url + path);
    valuesMs.push(await firstMs(view.page));
    say(`${path} after ${milliseconds(valuesMs.at(-1) ?? 0)}`);
  }
  return valuesMs;
}

async function measureTail(opened: Browser): Promise<void> {
  await using view = await View.open(opened);
  const producing = load({
    url: `${url}/ingest/bench`,
    file: await shopEventsFile(postedEvents(100_000)),
    seconds: String(Math.ceil(watchMs / 1000) + 6),
    rate: String(tailRate),
    events: '25',
  });
  await untilAtLeast(helios, 'SELECT count(*) FROM events', { least: tailRate, pauseMs: 200 });
  await view.page.goto(`${url}/streams/bench`);
  // The list is full, and counts, rates and fields have their places.
  await view.page.locator('.tail-text').nth(20).waitFor();
  await view.page.locator('.explore-fields tbody tr').first().waitFor();
  const frames = await framesOf(view.page, { durationMs: watchMs });
  const shown = await view.page.locator('.explore-status').textContent();
  const summary = await producing;
  reportFrames(`console: live tail of ${thousands(tailRate)} events/s`, frames, {
    detail: `${thousands(summary.events / summary.seconds)} events/s came; it says “${shown}”`,
    isStill: true,
  });
}

async function measureGrid(opened: Browser): Promise<void> {
  await using view = await View.open(opened);
  const { page } = view;
  await run(
    page,
    `SELECT i AS id, 'user-' || i AS name, i * 1.5 AS price, i % 7 = 0 AS is_member,
    md5(i::VARCHAR) AS hash FROM range(${gridRows}) AS r(i)`,
  );
  await scrolled(page, `console: results scrolled, ${thousands(gridRows)} rows`, {
    step: `box.scrollTop = (box.scrollTop + ${rowsStepPx}) % (box.scrollHeight - 1000)`,
  });
  const columns = Array.from({ length: gridColumns }, (_, index) => `i+${index} c${index}`);
  await run(page, `SELECT ${columns.join(',')} FROM range(1000) AS r(i)`);
  await scrolled(page, `console: results scrolled, ${gridColumns} columns`, {
    step: `box.scrollLeft = (box.scrollLeft + ${columnsStepPx}) % (box.scrollWidth - 1000)`,
  });
}

async function scrolled(
  page: Page,
  what: string,
  { step }: { readonly step: string },
): Promise<void> {
  const grid = page.locator('[role=grid]');
  const rows = Number(await grid.getAttribute('aria-rowcount')) - 1;
  const columns = await grid.getAttribute('aria-colcount');
  const frames = await framesOf(page, { durationMs: watchMs, selector: '[role=grid]', step });
  const detail = `${thousands(rows)} rows and ${columns} columns in the grid`;
  reportFrames(what, frames, { detail, isStill: false });
}

async function measureChart(opened: Browser): Promise<void> {
  await using view = await View.open(opened);
  const { page } = view;
  await run(page, `SELECT i AS x, sin(i / 500.0) + random() AS y FROM range(${points}) AS r(i)`, {
    view: 'chart',
  });
  const over = page.locator('.u-over');
  await over.waitFor();
  const box = await over.boundingBox();
  if (box === null) throw new Error('there is no chart');
  const watching = framesOf(page, { durationMs: Math.min(watchMs, 3_000) });
  for (let zoom = 0; zoom < 3; zoom++) {
    await page.mouse.move(box.x + box.width * 0.2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2, { steps: 20 });
    await page.mouse.up();
    await over.dblclick();
  }
  const frames = await watching;
  const label = await page.locator('.chart-box').getAttribute('aria-label');
  reportFrames(`console: chart of ${thousands(points)} points, zoomed`, frames, {
    detail: `drags and double clicks; “${label}”`,
    isStill: false,
  });
}

/** Opens a query by a link, and runs it. */
async function run(page: Page, sql: string, { view = 'table' } = {}): Promise<void> {
  await page.goto(`${url}/sql?${new URLSearchParams({ q: sql, view }).toString()}`);
  await page.locator('.cm-content').waitFor();
  await page.locator('.cm-content').press('Control+Enter');
  await page
    .locator(view === 'chart' ? '.chart-box' : '.grid-row')
    .first()
    .waitFor();
}

function reportFrames(
  what: string,
  frames: Frames,
  { detail, isStill }: { readonly detail: string; readonly isStill: boolean },
): void {
  say(`${what}: ${JSON.stringify(frames)}`);
  const isMet = frames.perSecond >= goal.framesPerSecond && !(isStill && frames.shift > 0);
  report({
    what,
    value: `${frames.perSecond.toFixed(1)} frames/s${isStill ? `, shift ${frames.shift}` : ''}`,
    ...alone,
    goal: `≥ ${goal.framesPerSecond} frames/s${isStill ? ', no layout shift' : ''}`,
    isMet: settings.scale < 1 ? undefined : isMet,
    detail:
      `99 of 100 frames within ${milliseconds(frames.intervalMsP99)}, ` +
      `the longest ${milliseconds(frames.intervalMsMax)}; ${detail}`,
  });
}
