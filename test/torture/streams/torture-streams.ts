import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaParts } from '../../peers/kafka.ts';
import { isGood, type Verdict } from '../judge.ts';
import type { TortureOptions } from '../run.ts';
import { tortureKafka } from './kafka.ts';
import { emulators, tortureKinesis } from './kinesis.ts';
import { type StreamReport, streamPoints, type StreamTortureOptions } from './trial.ts';
import { wakeZombies } from './zombies.ts';

export type StreamsOptions = Pick<
  TortureOptions,
  'seed' | 'kills' | 'pointHits' | 'powerCutShare' | 'root' | 'folder' | 'python' | 'log'
> & {
  /** Kills of the broker; 0 leaves Kafka out. */
  readonly brokerKills: number;
  /** Splits and merges, half of them on each emulator; 0 leaves Kinesis out. */
  readonly reshards: number;
  /** Take-overs; 0 leaves them out. */
  readonly zombies: number;
};

/** What of it all went well is printed, and what went wrong is given. */
export type StreamsReport = {
  readonly verdicts: readonly Verdict[];
  readonly faults: readonly string[];
};

/** Streams, one kind after another. */
export async function tortureStreams(options: StreamsOptions): Promise<StreamsReport> {
  const reports = [
    ...(options.brokerKills > 0 ? [await kafka(options)] : []),
    ...(options.reshards > 0 ? await kinesis(options) : []),
    ...(options.zombies > 0 ? [await zombies(options)] : []),
  ];
  return {
    verdicts: reports.flatMap(({ verdicts }) => verdicts),
    faults: reports.flatMap(({ faults }) => faults),
  };
}

async function kafka(options: StreamsOptions): Promise<StreamsReport> {
  const parts = await kafkaParts();
  if (parts === undefined) throw new Error('This needs Kafka, and so Java and Maven.');
  const { brokerKills } = options;
  const report = await tortureKafka({ ...inFolder(options, 'kafka'), parts, brokerKills });
  return told(options, 'kafka', { report, disturbance: 'kills of the broker' });
}

async function kinesis(options: StreamsOptions): Promise<readonly StreamsReport[]> {
  const reports: StreamsReport[] = [];
  for (const [index, emulator] of emulators.entries()) {
    const share = Math.floor((options.reshards + index) / emulators.length);
    const kills = Math.ceil(options.kills / emulators.length);
    const common = { ...inFolder(options, emulator), kills, reshards: share };
    const report = await tortureKinesis({ ...common, emulator });
    reports.push(told(options, emulator, { report, disturbance: 'splits and merges' }));
  }
  return reports;
}

async function zombies(options: StreamsOptions): Promise<StreamsReport> {
  const parts = await kafkaParts();
  if (parts === undefined) throw new Error('This needs Kafka, and so Java and Maven.');
  const rounds = options.zombies;
  const report = await wakeZombies({ ...inFolder(options, 'zombies'), parts, rounds });
  const { fenced, tookOver } = report;
  options.log(
    `zombies: ${rounds} sleepers, ${fenced} woke up and were fenced, ` +
      `${tookOver} died and were succeeded by a standby`,
  );
  return named('zombies', report);
}

function inFolder(options: StreamsOptions, name: string): StreamTortureOptions {
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  return { ...options, points: streamPoints, folder };
}

function told(
  { log }: StreamsOptions,
  name: string,
  { report, disturbance }: { readonly report: StreamReport; readonly disturbance: string },
): StreamsReport {
  const { rounds, disturbances, queries } = report;
  log(`${name}: ${disturbances} ${disturbance}, ${rounds.kills} kills, ${queries} queries`);
  const hits = streamPoints.map((point) => `${point} ${rounds.hits[point]}`);
  log(`  at points: ${hits.join(', ')}`);
  log(`  ${rounds.powerCuts} power cuts took ${rounds.lostFiles} names, ${rounds.lostBytes} bytes`);
  for (const verdict of report.verdicts) {
    const { what, expected, lost, doubled, faults } = verdict;
    const verb = isGood(verdict) ? 'is good' : 'IS WRONG';
    const wrong = `${lost} lost, ${doubled} doubled, ${faults.length} faults`;
    log(`  ${what} ${verb}: ${expected} events, ${wrong}`);
  }
  return named(name, report);
}

function named(name: string, { verdicts, faults }: StreamsReport): StreamsReport {
  return {
    verdicts: verdicts.map((verdict) => ({ ...verdict, what: `${name}: ${verdict.what}` })),
    faults: faults.map((fault) => `${name}: ${fault}`),
  };
}
