import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConsoleFiles } from '../console-files.ts';
import { json, TestServer } from '../testing/test-server.ts';

const script = 'export const answer = 42;';
const page = '<!doctype html><title>Console</title>';

let directory: string;
let files: ConsoleFiles | undefined;
let server: TestServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-console-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), page);
  await writeFile(join(directory, 'assets', 'app-1.js'), script);
  await writeFile(join(directory, 'assets', 'app-1.js.br'), brotliCompressSync(script));
  await writeFile(join(directory, 'assets', 'sun-1.svg'), '<svg/>');
  files = await ConsoleFiles.read(directory);
  server = await TestServer.start({ console: files });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test.each(['/', '/?a=b', '/tables', '/tables/', '/tables/a%2Fb', '/tables/a/files?x=1'])(
  '%s is the page, asked for anew each time',
  async (path) => {
    const { status, headers, text } = await server.send('GET', path, {});
    expect([status, text]).toEqual([200, page]);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-cache');
  },
);

test('the page takes code and styles from this server alone', async () => {
  const policy = String((await server.send('GET', '/', {})).headers['content-security-policy']);
  expect(policy.split('; ')).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ]),
  );
  expect(policy).not.toContain('unsafe');
});

test('files are kept for ever, under names with a checksum', async () => {
  const { status, headers, text } = await server.send('GET', '/assets/app-1.js', {});
  expect([status, text]).toEqual([200, script]);
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
  });
});

test.each([
  ['br', 'br'],
  ['gzip, deflate, br;q=0.9', 'br'],
  ['gzip', undefined],
  ['', undefined],
  ['breadth', undefined],
])('with Accept-Encoding %j a file comes as %j', async (accepted, encoding) => {
  const headers = { 'accept-encoding': accepted };
  const response = await fetch(`${server.url}/assets/app-1.js`, { headers });
  expect(response.headers.get('content-encoding') ?? undefined).toBe(encoding);
  expect(await response.text()).toBe(script);
  const picture = await server.send('GET', '/assets/sun-1.svg', { headers });
  expect([picture.headers['content-encoding'], picture.text]).toEqual([undefined, '<svg/>']);
});

test.each(['/', '/tables', '/assets/app-1.js'])('%s is not sent twice', async (path) => {
  const first = await server.send('GET', path, {});
  const headers = { 'if-none-match': String(first.headers.etag) };
  const again = await server.send('GET', path, { headers });
  expect([again.status, again.text]).toEqual([304, '']);
  expect(again.headers).toMatchObject({
    etag: first.headers.etag,
    'cache-control': first.headers['cache-control'],
  });
  const other = await server.send('GET', path, { headers: { 'if-none-match': '"older"' } });
  expect(other.status).toBe(200);
});

describe('what is not there', () => {
  test.each([
    '/assets/app-2.js',
    '/assets/app-1.js.br',
    '/assets/',
    '/assets/..%2Findex.html',
    '/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '/assets/../../etc/passwd',
    '/assets/..%5c..%5cindex.html',
    '/assets/app-1.js%00.svg',
    '/index.html/../../catalog.db',
    '/catalog.db',
  ])('%s is an error in JSON, for programs', async (path) => {
    const answer = await server.send('GET', path, {});
    expect([answer.status, json(answer)]).toMatchObject([404, { error: { code: 'not_found' } }]);
  });

  test('a missing file is never kept', async () => {
    const { headers } = await server.send('GET', '/assets/app-2.js', {});
    expect(headers['cache-control'] ?? '').not.toContain('immutable');
  });

  test.each([
    ['GET', '/no/such/page', 'text/html,*/*;q=0.8', page],
    ['GET', '/no/such/page', 'application/json', undefined],
    ['GET', '/api/v1/nothing', 'text/html', undefined],
    ['GET', '/assets/app-2.js', 'text/html', undefined],
    ['POST', '/no/such/page', 'text/html', undefined],
  ])('%s %s for %s', async (method, path, accept, expected) => {
    const answer = await server.send(method, path, { headers: { accept } });
    expect(answer.status).toBe(404);
    if (expected === undefined) expect(json(answer)).toMatchObject({ error: {} });
    else expect(answer.text).toBe(expected);
  });
});

test('pages come before Helios is ready: they wait for it in words', async () => {
  await using starting = await TestServer.start({ console: files, isReady: () => false });
  for (const path of ['/', '/tables', '/assets/app-1.js']) {
    expect((await starting.send('GET', path, {})).status).toBe(200);
  }
  expect((await starting.send('GET', '/api/v1/tables', {})).status).toBe(503);
});

test('without a built console / says how to do without, and pages are not there', async () => {
  await using bare = await TestServer.start();
  const { status, headers, text } = await bare.send('GET', '/', {});
  expect(status).toBe(200);
  expect(headers['content-security-policy']).not.toContain('script-src');
  expect(text).toContain(`curl ${bare.url}/ingest`);
  const accept = { accept: 'text/html' };
  expect((await bare.send('GET', '/tables', { headers: accept })).status).toBe(404);
});
