import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HeliosProcess } from '../process/helios-process.ts';
import { adminToken, codeOf, GuardedHelios } from './guarded-helios.ts';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-access-start-'));
});

afterAll(async () => await rm(directory, { recursive: true, force: true }));

const environment = { GUESSABLE: 'secret', GIVEN_TOKEN: adminToken };

test.each([
  [['--host', '0.0.0.0'], 'no admin has a token', 5],
  [['--public-url', 'https://helios.example'], 'no admin has one', 5],
  [['--require-token'], 'no admin has one', 5],
  [['--require-token', '--admin-token', 'env:GUESSABLE'], 'could be guessed', 3],
  [['--require-token', '--admin-token', 'env:NOT_THERE'], 'NOT_THERE', 3],
  [['--admin-token', 'env:GIVEN_TOKEN', '--origin-secret', 'env:NO_SECRET'], 'NO_SECRET', 3],
  [['--require-token', '--admin-token', 'plain-text-in-argv'], 'reference', 2],
  [['--admin-token', 'env:GIVEN_TOKEN', '--public-url', 'https://h.example/path'], 'address', 2],
])('helios start %j does not', async (options, words, code) => {
  const dataDirectory = join(directory, 'refused');
  await using helios = new HeliosProcess({ dataDirectory, environment, options });
  expect((await helios.exited).code).toBe(code);
  await expect(helios.ready()).rejects.toThrow(words);
});

test('behind a proxy the public name counts, and only what came through it', async () => {
  const options = [
    '--public-url',
    'https://helios.example',
    '--origin-secret',
    'env:ORIGIN_SECRET',
  ];
  await using guarded = await GuardedHelios.start(options);
  const host = { host: 'helios.example', 'x-helios-origin-secret': 'proof-of-the-proxy' };
  const page = await guarded.send('GET', '/', { headers: host });
  expect(page.status).toBe(200);
  const own = {
    headers: { ...host, origin: 'https://helios.example' },
    body: { token: adminToken },
  };
  const { status, headers } = await guarded.send('POST', '/api/v1/session', own);
  expect(status).toBe(200);
  expect(headers['set-cookie']?.[0]).toMatch(/^__Host-helios_session=.*; Secure$/);
  const foreign = { ...own, headers: { ...host, origin: 'https://other.example' } };
  expect((await guarded.send('POST', '/api/v1/session', foreign)).status).toBe(403);
  const elsewhere = { headers: { ...host, host: 'other.example' } };
  expect(codeOf(await guarded.send('GET', '/api/v1/streams', elsewhere))).toBe('misdirected');
  // What the proxy forwards for is who failed attempts count against.
  const attempt = async (address: string): Promise<number> => {
    const forwarded = { ...host, 'x-forwarded-for': `9.9.9.9, ${address}` };
    const asked = { headers: forwarded, token: 'wrong' };
    return (await guarded.send('GET', '/api/v1/streams', asked)).status;
  };
  for (let tried = 0; tried < 10; tried++) expect(await attempt('1.1.1.1')).toBe(401);
  expect(await attempt('1.1.1.1')).toBe(429);
  expect(await attempt('2.2.2.2')).toBe(401);
});

test('a Helios of this machine alone asks for nothing, and believes no token that is wrong', async () => {
  const dataDirectory = join(directory, 'open');
  await using helios = await HeliosProcess.start({ dataDirectory });
  expect(await helios.queryNumber('SELECT 42')).toBe(42);
  const headers = { authorization: 'Bearer hls_wrong', 'content-type': 'application/json' };
  const body = JSON.stringify({ sql: 'SELECT 1' });
  const refused = await helios.request('/api/v1/query', { method: 'POST', headers, body });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="Helios"');
});

test('tokens and sessions are there after a kill', async () => {
  const dataDirectory = join(directory, 'killed');
  const options = ['--require-token', '--admin-token', 'env:GIVEN_TOKEN'];
  const admin = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  let token = '';
  let cookie = '';
  {
    await using helios = await HeliosProcess.start({ dataDirectory, environment, options });
    const body = JSON.stringify({ name: 'stays', scopes: ['console'] });
    const made = await helios.request('/api/v1/tokens', { method: 'POST', headers: admin, body });
    ({ token } = (await made.json()) as { readonly token: string });
    const login = await helios.request('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    cookie = login.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    helios.kill('SIGKILL');
    await helios.exited;
  }
  await using helios = await HeliosProcess.start({ dataDirectory, environment, options });
  for (const headers of [{ authorization: `Bearer ${token}` }, { cookie }]) {
    expect((await helios.request('/api/v1/streams', { headers })).status).toBe(200);
  }
});
