import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type CliResult, runToEnd } from '../../src/cli/testing/fixture.ts';
import type { NewTokenAnswer } from '../../src/server/access/access-api.ts';
import { HeliosProcess } from '../process/helios-process.ts';

const adminToken = 'a-token-for-tests-that-nobody-could-guess';

let folder: string;
let server: HeliosProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-commands-'));
  await writeFile(join(folder, 'admin'), `${adminToken}\n`);
  server = await HeliosProcess.start({
    dataDirectory: join(folder, 'data'),
    options: ['--require-token', '--admin-token', `file:${join(folder, 'admin')}`],
  });
  url = await server.ready();
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function helios(words: readonly string[], token = adminToken): Promise<CliResult> {
  const environment = { HELIOS_URL: url, HELIOS_TOKEN: token };
  return await runToEnd(words, { environment, workingDirectory: folder });
}

async function create(name: string, ...words: string[]): Promise<string> {
  const result = await helios(['token', 'create', name, '--quiet', ...words]);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout.trim();
}

test('the start prints a link that opens the console once', async () => {
  const pattern = new RegExp(`${url}/login#t=(\\S+)`);
  // It stands below the address.
  const link = await vi.waitUntil(() => pattern.exec(server.output)?.[1], 30_000);
  const signIn = async (): Promise<Response> =>
    await server.request('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ link }),
    });
  expect((await signIn()).status).toBe(200);
  expect((await signIn()).status).toBe(401);
});

test('helios login makes another, as who asks for it', async () => {
  const token = await create('anna', '--scope', 'read-only');
  const { stdout } = await helios(['login', '--json'], token);
  const { url: link }: { url: string } = JSON.parse(stdout);
  expect(link).toMatch(`${url}/login#t=`);
  const answer = await server.call('POST', '/api/v1/session', { link: link.split('#t=')[1] });
  expect(answer).toMatchObject({ required: true, principal: { name: 'anna', via: 'session' } });
});

test('a token is made, used, listed and revoked', async () => {
  const made = await helios([
    ...['token', 'create', 'site', '--scope', 'ingest:events', '--expires', '30d'],
    ...['--origin', 'https://shop.example', '--rate', '50'],
  ]);
  expect(made.exitCode).toBe(0);
  const token = made.stdout.trim();
  const beacon = /sendBeacon\('([^']+)'/.exec(made.stderr)?.[1] ?? '';
  const sent = await fetch(beacon, {
    method: 'POST',
    headers: { origin: 'https://shop.example', 'content-type': 'text/plain;charset=UTF-8' },
    body: '{"page": "/"}',
  });
  expect([sent.status, await sent.text()]).toEqual([200, 'ok']);
  expect((await helios(['generate', '--count', '10', '--stream', 'events'], token)).exitCode).toBe(
    0,
  );
  const listed = await helios(['token', 'list', '--json']);
  const { tokens }: { tokens: readonly NewTokenAnswer[] } = JSON.parse(listed.stdout);
  expect(tokens.find(({ name }) => name === 'site')).toMatchObject({
    scopes: ['ingest:events'],
    origins: ['https://shop.example'],
    rate: 50,
    created_by: 'admin-token',
    state: 'active',
    last_used_at: expect.any(String),
  });
  expect(listed.stdout).not.toContain(token.split('_').at(-1));
  expect((await helios(['token', 'revoke', 'site', '--yes'])).exitCode).toBe(0);
  const refused = await helios(['generate', '--count', '10', '--stream', 'events'], token);
  expect(refused).toMatchObject({ exitCode: 5 });
  expect(refused.stderr).toContain('hint: The token in env:HELIOS_TOKEN was sent.');
});

describe('requests and the live socket say who asks', () => {
  test('by a token that stands', async () => {
    const token = await create('reader', '--scope', 'read-only');
    const asked = await helios(['sql', '-c', 'select 42 as answer', '--format', 'csv'], token);
    expect(asked).toMatchObject({ exitCode: 0, stdout: 'answer\n42\n' });
    const table = await helios(['sql', '-c', 'select 42 as answer', '--format', 'table'], token);
    expect(table.stdout).toContain('│      42 │');
  });

  test.each([
    ['no token', '', 'hint: Give a token by HELIOS_TOKEN or --token file:PATH'],
    ['a wrong one', 'hls_wrong', 'hint: The token in env:HELIOS_TOKEN was sent.'],
  ])('with %s nothing is answered, and what to do is told', async (_name, token, hint) => {
    for (const line of ['table list', 'sql -c select+1 --format table', 'tail events --stream']) {
      const words = line.split(' ').map((word) => word.replace('+', ' '));
      const { exitCode, stderr, stdout } = await helios(words, token);
      expect({ line, exitCode, stdout }).toEqual({ line, exitCode: 5, stdout: '' });
      expect(stderr).toContain(hint);
    }
  });

  test('what a scope does not allow is refused with the one that would', async () => {
    const token = await create('looker', '--scope', 'read-only');
    const refused = await helios(['stream', 'create', 'more'], token);
    expect(refused).toMatchObject({ exitCode: 5 });
    expect(refused.stderr).toContain('error: The token looker does not allow this.');
    expect(refused.stderr).toContain('admin');
  });
});
