import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewTokenAnswer, TokenAnswer } from '../../server/access/access-api.ts';
import { type CliResult, FakeApi, runToEnd } from '../testing/fixture.ts';
import { usesOf } from './token-text.ts';

const secret = 'hls_0123456789_secret';
const site: TokenAnswer = {
  id: '0123456789',
  name: 'site',
  scopes: ['ingest:clicks'],
  origins: ['https://shop.example'],
  rate: 50,
  created_at: '2026-01-01T00:00:00Z',
  created_by: 'local',
  expires_at: '2026-02-01T00:00:00Z',
  state: 'active',
};

let api: FakeApi;
let folder: string;

beforeEach(async () => {
  api = await FakeApi.start();
  folder = await mkdtemp(join(tmpdir(), 'helios-access-'));
  api.routes['GET /api/v1/tokens'] = {
    body: { tokens: [{ ...site, id: 'aaaaaaaaaa', state: 'revoked' }, site] },
  };
  api.routes['POST /api/v1/tokens'] = { status: 201, body: { ...site, token: secret } };
  api.routes['DELETE /api/v1/tokens/0123456789'] = { body: { ...site, state: 'revoked' } };
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function helios(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const parts = { environment: { HELIOS_URL: api.url, ...environment }, workingDirectory: folder };
  return runToEnd(words, parts);
}

describe('tokens', () => {
  const create = ['token', 'create', 'site', '-s', 'ingest:clicks', '--expires', '30d'];

  test('one is made, printed alone on stdout, and shown in use', async () => {
    const more = ['--origin', 'https://shop.example', '--rate', '50', '--scope', 'ingest:views'];
    const result = await helios([...create, ...more]);
    expect(result).toMatchObject({ exitCode: 0, stdout: `${secret}\n` });
    expect(api.seen[0]?.body).toEqual({
      name: 'site',
      scopes: ['ingest:clicks', 'ingest:views'],
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      origins: ['https://shop.example'],
      rate: 50,
    });
    expect(result.stderr).toContain(
      'Made the token site: ingest:clicks, from pages of https://shop.example, ' +
        '50 requests a second, expires 2026-02-01T00:00:00Z.',
    );
    expect(result.stderr).toContain(`curl ${api.url}/ingest/clicks -H 'Authorization: Bearer`);
    const beacon = `navigator.sendBeacon('${api.url}/ingest/clicks?token=${secret}', `;
    expect(result.stderr).toContain(beacon);
  });

  test('quiet leaves the token, JSON all that is known of it', async () => {
    const quiet = await helios([...create, '--quiet']);
    expect(quiet).toEqual({ exitCode: 0, stdout: `${secret}\n`, stderr: '' });
    const { stdout } = await helios([...create, '--json']);
    expect(JSON.parse(stdout)).toEqual({ v: 1, ...site, token: secret });
  });

  test.each([
    [['token', 'create', 'x'], "required option '-s, --scope <scope>' not specified"],
    [[...create.slice(0, -1), '30'], 'Give a duration with its unit'],
    [[...create.slice(0, -1), '9999999d'], 'after the year 9999'],
  ])('%j is refused', async (words, message) => {
    const result = await helios(words);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(api.seen).toEqual([]);
  });

  test('all are listed, without what they open with', async () => {
    const { stdout } = await helios(['token', 'list']);
    for (const text of ['0123456789', 'ingest:clicks', 'revoked', '2026-02-01']) {
      expect(stdout).toContain(text);
    }
  });

  test.each(['site', 'SITE', '0123456789'])('%s is revoked', async (name) => {
    const result = await helios(['token', 'revoke', name, '--yes']);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toContain('Revoked the token site');
    expect(api.seen.at(-1)?.route).toBe('DELETE /api/v1/tokens/0123456789');
  });

  test.each([
    ['sit', ['--yes'], 4, 'Did you mean "site"?'],
    ['aaaaaaaaaa', ['--yes'], 4, 'is revoked already'],
    ['site', [], 6, 'Revoke the token site (ingest:clicks'],
  ])('%s with %j is not', async (name, flags, exitCode, message) => {
    const result = await helios(['token', 'revoke', name, ...flags]);
    expect(result).toMatchObject({ exitCode });
    expect(result.stderr).toContain(message);
    expect(api.seen).toHaveLength(1);
  });
});

test.each<[scopes: string[], text: string]>([
  [['ingest:*'], `curl http://h/ingest -H`],
  [['ingest:a b'], `curl http://h/ingest/a%20b -H`],
  [["query:it's"], `{"sql":"SELECT count(*) FROM \\"it'\\''s\\""}'`],
  [['read-only'], 'http://h/login'],
])('%j is shown in use', (scopes, text) => {
  const made: NewTokenAnswer = { ...site, scopes, origins: [], token: secret };
  const lines = usesOf(made, 'http://h').flatMap((use) => use.lines);
  expect(lines.join('\n')).toContain(text);
  expect(lines.join('\n')).not.toContain('sendBeacon');
});

test('a link that opens the console once is printed', async () => {
  const link = { url: `${api.url}/login#t=code`, expires_at: '2026-01-01T00:10:00Z' };
  api.routes['POST /api/v1/login-links'] = { status: 201, body: link };
  const result = await helios(['login']);
  expect(result.stdout).toBe(`${link.url}\n`);
  expect(result.stderr).toContain('once, until 2026-01-01T00:10:00Z');
});

describe('requests carry the token', () => {
  const authorization = (): unknown => api.seen.at(-1)?.headers.authorization;

  test('of the variable, of another, or of a file', async () => {
    await helios(['token', 'list']);
    expect(authorization()).toBeUndefined();
    await helios(['token', 'list'], { HELIOS_TOKEN: secret });
    expect(authorization()).toBe(`Bearer ${secret}`);
    await helios(['token', 'list', '--token', 'env:OTHER'], { HELIOS_TOKEN: secret, OTHER: 'b' });
    expect(authorization()).toBe('Bearer b');
    await writeFile(join(folder, 'token'), `${secret}\n`);
    await helios(['token', 'list', '--token', 'file:token']);
    expect(authorization()).toBe(`Bearer ${secret}`);
  });

  test.each([
    ['a variable that is not set', ['--token', 'env:NONE'], {}, 3, "in env:NONE can't be had"],
    ['a file that is not there', ['--token', 'file:no'], {}, 3, "in file:no can't be had"],
    ['the token itself', ['--token', secret], {}, 2, 'is no reference'],
    ['what is none', [], { HELIOS_TOKEN: `${secret} x` }, 3, 'HELIOS_TOKEN holds is no token'],
  ])('not of %s', async (_name, flags, environment, exitCode, message) => {
    const result = await helios(['token', 'list', ...flags], environment);
    expect(result).toMatchObject({ exitCode });
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain(secret);
    expect(api.seen).toEqual([]);
  });

  test('and no command shows it', async () => {
    for (const words of [['config'], ['config', '--explain'], ['config', '--json']]) {
      const { stdout } = await helios(words, { HELIOS_TOKEN: secret });
      expect(stdout).toContain('env:HELIOS_TOKEN');
      expect(stdout).not.toContain(secret);
    }
  });
});

describe('who is not let in is told what to do', () => {
  const error = { code: 'not_authenticated', message: 'This Helios asks who you are.', id: 'r' };

  test.each([
    ['without a token', {}, 'Give a token by HELIOS_TOKEN or --token file:PATH'],
    ['with one that does not stand', { HELIOS_TOKEN: 'a' }, 'The token in env:HELIOS_TOKEN was'],
  ])('%s', async (_name, environment, hint) => {
    api.routes['GET /api/v1/tokens'] = { status: 401, body: { error } };
    const result = await helios(['token', 'list'], environment);
    expect(result).toMatchObject({ exitCode: 5 });
    expect(result.stderr).toContain('error: This Helios asks who you are.\n');
    expect(result.stderr).toContain(hint);
  });

  test('also while a tail goes on', async () => {
    api.routes['GET /api/v1/tables'] = { body: { tables: [{ name: 'orders' }] } };
    api.routes['GET /api/v1/streams'] = { body: { streams: [] } };
    api.liveCloseCode = 1008;
    const ended = await helios(['tail', 'orders'], { HELIOS_TOKEN: 'a' });
    expect(ended).toMatchObject({ exitCode: 5 });
    expect(ended.stderr).toContain(`${api.url} closed the connection: the token ended.`);
    api.liveCloseCode = 1001;
    const stopped = await helios(['tail', 'orders'], { HELIOS_TOKEN: 'a' });
    expect(stopped).toMatchObject({ exitCode: 1 });
    expect(stopped.stderr).toContain('Helios was stopped');
  });
});
