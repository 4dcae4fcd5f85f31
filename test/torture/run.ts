import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { SeededRandom } from '../../src/cli/generate/random.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { Asker, countRows, watchPipelines } from './asker.ts';
import type { Verdict } from './judge.ts';
import { Ledger, readLedgers } from './ledger.ts';
import { PowerCut } from './power-cut.ts';
import { Producer, type Target } from './producer.ts';
import { type DeathPoint, runRounds, type RoundsReport } from './rounds.ts';
import { judgeAll } from './verdicts.ts';
import * as workload from './workload.ts';

export type TortureOptions = {
  readonly seed: number;
  readonly kills: number;
  readonly points: readonly DeathPoint[];
  readonly pointHits: number;
  /** Share of the deaths in which the machine's power is cut, too. */
  readonly powerCutShare: number;
  /** The tree that is tortured. */
  readonly root: string;
  /** An empty folder for everything. */
  readonly folder: string;
  /** A Python that has delta-rs. */
  readonly python: string;
  readonly log: (line: string) => void;
};

export type TortureReport = {
  readonly rounds: RoundsReport;
  readonly verdicts: readonly Verdict[];
  /** What went wrong besides the counts. */
  readonly faults: readonly string[];
  readonly requests: number;
  readonly queries: number;
};

const producerCount = 4;
/** Enough for several epochs. */
const fileEventCount = 1_000_000;
const idsPerProducer = 1_000_000_000;
const catchUpTimeoutMs = 120_000;
const faultsShownMax = 3;

/**
 * The whole of it: Helios with five pipelines, producers that keep fsynced ledgers, readers, and
 * kills. At the end everything is stopped in order, and delta-rs says what is in the tables.
 */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const folders = workload.makeFolders(options.folder);
  const random = new SeededRandom(options.seed);
  const target: Target = { url: undefined, isClosed: false };
  await createPipelines(options, folders);
  const syncs = join(folders.base, 'syncs.ndjson');
  const powerCut = new PowerCut([folders.data, folders.tables], syncs, random);
  const producers = startProducers(folders, target, random);
  const questions = [
    countRows('everything'),
    countRows('even'),
    countRows('raw_lines'),
    watchPipelines,
  ];
  const askers = questions.map((question) => new Asker(target, question));
  const isOver = () =>
    producers.some((producer) => producer.refusal !== undefined) ||
    askers.some((asker) => asker.faults.length > 0);
  const rounds = await runRounds({
    ...options,
    dataDirectory: folders.data,
    random,
    target,
    powerCut,
    isOver,
  });
  const endFaults = await end(options, folders, { target, producers, askers });
  const ledgers = readLedgers(ledgerPaths(folders));
  const entries = [...ledgers, workload.closingEntry];
  return {
    rounds,
    verdicts: judgeAll({ python: options.python, folders, entries }, fileEventCount),
    faults: [
      ...rounds.faults,
      ...producers.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal])),
      ...askers.flatMap(({ faults }) => faults.slice(0, faultsShownMax)),
      ...endFaults,
    ],
    requests: ledgers.length,
    queries: askers.reduce((sum, asker) => sum + asker.answers, 0),
  };
}

async function createPipelines(options: TortureOptions, folders: workload.Folders): Promise<void> {
  // The end of the block kills it: the first of the deaths.
  await using helios = await HeliosProcess.start({
    dataDirectory: folders.data,
    root: options.root,
  });
  workload.makeFile(folders, fileEventCount);
  for (const name of workload.pipelineNames) {
    await workload.createPipeline(helios, folders, name);
  }
}

function startProducers(
  folders: workload.Folders,
  target: Target,
  random: SeededRandom,
): readonly Producer[] {
  return ledgerPaths(folders).map(
    (path, index) =>
      new Producer({
        name: `p${index}`,
        idStart: workload.producerIdStart + index * idsPerProducer,
        isKeyed: index % 2 === 0,
        stream: workload.stream,
        ledger: new Ledger(path),
        target,
        random: new SeededRandom(random.below(2 ** 32)),
        pauseMs: 40,
      }),
  );
}

function ledgerPaths(folders: workload.Folders): readonly string[] {
  return Array.from({ length: producerCount }, (_, index) =>
    join(folders.ledgers, `p${index}.ndjson`),
  );
}

type Running = {
  readonly target: Target;
  readonly producers: readonly Producer[];
  readonly askers: readonly Asker[];
};

/** The last life: what is owed is sent, pipelines catch up, everything stops in order. */
async function end(
  options: TortureOptions,
  folders: workload.Folders,
  { target, producers, askers }: Running,
): Promise<readonly string[]> {
  await using helios = new HeliosProcess({ dataDirectory: folders.data, root: options.root });
  try {
    target.url = await helios.ready();
    await Promise.all(producers.map(async (producer) => await producer.stop()));
    await workload.closeWindows(target.url);
    await caughtUp(helios);
    await Promise.all(askers.map(async (asker) => await asker.stop()));
    for (const name of workload.pipelineNames) {
      await helios.call('PATCH', `/api/v1/pipelines/${name}`, { state: 'stopped' });
    }
    const { code } = await helios.stop();
    return code === 0 ? [] : [`helios ended with ${String(code)}:\n${helios.output}`];
  } catch (thrown) {
    return [`the last life failed: ${String(thrown)}\n${helios.output}`];
  } finally {
    target.url = undefined;
    target.isClosed = true;
    await Promise.all([...producers, ...askers].map(async (one) => await one.stop()));
  }
}

type PipelineState = {
  readonly name: string;
  readonly state: string;
  readonly error?: unknown;
  readonly sources: readonly { readonly bytes_behind?: number }[];
};

async function caughtUp(helios: HeliosProcess): Promise<void> {
  const deadlineMs = Date.now() + catchUpTimeoutMs;
  for (;;) {
    const { pipelines } = await helios.call<{ pipelines: readonly PipelineState[] }>(
      'GET',
      '/api/v1/pipelines',
    );
    // The pipeline on a file has perhaps ended lives ago.
    const isBehind = ({ name, state, sources }: PipelineState) =>
      !(name === 'from_file' && (state === 'finished' || state === 'stopped')) &&
      (state !== 'running' || sources.some((source) => source.bytes_behind !== 0));
    const failed = pipelines.find(({ state }) => state === 'failed');
    if (failed !== undefined) throw new Error(`failed: ${JSON.stringify(failed.error)}`);
    const behind = pipelines.filter(isBehind);
    if (behind.length === 0) return;
    if (Date.now() > deadlineMs) throw new Error(`still behind: ${JSON.stringify(behind)}`);
    await sleep(100);
  }
}
