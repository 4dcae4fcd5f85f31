import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { Doctor, type Patient } from './doctor.ts';
import { clockFinding, nodeFinding } from './machine.ts';

let dataDirectory: string;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'helios-doctor-'));
});

afterEach(async () => {
  await rm(dataDirectory, { recursive: true });
});

test.each([
  ['24.1.0', 'ok'],
  ['25.0.0', 'ok'],
  ['22.12.0', 'fail'],
])('Node %s: %s', (version, status) => {
  expect(nodeFinding(version).status).toBe(status);
});

test.each([
  ['1970-01-01T00:00:00Z', 'fail'],
  ['2026-11-23T00:00:00Z', 'ok'],
  ['2200-01-01T00:00:00Z', 'fail'],
])('a clock at %s: %s', (now, status) => {
  expect(clockFinding(Date.parse(now)).status).toBe(status);
});

function doctor(patient: Partial<Patient> = {}): Doctor {
  return new Doctor({
    dataDirectory,
    clock: systemClock,
    pipelines: () => [{ name: 'shop', state: 'running' }],
    damagedStreams: () => [],
    ...patient,
  });
}

test('a Helios that is well, and its folder is as it was', async () => {
  // Its own lock: whoever holds it does not find it taken.
  await writeFile(join(dataDirectory, 'helios.json'), '{"layout": 999}');
  const { findings } = await doctor().examine();
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(findings.every(({ why }) => why.length > 20)).toBe(true);
  expect(findings.map(({ name }) => name)).toContain('hard links');
  expect(await readdir(dataDirectory)).toEqual(['helios.json']);
});

test('what is not well is told with what to do about it', async () => {
  const { findings } = await doctor({
    pipelines: () => [
      { name: 'a', state: 'running' },
      { name: 'b', state: 'retrying' },
      { name: 'c', state: 'failed' },
    ],
    damagedStreams: () => [
      {
        name: 'orders',
        error: new HeliosError('corrupt_data', 'orders is damaged.', { hint: 'Do.' }),
      },
    ],
    stateFailure: () => 's3://bucket/helios does not answer.',
  }).examine();
  const streams = { name: 'streams', message: 'orders is damaged.', hint: 'Do.' };
  expect(findings.filter(({ status }) => status === 'fail')).toMatchObject([streams]);
  expect(findings.filter(({ status }) => status === 'warn').slice(-2)).toMatchObject([
    { name: 'pipelines', message: 'not well: b (retrying), c (failed)' },
    { name: 'state', message: 's3://bucket/helios does not answer.' },
  ]);
  expect(findings.at(-1)?.hint).toBeDefined();
});

test('who asks while it examines gets the same findings', async () => {
  const one = doctor();
  const [first, second] = await Promise.all([one.examine(), one.examine()]);
  expect(second).toBe(first);
  expect(await one.examine()).not.toBe(first);
});
