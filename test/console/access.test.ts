import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { axeFindings, buildConsole, openPage, overflow, shown, startBrowser } from './browser.ts';

const adminToken = 'a-token-for-tests-that-nobody-could-guess';

let directory: string;
let helios: HeliosProcess;
let browser: Browser;
let url: string;

beforeAll(async () => {
  buildConsole();
  directory = await mkdtemp(join(tmpdir(), 'helios-access-'));
  const file = join(directory, 'admin-token');
  await writeFile(file, adminToken);
  const starting = HeliosProcess.start({
    dataDirectory: join(directory, 'data'),
    options: ['--require-token', '--admin-token', `file:${file}`],
  });
  [helios, browser] = await Promise.all([starting, startBrowser()]);
  url = await helios.ready();
});

afterAll(async () => {
  await browser?.close();
  await helios?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function asAdmin<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await helios.request(path, {
    method,
    headers: {
      authorization: `Bearer ${adminToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.ok, path).toBe(true);
  return (await response.json()) as T;
}

async function newToken(name: string, scope: string): Promise<string> {
  const body = { name, scopes: [scope] };
  return (await asAdmin<{ token: string }>('POST', '/api/v1/tokens', body)).token;
}

async function revoke(name: string): Promise<void> {
  await asAdmin('DELETE', `/api/v1/tokens/${name}`);
}

function signInForm(page: Page, title = 'Sign in'): Locator {
  return page.getByRole('dialog', { name: title, exact: true });
}

async function signIn(page: Page, token: string, title?: string): Promise<void> {
  const form = signInForm(page, title);
  await form.getByLabel('Token').fill(token);
  await form.getByRole('button', { name: 'Sign in' }).click();
  await form.waitFor({ state: 'detached' });
}

/** A page of somebody who is signed in. The browser tells of each 401 itself. */
async function opened(
  scope: string,
  path: string,
  width = 1440,
): Promise<{ page: Page; context: BrowserContext; name: string; complaints: () => string[] }> {
  const { page, context, complaints } = await openPage(browser, width);
  const name = `for-${scope}${path}`.replaceAll(/[:/]/g, '-');
  const token = await newToken(name, scope);
  await page.goto(url + path);
  await signIn(page, token);
  await shown(page);
  const others = (): string[] => complaints.filter((text) => !text.includes('status of 40'));
  return { page, context, name, complaints: others };
}

test('a link opens the console once, and leaves the address at once', async () => {
  const { page, context, complaints } = await openPage(browser, 1440);
  const link = await asAdmin<{ url: string }>('POST', '/api/v1/login-links');
  expect(link.url).toMatch(/\/login#t=./);
  await page.goto(link.url);
  await page.getByRole('button', { name: 'Signed in as admin-token' }).waitFor();
  expect(page.url()).toBe(`${url}/`);
  expect(complaints).toEqual([]);
  await page.goto('about:blank');
  await page.goto(link.url);
  await page.getByText('This link was used already, or has expired.').waitFor();
  expect(page.url()).toBe(`${url}/login`);
  await page.getByRole('heading', { name: 'You are signed in as admin-token' }).waitFor();
  await context.close();
});

test('a token opens the page that one came for; another one is refused in words', async () => {
  const { page, context } = await openPage(browser, 360);
  await page.goto(`${url}/settings`);
  const form = signInForm(page);
  await form.waitFor();
  expect(await axeFindings(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await form.getByLabel('Token').fill('hls_wrong');
  await page.keyboard.press('Enter');
  await form.getByText('This token is not known').waitFor();
  expect(await page.getByRole('heading', { name: 'Settings' }).count()).toBe(0);
  await form.getByLabel('Token').fill(adminToken);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);
  await context.close();
});

test('what was typed outlives the session, and is sent once one is back', async () => {
  const { page, context, name, complaints } = await opened('admin', '/streams');
  await page.getByRole('button', { name: 'New stream' }).click();
  const stream = page.getByRole('dialog', { name: 'New stream' });
  await stream.getByLabel('Name').fill('kept');
  await revoke(name);
  const ended = 'Your session has ended';
  await signInForm(page, ended).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+K');
  expect(await page.getByRole('listbox').count()).toBe(0);
  await signIn(page, await newToken(name, 'admin'), ended);
  expect(await stream.getByLabel('Name').inputValue()).toBe('kept');
  await stream.getByRole('button', { name: 'Create stream' }).click();
  await page.waitForURL('**/streams/kept');
  // The socket is back, too: it tells of each event.
  const body = '{"arrived": "by itself"}';
  const headers = { authorization: `Bearer ${await newToken('sender', 'ingest:kept')}` };
  await helios.request('/ingest/kept', { method: 'POST', body, headers });
  await page.getByText('by itself').first().waitFor();
  await page.getByText('Helios does not answer').waitFor({ state: 'detached' });
  expect(complaints()).toEqual([]);
  await context.close();
});

test('whoever comes after a session has ended sees nothing of what was shown', async () => {
  const { page, context, name } = await opened('console', '/streams');
  await page.evaluate('window.isOfTheFirst = true');
  await revoke(name);
  const ended = 'Your session has ended';
  await signInForm(page, ended).waitFor();
  const form = signInForm(page, ended);
  await form.getByLabel('Token').fill(await newToken('the-next', 'read-only'));
  await form.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Signed in as the-next' }).waitFor();
  expect(await page.evaluate('window.isOfTheFirst')).toBeUndefined();
  await context.close();
});

test('who only reads finds no control that is refused, and why', async () => {
  const { page, context, complaints } = await opened('read-only', '/streams');
  for (const [path, controls, what] of [
    ['/streams', ['New stream'], 'Making streams'],
    ['/streams/events', ['Change', 'Delete'], 'Changing a stream'],
    ['/pipelines', ['New pipeline'], 'Making and changing pipelines'],
    ['/pipelines/new', ['Create pipeline'], 'Making pipelines'],
    ['/connect', ['Next'], 'Connecting streams'],
    ['/dashboards', ['Import a file'], 'Making and changing dashboards'],
    ['/settings', ['Connect a stream', 'New token …'], 'Making, testing and deleting connections'],
  ] as const) {
    await page.goto(url + path);
    await page
      .getByText(`${what} needs the scope`)
      .or(page.getByText(`${what}, and`))
      .waitFor();
    for (const name of controls) {
      const wanted = { name, exact: true };
      const control = page.getByRole('button', wanted).or(page.getByRole('link', wanted));
      expect(await control.count(), `${path}: ${name}`).toBe(0);
    }
  }
  await page.goto(`${url}/sql?q=select%2042%20as%20answer`);
  await page.getByRole('gridcell', { name: '42' }).waitFor();
  const save = page.getByRole('button', { name: 'Save', exact: true });
  expect(await save.isDisabled()).toBe(true);
  expect(await save.getAttribute('title')).toBe('Saving takes the scope console or admin');
  expect(complaints()).toEqual([]);
  await context.close();
});

test('a token of a program opens no page, and says which would', async () => {
  const { page, context } = await opened('query:orders', '/');
  await page.getByRole('heading', { name: 'This token doesn’t open the console' }).waitFor();
  await page.getByText('which may do query:orders').waitFor();
  await context.close();
});

test('admins make tokens, see each once, and revoke them', async () => {
  const { page, context, complaints } = await opened('admin', '/settings', 360);
  await page.getByRole('button', { name: 'New token …' }).click();
  const form = page.getByRole('dialog', { name: 'New token' });
  await form.getByLabel('Name', { exact: true }).fill('site');
  await form.getByText('send to these streams').click();
  await form.getByLabel('Name of the stream').fill('clicks');
  await form.getByLabel('Web pages that may post with it').fill('https://shop.example/');
  expect(await axeFindings(page)).toEqual([]);
  await form.getByRole('button', { name: 'Create token' }).click();
  const made = page.getByRole('dialog', { name: 'The token site' });
  const token = await made.locator('pre').first().textContent();
  expect(token).toMatch(/^hls_[\da-f]{10}_/);
  await made.getByText(`navigator.sendBeacon('${url}/ingest/clicks?token=${token}'`).waitFor();
  await made.getByRole('button', { name: 'I have it' }).click();
  const row = page.getByRole('row', { name: /^site/ });
  await row.getByText('ingest:clicks').waitFor();
  expect(await page.content()).not.toContain(token);
  expect(await axeFindings(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);
  await row.getByRole('button', { name: 'Revoke … site' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke site?' });
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
  await row.waitFor({ state: 'detached' });
  expect(complaints()).toEqual([]);
  await context.close();
});

test('a page of a site that a token serves sends events, also while it is left', async () => {
  const site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<title>A shop</title>');
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const body = { name: 'shop', scopes: ['ingest:events'], origins: [origin] };
  const { token } = await asAdmin<{ token: string }>('POST', '/api/v1/tokens', body);
  const { page, context, complaints } = await openPage(browser, 1440);
  await page.goto(origin);
  const ingest = `${url}/ingest/events`;
  const answer = await page.evaluate<string>(`fetch('${ingest}', {
    method: 'POST', headers: { authorization: 'Bearer ${token}' }, body: '{"by": "fetch"}',
  }).then((response) => response.text())`);
  expect(answer).toBe('ok');
  await page.evaluate(`addEventListener('pagehide', () =>
    navigator.sendBeacon('${ingest}?token=${token}', '{"by": "beacon"}'))`);
  await page.goto('about:blank');
  const records = (): Promise<unknown> => asAdmin('GET', '/api/v1/streams/events/records?count=10');
  const isThere = async (): Promise<boolean> => {
    const text = JSON.stringify(await records());
    return text.includes('fetch') && text.includes('beacon');
  };
  await expect.poll(isThere, { timeout: 30_000 }).toBe(true);
  expect(complaints).toEqual([]);
  await context.close();
  site.close();
});

test('who signs out is out in all windows', async () => {
  const { page, context, name } = await opened('console', '/tables');
  const other = await context.newPage();
  await other.goto(`${url}/streams`);
  await shown(other);
  await page.getByRole('button', { name: `Signed in as ${name}` }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signInForm(page).waitFor();
  expect(page.url()).toBe(`${url}/login`);
  expect(await context.cookies()).toEqual([]);
  await signInForm(other, 'Your session has ended').waitFor();
  await context.close();
});

test('too many wrong tokens have to wait, and a right one does not', async () => {
  const { page, context } = await openPage(browser, 1440);
  await page.goto(url);
  const form = signInForm(page);
  await form.waitFor();
  const attempt = async (): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', headers, body: '{"token": "hls_wrong"}' };
    return (await helios.request('/api/v1/session', options)).status;
  };
  for (let status = 401; status === 401;) status = await attempt();
  await form.getByLabel('Token').fill('hls_wrong');
  await page.keyboard.press('Enter');
  await form.getByText('There were too many attempts with wrong credentials.').waitFor();
  await signIn(page, adminToken);
  await context.close();
});
