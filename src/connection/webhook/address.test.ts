import { expect, test } from 'vitest';
import { checkAddress, guardedLookup, resolveAddress, shownAddress } from './address.ts';

test.each([
  'https://example.com/hook',
  'http://127.0.0.1:80/x',
  'http://[::1]:80/',
  'env:HOOK',
  'file:/run/hook',
  'https://example.com/{{ TOKEN }}',
])('%s is an address', (text) => {
  expect(() => checkAddress(text)).not.toThrow();
});

test.each([
  ['example.com/hook', 'invalid_config'],
  ['ftp://example.com', 'invalid_config'],
  ['file-of-mine', 'invalid_config'],
  ['https://me:word@example.com', 'invalid_config'],
  ['http://169.254.169.254/latest', 'not_allowed'],
  ['http://2852039166/', 'not_allowed'],
  ['http://[::ffff:169.254.169.254]/', 'not_allowed'],
  ['http://[fe80::1]/', 'not_allowed'],
  ['http://[fd00:ec2::254]/', 'not_allowed'],
  ['http://100.100.100.200/', 'not_allowed'],
])('%s is none: %s', (text, code) => {
  expect(() => checkAddress(text)).toThrow(expect.objectContaining({ code }));
});

test('what a reference leads to is checked, and never repeated', async () => {
  const leadingTo = (value: string) => ({ resolve: async () => await Promise.resolve(value) });
  const url = await resolveAddress('env:HOOK', leadingTo(' https://me:word@example.com/path '));
  expect(shownAddress(url)).toBe('https://example.com');
  await expect(resolveAddress('env:HOOK', leadingTo('not-an-url'))).rejects.toMatchObject({
    code: 'invalid_config',
    message: 'What env:HOOK leads to is no http or https address.',
  });
  await expect(
    resolveAddress('env:HOOK', leadingTo('http://169.254.169.254/')),
  ).rejects.toMatchObject({ code: 'not_allowed' });
  await expect(
    resolveAddress('http://{{ HOST }}/', leadingTo('169.254.169.254')),
  ).rejects.toMatchObject({ code: 'not_allowed' });
  const { href } = await resolveAddress('https://example.com/{{ TOKEN }}', leadingTo('word'));
  expect(href).toBe('https://example.com/word');
});

test.each([true, false])('a name that leads to loopback is looked up (all: %s)', async (all) => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  guardedLookup('localhost', { all }, (failure, found) => resolve(failure ?? found));
  expect(JSON.stringify(await promise)).toMatch(/127\.0\.0\.1|::1/);
});
