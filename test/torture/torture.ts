/**
 * Kills Helios with -9 and has delta-rs judge what is in the tables.
 *
 *     npm run torture -- [--kills 300] [--points 20] [--power 0.3] [--owners 8] [--seed N] [--keep]
 *     npm run torture -- --streams | --kafka | --kinesis [--kills 100] [--broker-kills 50]
 *                        [--reshards 100] [--zombies 10]
 *     npm run torture -- --s3 10000
 *     npm run torture -- --state 100
 *     npm run torture -- --mutants [--only WORDS]
 *
 * `--points` is how often each named point is hit, `--power` the share of deaths in which the
 * machine's power is cut too, `--owners` how often two processes run one pipeline. `--streams` has
 * Kafka and Kinesis instead of the embedded log: the broker dies too, shards split and merge, and
 * owners fall asleep and wake up as zombies; `--kafka`, `--kinesis` or `--zombies` is a part of it.
 * `--s3` commits so often to a table in an object store, a fifth of whose requests go wrong.
 * `--state` has so many machines die, most of them with their disks, whose state is in an object store.
 * `--mutants` breaks Helios on purpose, one way after another, and fails when the harness doesn't
 * notice.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tortureState } from '../lake/torture-state.ts';
import { deltaPython } from '../peers/delta-peers.ts';
import { isGood, type Verdict } from './judge.ts';
import { mutants } from './mutants.ts';
import { isCaught } from './mutate.ts';
import { twoOwners } from './owners.ts';
import { deathPoints } from './rounds.ts';
import { torture, type TortureReport } from './run.ts';
import { tortureS3 } from './s3.ts';
import { streamMutants } from './streams/mutants.ts';
import { tortureStreams } from './streams/torture-streams.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    points: { type: 'string' },
    power: { type: 'string', default: '0.3' },
    owners: { type: 'string', default: '8' },
    streams: { type: 'boolean', default: false },
    kafka: { type: 'boolean', default: false },
    kinesis: { type: 'boolean', default: false },
    'broker-kills': { type: 'string', default: '50' },
    reshards: { type: 'string', default: '100' },
    zombies: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    root: { type: 'string', default: join(import.meta.dirname, '..', '..') },
    s3: { type: 'string' },
    state: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
  },
});

const python = await deltaPython();
if (python === undefined) throw new Error('delta-rs is the judge: it needs Python.');
const folder = mkdtempSync(join(tmpdir(), 'helios-torture-'));
const common = {
  seed: Number(values.seed),
  root: values.root,
  python,
  log: (line: string) => console.log(line),
};
console.log(`seed ${values.seed}, in ${folder}`);
const isStreams = values.streams || values.kafka || values.kinesis || values.zombies !== undefined;
const isOk = await chosen();
console.log(isOk ? 'all is well' : `FAILED; repeat with --seed ${values.seed}`);
if (isOk && !values.keep) rmSync(folder, { recursive: true, force: true });
else console.log(`everything is in ${folder}`);
process.exitCode = isOk ? 0 : 1;

async function chosen(): Promise<boolean> {
  if (values.mutants) return await catchMutants();
  if (values.s3 !== undefined)
    return await tortureS3({ ...common, folder, commits: Number(values.s3) });
  if (values.state !== undefined)
    return await tortureState({ ...common, deaths: Number(values.state) });
  return await (isStreams ? tormentStreams() : torment());
}

async function torment(): Promise<boolean> {
  const report = await torture({
    ...common,
    kills: Number(values.kills ?? '300'),
    points: deathPoints,
    pointHits: Number(values.points ?? '20'),
    powerCutShare: Number(values.power),
    folder: join(folder, 'kills'),
  });
  print(report);
  const rounds = Number(values.owners);
  if (rounds === 0) return isFine(report);
  const owners = await twoOwners({ ...common, rounds, folder: join(folder, 'owners') });
  console.log(`two owners: ${rounds} times, fenced ${owners.fenced} times`);
  printVerdicts(owners);
  return isFine(report) && isFine(owners);
}

async function tormentStreams(): Promise<boolean> {
  const { streams: isAll } = values;
  const report = await tortureStreams({
    ...common,
    folder,
    kills: Number(values.kills ?? '100'),
    pointHits: Number(values.points ?? '5'),
    powerCutShare: Number(values.power),
    brokerKills: isAll || values.kafka ? Number(values['broker-kills']) : 0,
    reshards: isAll || values.kinesis ? Number(values.reshards) : 0,
    zombies: Number(values.zombies ?? (isAll ? '10' : '0')),
  });
  printVerdicts(report);
  return isFine(report);
}

async function catchMutants(): Promise<boolean> {
  const missed: string[] = [];
  for (const [index, mutant] of [...mutants, ...streamMutants].entries()) {
    if (!mutant.name.includes(values.only)) continue;
    console.log(`\n${mutant.name}`);
    const place = join(folder, `mutant-${index}`);
    mkdirSync(place);
    const isNoticed = await isCaught(mutant, { ...common, folder: place });
    console.log(isNoticed ? 'caught' : 'NOT CAUGHT');
    if (isNoticed) rmSync(place, { recursive: true, force: true });
    else missed.push(mutant.name);
  }
  console.log(`\n${missed.length} not caught${missed.map((name) => `\n- ${name}`).join('')}`);
  return missed.length === 0;
}

function isFine({ verdicts, faults }: Pick<TortureReport, 'verdicts' | 'faults'>): boolean {
  return verdicts.every(isGood) && faults.length === 0;
}

function print(report: TortureReport): void {
  const { rounds, requests, queries } = report;
  console.log(`${rounds.kills} kills, ${requests} requests, ${queries} queries in between`);
  for (const name of deathPoints) console.log(`  ${name}: ${rounds.hits[name]}`);
  const { powerCuts, lostFiles, lostBytes } = rounds;
  console.log(`${powerCuts} power cuts took ${lostFiles} names and ${lostBytes} bytes`);
  printVerdicts(report);
}

function printVerdicts({
  verdicts,
  faults,
}: {
  readonly verdicts: readonly Verdict[];
  readonly faults: readonly string[];
}): void {
  console.table(verdicts.map((verdict) => ({ ...verdict, faults: verdict.faults.length })));
  const all = [...faults, ...verdicts.flatMap((verdict) => verdict.faults)];
  for (const fault of all) console.log(`! ${fault}`);
}
