import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { optionValue } from './option-value.ts';
import { ReferencedSecrets } from './secrets.ts';

let folder: string;
const environment: Record<string, string> = { PASSWORD: 'hunter2', EMPTY: '', HOST: 'b-1' };
const secrets = new ReferencedSecrets({ environment, clock: systemClock, random: () => 0.5 });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'helios-secrets-'));
  writeFileSync(join(folder, 'plain'), 'hunter2');
  writeFileSync(join(folder, 'line'), 'hunter2\n');
  writeFileSync(join(folder, 'windows'), 'hunter2\r\n');
  writeFileSync(join(folder, 'lines'), 'a\nb\n\n');
  writeFileSync(join(folder, 'empty'), '\n');
  writeFileSync(join(folder, 'large'), 'x'.repeat(1024 * 1024 + 1));
  writeFileSync(join(folder, 'closed'), 'hunter2');
  chmodSync(join(folder, 'closed'), 0);
});

afterAll(() => rmSync(folder, { recursive: true }));

const found: readonly (readonly [string, string])[] = [
  ['env:PASSWORD', 'hunter2'],
  ['{{ PASSWORD }}', 'hunter2'],
  ['file:FOLDER/plain', 'hunter2'],
  ['file:FOLDER/line', 'hunter2'],
  ['file:FOLDER/windows', 'hunter2'],
  ['file:FOLDER/lines', 'a\nb\n'],
  ['file://FOLDER/plain', 'hunter2'],
];

test.each(found)('%s is found', async (reference, expected) => {
  expect(await secrets.resolve(reference.replace('FOLDER', folder))).toBe(expected);
});

const missing: readonly (readonly [string, string, RegExp])[] = [
  ['env:NOPE', 'secret_missing', /variable NOPE is not set/],
  ['env:EMPTY', 'secret_missing', /variable EMPTY is empty/],
  ['file:FOLDER/nope', 'secret_missing', /nope does not exist/],
  ['file:FOLDER/plain/nope', 'secret_missing', /nope does not exist/],
  ['file:FOLDER', 'secret_missing', /is a folder/],
  ['file:FOLDER/empty', 'secret_missing', /is empty/],
  ['file:FOLDER/large', 'secret_missing', /larger than 1024 KiB/],
  ['hunter2', 'invalid_config', /^A secret is given as plain text\.$/],
];

test.each(missing)('%s is told', async (reference, code, message) => {
  const looking = secrets.resolve(reference.replace('FOLDER', folder));
  await expect(looking).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a secret is looked up anew each time', async () => {
  environment['PASSWORD'] = 'changed';
  expect(await secrets.resolve('env:PASSWORD')).toBe('changed');
  environment['PASSWORD'] = 'hunter2';
});

test('an option may hold references in its text', async () => {
  const options = { a: '{{ HOST }}:1,{{HOST}}:2', b: 'env:HOST', c: 'plain' };
  expect(await optionValue(options, 'a', secrets)).toBe('b-1:1,b-1:2');
  expect(await optionValue(options, 'b', secrets)).toBe('b-1');
  expect(await optionValue(options, 'c', secrets)).toBe('plain');
  expect(await optionValue(options, 'd', secrets)).toBeUndefined();
});
