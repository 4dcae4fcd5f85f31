import { describe, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { resolveConfig, type ConfigInput } from './config.ts';

function input(parts: Partial<ConfigInput>): ConfigInput {
  return { flags: {}, environment: {}, file: undefined, ...parts };
}

const file = { name: 'helios.yaml', text: '# mine\nhost: localhost\nport: 1\n' };

describe('a setting is taken from the first place that has it', () => {
  test.each([
    ['nothing given', input({}), 7311, 'default'],
    ['the file', input({ file }), 1, 'helios.yaml:3'],
    ['the environment', input({ file, environment: { HELIOS_PORT: '2' } }), 2, 'HELIOS_PORT'],
    ['an empty variable', input({ file, environment: { HELIOS_PORT: '' } }), 1, 'helios.yaml:3'],
    [
      'the flag',
      input({ file, environment: { HELIOS_PORT: '2' }, flags: { port: '3' } }),
      3,
      '--port',
    ],
  ])('%s', async (_name, given, port, origin) => {
    const { config, origins } = await resolveConfig(given);
    expect(config.port).toBe(port);
    expect(origins.port).toBe(origin);
  });
});

test('the address follows host and port unless it is given', async () => {
  const defaults = await resolveConfig(input({}));
  expect(defaults.config.url).toBe('http://127.0.0.1:7311');
  const derived = await resolveConfig(input({ flags: { host: '::', port: 9 } }));
  expect(derived.config.url).toBe('http://[::1]:9');
  expect(derived.origins.url).toBe('host and port');
  const environment = { HELIOS_URL: 'https://a.example/' };
  const given = await resolveConfig(input({ file, environment }));
  expect(given.config.url).toBe('https://a.example');
});

test('lists come from YAML lists and from commas', async () => {
  const list = { name: 'f', text: 'allowed_origins: [a, b]' };
  const fromFile = await resolveConfig(input({ file: list }));
  expect(fromFile.config.allowed_origins).toEqual(['a', 'b']);
  const environment = { HELIOS_ALLOWED_ORIGINS: 'a, b' };
  const fromEnvironment = await resolveConfig(input({ environment }));
  expect(fromEnvironment.config.allowed_origins).toEqual(['a', 'b']);
});

describe('what cannot be used is refused with its place', () => {
  test.each([
    [
      'an unknown key',
      'prot: 7311',
      'helios.yaml:1: there is no setting named "prot".',
      'Did you mean "port"?',
    ],
    [
      'a strange key',
      'zzz: 1',
      'helios.yaml:1: there is no setting named "zzz".',
      'Settings are: url,',
    ],
    ['broken YAML', 'a: [', 'helios.yaml:1: ', undefined],
    ['a list', '- 1', 'helios.yaml must hold keys and values.', 'For example'],
    [
      'a bad port',
      'host: a\nport: 70000',
      'helios.yaml:2: 70000 is not a whole number from 0 to 65535.',
      undefined,
    ],
    ['a bad level', 'log_level: loud', 'helios.yaml:1: "loud" is not one of trace,', undefined],
    ['a bad address', 'url: ftp://x', 'helios.yaml:1: "ftp://x" is not an address', undefined],
  ])('%s', async (_name, text, message, hint) => {
    const error = await failureOf(resolveConfig(input({ file: { name: 'helios.yaml', text } })));
    expect(error.code).toBe('invalid_config');
    expect(error.message).toContain(message);
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });
});

describe('a secret is known by its reference alone', () => {
  test.each([
    ['a variable that is the secret', { HELIOS_TOKEN: 'hls_secret' }, 'env:HELIOS_TOKEN'],
    ['a variable that refers to it', { HELIOS_TOKEN: 'file:/run/token' }, 'file:/run/token'],
    ['an empty variable', { HELIOS_TOKEN: '' }, ''],
  ])('%s', async (_name, environment, token) => {
    const { config } = await resolveConfig(input({ environment }));
    expect(config.token).toBe(token);
  });

  test.each([
    ['a flag', { flags: { admin_token: 'hls_secret' } }, '--admin-token: what is given is no'],
    [
      'the file',
      { file: { name: 'helios.yaml', text: 'origin_secret: hls_secret' } },
      'helios.yaml:1: what is given is no reference',
    ],
  ])('%s that holds it is refused without showing it', async (_name, parts, message) => {
    const error = await failureOf(resolveConfig(input(parts)));
    expect(error.message).toContain(message);
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('hls_secret');
  });
});

test.each([
  ['https://helios.example.com', 'https://helios.example.com'],
  ['https://helios.example.com/', 'https://helios.example.com'],
  ['http://10.0.0.7:8080', 'http://10.0.0.7:8080'],
  ['https://example.com/helios', undefined],
  ['helios.example.com', undefined],
])('%s as the public address is %s', async (text, expected) => {
  const resolved = resolveConfig(input({ flags: { public_url: text } }));
  if (expected !== undefined) expect((await resolved).config.public_url).toBe(expected);
  else expect((await failureOf(resolved)).message).toContain('is not an address');
});

test.each([
  [true, true],
  ['true', true],
  ['0', false],
  ['yes', undefined],
])('require_token: %j is %s', async (value, expected) => {
  const resolved = resolveConfig(input({ flags: { require_token: value } }));
  if (expected !== undefined) expect((await resolved).config.require_token).toBe(expected);
  else expect((await failureOf(resolved)).message).toContain('is not one of true, false');
});

async function failureOf(action: Promise<unknown>): Promise<HeliosError> {
  try {
    await action;
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
  }
  throw new Error('expected a HeliosError');
}
