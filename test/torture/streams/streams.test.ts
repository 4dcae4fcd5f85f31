import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deltaPython } from '../../peers/delta-peers.ts';
import { kafkaParts } from '../../peers/kafka.ts';
import { isGood } from '../judge.ts';
import type { TortureReport } from '../run.ts';
import { tortureKafka } from './kafka.ts';
import { emulators, tortureKinesis } from './kinesis.ts';
import { streamPoints } from './trial.ts';
import { wakeZombies } from './zombies.ts';

/** The short form of `npm run torture -- --streams`. */
const timeoutMs = 600_000;
const folder = mkdtempSync(join(tmpdir(), 'helios-torture-streams-'));
const seed = Math.floor(Math.random() * 2 ** 31);
const parts = await kafkaParts();
const common = { seed, kills: 2, pointHits: 1, powerCutShare: 0.3, root: process.cwd() };
const log = (): void => undefined;
let python: string | undefined;

beforeAll(async () => {
  python = await deltaPython();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectGood({ verdicts, faults }: Pick<TortureReport, 'verdicts' | 'faults'>): void {
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(
    verdicts.filter((verdict) => !isGood(verdict)),
    `seed ${seed}`,
  ).toEqual([]);
}

function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

test.skipIf(parts === undefined)(
  'a topic is read once and in order while Helios and the broker die',
  async ({ skip }) => {
    if (python === undefined || parts === undefined) return skip('delta-rs needs Python');
    const points = streamPoints.filter((name) => /manifest/.test(name));
    const options = { ...common, points, brokerKills: 2, parts, python, log };
    const report = await tortureKafka({ ...options, folder: place('kafka') });
    expectGood(report);
    expect(report.disturbances).toBe(2);
    expect(report.rounds.hits).toMatchObject({ 'before-manifest': 1, 'after-manifest': 1 });
  },
  timeoutMs,
);

test.each(emulators)(
  'shards of %s are read once and in order while they split and merge, and Helios dies',
  async (emulator) => {
    if (python === undefined) return;
    const points = streamPoints.filter((name) => /manifest/.test(name));
    const options = { ...common, points, reshards: 6, emulator, python, log };
    const report = await tortureKinesis({ ...options, folder: place(emulator) });
    expectGood(report);
    expect(report.disturbances).toBe(6);
  },
  timeoutMs,
);

test.skipIf(parts === undefined)(
  'a zombie is fenced when it wakes up, and a standby succeeds who died',
  async ({ skip }) => {
    if (python === undefined || parts === undefined) return skip('delta-rs needs Python');
    const options = { ...common, rounds: 2, parts, python, log };
    const report = await wakeZombies({ ...options, folder: place('zombies') });
    expectGood(report);
    expect(report).toMatchObject({ fenced: 1, tookOver: 1 });
  },
  timeoutMs,
);
