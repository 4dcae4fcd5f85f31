/**
 * `npm run torture -- [--kills 300] [--points 20] [--seed N] [--power] [--mutants] [--keep]`: kills
 * Helios with -9 at random moments and at each named point, and has delta-rs judge what is in the
 * tables.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crashPointNames } from '../../src/base/crash-point.ts';
import { deltaPython } from '../peers/delta-peers.ts';
import { isGood } from './judge.ts';
import { torture, type TortureReport } from './run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    points: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    root: { type: 'string', default: join(import.meta.dirname, '..', '..') },
    power: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

const python = await deltaPython();
if (python === undefined) throw new Error('delta-rs is the judge: it needs Python.');
const folder = mkdtempSync(join(tmpdir(), 'helios-torture-'));
console.log(`seed ${values.seed}, in ${folder}`);
const report = await torture({
  seed: Number(values.seed),
  kills: Number(values.kills),
  pointHits: Number(values.points),
  isPowerCut: values.power,
  root: values.root,
  folder,
  python,
  log: (line) => console.log(line),
});
print(report);
const isOk = report.verdicts.every(isGood) && report.faults.length === 0;
console.log(isOk ? 'nothing lost, nothing doubled' : `FAILED; repeat with --seed ${values.seed}`);
if (isOk && !values.keep) rmSync(folder, { recursive: true, force: true });
else console.log(`everything is in ${folder}`);
process.exitCode = isOk ? 0 : 1;

function print({ rounds, verdicts, faults, requests, queries }: TortureReport): void {
  console.log(`${rounds.kills} kills, ${requests} requests, ${queries} queries in between`);
  for (const name of crashPointNames) console.log(`  ${name}: ${rounds.hits[name]}`);
  if (rounds.lostFiles + rounds.lostBytes > 0) {
    console.log(`power cuts took ${rounds.lostFiles} names and ${rounds.lostBytes} bytes`);
  }
  console.table(
    verdicts.map(({ faults: own, ...verdict }) => ({ ...verdict, faults: own.length })),
  );
  const all = [...faults, ...verdicts.flatMap((verdict) => verdict.faults)];
  for (const fault of all) console.log(`! ${fault}`);
}
