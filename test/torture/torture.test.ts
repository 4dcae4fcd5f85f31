import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deltaPython } from '../peers/delta-peers.ts';
import { isGood } from './judge.ts';
import { mutants } from './mutants.ts';
import { isCaught } from './mutate.ts';
import { twoOwners } from './owners.ts';
import { deathPoints } from './rounds.ts';
import { torture } from './run.ts';

/** The short form of `npm run torture`. */
const timeoutMs = 600_000;
const folder = mkdtempSync(join(tmpdir(), 'helios-torture-'));
const seed = Math.floor(Math.random() * 2 ** 31);
let python: string | undefined;

beforeAll(async () => {
  python = await deltaPython();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  'killed at each point and at random, with and without power, nothing is lost or doubled',
  async ({ skip }) => {
    if (python === undefined) return skip('delta-rs needs Python');
    const report = await torture({
      seed,
      kills: 6,
      points: deathPoints,
      pointHits: 1,
      powerCutShare: 0.5,
      root: process.cwd(),
      folder: join(folder, 'kills'),
      python,
      log: () => undefined,
    });
    expect(report.faults, `seed ${seed}`).toEqual([]);
    expect(
      report.verdicts.filter((verdict) => !isGood(verdict)),
      `seed ${seed}`,
    ).toEqual([]);
    for (const name of deathPoints) expect(report.rounds.hits[name], name).toBe(1);
  },
  timeoutMs,
);

test(
  'of two processes with one pipeline, one is fenced and nothing is doubled',
  async ({ skip }) => {
    if (python === undefined) return skip('delta-rs needs Python');
    const place = join(folder, 'owners');
    const options = { seed, rounds: 3, root: process.cwd(), folder: place, python };
    const { verdicts, faults } = await twoOwners(options);
    expect(faults, `seed ${seed}`).toEqual([]);
    expect(
      verdicts.filter((verdict) => !isGood(verdict)),
      `seed ${seed}`,
    ).toEqual([]);
  },
  timeoutMs,
);

test(
  'the harness notices when safety is broken on purpose',
  async ({ skip }) => {
    if (python === undefined) return skip('delta-rs needs Python');
    const mutant = mutants.find(({ name }) => name === 'rolled parts stay in the list')!;
    const options = { seed, folder: join(folder, 'mutant'), python, log: () => undefined };
    expect(await isCaught(mutant, options)).toBe(true);
  },
  timeoutMs,
);
