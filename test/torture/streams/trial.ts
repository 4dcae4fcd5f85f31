import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashPointName } from '../../../src/base/crash-point.ts';
import { SeededRandom } from '../../../src/cli/generate/random.ts';
import { HeliosProcess } from '../../process/helios-process.ts';
import { Asker, countRows, watchPipelines } from '../asker.ts';
import { Ledger, readLedgers } from '../ledger.ts';
import { PowerCut } from '../power-cut.ts';
import type { Target } from '../producer.ts';
import { runRounds } from '../rounds.ts';
import type { TortureOptions, TortureReport } from '../run.ts';
import { type Folders, makeFolders } from '../workload.ts';
import type { Disturbance } from './disturbance.ts';
import type { EventsOptions, StreamLoad } from './events.ts';
import { judgeStream, type Parents } from './verdicts.ts';
import * as workload from './workload.ts';

/** Those that a pipeline passes that reads streams, and that don't take a hundred commits. */
export const streamPoints: readonly CrashPointName[] = [
  'after-part',
  'before-manifest',
  'after-manifest',
  'after-data-file',
  'before-commit',
  'after-commit',
];

export type StreamTortureOptions = Pick<
  TortureOptions,
  'seed' | 'kills' | 'points' | 'pointHits' | 'powerCutShare' | 'root' | 'folder' | 'python' | 'log'
>;

export type StreamReport = Pick<TortureReport, 'rounds' | 'verdicts' | 'faults' | 'queries'> & {
  /** What was done to the stream itself. */
  readonly disturbances: number;
};

/** What is tortured: a stream, who writes to it, and what happens to it. */
export type StreamTrial = {
  readonly place: workload.StreamPlace;
  /** Starts who writes, in this order. */
  readonly loads: readonly TrialLoad[];
  readonly disturb: (random: SeededRandom, progress: () => number) => Disturbance;
  /** What came of what, in the end; undefined where partitions have no parents. */
  readonly parents?: () => Promise<Parents>;
};

export type TrialLoad = {
  /** Its ledger's requests are there whole or not at all. */
  readonly isAtomic: boolean;
  readonly start: (options: EventsOptions) => StreamLoad;
};

const idsPerLoad = 1_000_000_000;
/** A chain of a hundred shards is read one after another. */
const catchUpTimeoutMs = 900_000;
const checkIntervalMs = 200;
const faultsShownMax = 3;

/** Helios dies again and again while the stream is written to, and disturbed. */
export async function tortureStream(
  options: StreamTortureOptions,
  trial: StreamTrial,
): Promise<StreamReport> {
  const folders = makeFolders(options.folder);
  const random = new SeededRandom(options.seed);
  const target: Target = { url: undefined, isClosed: false };
  await beginPipeline(options.root, folders, trial.place);
  const loads = startLoads(trial, folders, random);
  let rowsSeen = 0;
  const notice = (rows: number): void => void (rowsSeen = rows);
  const ownRandom = new SeededRandom(random.below(2 ** 32));
  const disturbance = trial.disturb(ownRandom, () => rowsSeen);
  const questions = [countRows(workload.tableName, notice), watchPipelines];
  const askers = questions.map((question) => new Asker(target, question));
  const rounds = await runRounds({
    ...options,
    dataDirectory: folders.data,
    random,
    target,
    powerCut: powerCutOf(folders, random),
    isOver: () =>
      disturbance.failure !== undefined ||
      loads.some(({ refusal }) => refusal !== undefined) ||
      askers.some(({ faults }) => faults.length > 0),
    goesOn: () => !disturbance.isDone,
    environment: workload.environment,
    log: (line) => options.log(`${line}, the stream was disturbed ${disturbance.times} times`),
  });
  await disturbance.stop();
  const endFaults = await endOf(options.root, folders, { target, loads, askers });
  return {
    rounds,
    disturbances: disturbance.times,
    verdicts: judgeTrial(options.python, folders, { ...trial, parents: await trial.parents?.() }),
    faults: [
      ...rounds.faults,
      ...(disturbance.failure === undefined ? [] : [disturbance.failure]),
      ...loads.flatMap(({ refusal }) => refusal ?? []),
      ...askers.flatMap(({ faults }) => faults.slice(0, faultsShownMax)),
      ...endFaults,
    ],
    queries: askers.reduce((sum, asker) => sum + asker.answers, 0),
  };
}

export function startLoads(
  { loads }: Pick<StreamTrial, 'loads'>,
  folders: Folders,
  random: SeededRandom,
): readonly StreamLoad[] {
  return loads.map(({ start }, index) =>
    start({
      name: `p${index}`,
      idStart: 1 + index * idsPerLoad,
      ledger: new Ledger(ledgerPath(folders, index)),
      random: new SeededRandom(random.below(2 ** 32)),
    }),
  );
}

export function judgeTrial(
  python: string,
  folders: Folders,
  {
    loads,
    parents = new Map(),
  }: Pick<StreamTrial, 'loads'> & { readonly parents?: Parents | undefined },
): ReturnType<typeof judgeStream> {
  const entriesOf = (isAtomic: boolean): ReturnType<typeof readLedgers> =>
    readLedgers(
      loads.flatMap((load, index) =>
        load.isAtomic === isAtomic ? [ledgerPath(folders, index)] : [],
      ),
    );
  return judgeStream({ python, folders, entries: entriesOf(false) }, entriesOf(true), parents);
}

/** Until the posts at the ends of all partitions are in the table, and so all that is before. */
export async function untilPosts(
  helios: Pick<HeliosProcess, 'queryNumber'>,
  posts: readonly number[],
): Promise<void> {
  const sql = `SELECT count(DISTINCT id) FROM ${workload.tableName} WHERE id IN (${posts.join()})`;
  const deadlineMs = Date.now() + catchUpTimeoutMs;
  for (;;) {
    const count = await helios.queryNumber(sql).catch((thrown: unknown) => String(thrown));
    if (count === posts.length) return;
    if (Date.now() > deadlineMs) throw new Error(`${count} of ${posts.length} posts were seen`);
    await sleep(checkIntervalMs);
  }
}

function ledgerPath(folders: Folders, index: number): string {
  return join(folders.ledgers, `p${index}.ndjson`);
}

async function beginPipeline(
  root: string,
  folders: Folders,
  place: workload.StreamPlace,
): Promise<void> {
  // The end of the block kills it: the first of the deaths.
  await using helios = await HeliosProcess.start({
    dataDirectory: folders.data,
    root,
    environment: workload.environment,
  });
  await workload.createPipeline(helios, folders, { place });
}

function powerCutOf(folders: Folders, random: SeededRandom): PowerCut {
  const syncs = join(folders.base, 'syncs.ndjson');
  return new PowerCut([folders.data, folders.tables], syncs, random);
}

type Running = {
  readonly target: Target;
  readonly loads: readonly StreamLoad[];
  readonly askers: readonly Asker[];
};

/** The last life: what is owed is sent, the pipeline catches up, everything stops in order. */
async function endOf(
  root: string,
  folders: Folders,
  { target, loads, askers }: Running,
): Promise<readonly string[]> {
  const { environment } = workload;
  await using helios = new HeliosProcess({ dataDirectory: folders.data, root, environment });
  try {
    target.url = await helios.ready();
    await untilPosts(helios, await postsOf(loads));
    await Promise.all(askers.map(async (asker) => await asker.stop()));
    await stopPipeline(helios);
    const { code } = await helios.stop();
    return code === 0 ? [] : [`helios ended with ${String(code)}:\n${helios.output}`];
  } catch (thrown) {
    const pipelines = await helios.call('GET', '/api/v1/pipelines').catch(() => undefined);
    const state = JSON.stringify(pipelines);
    return [`the last life failed: ${String(thrown)}\n${state}\n${helios.output}`];
  } finally {
    target.url = undefined;
    target.isClosed = true;
    await Promise.all([...loads, ...askers].map(async (one) => await one.stop()));
  }
}

/** Loads without posts first: what they leave open may hide what is behind it. */
export async function postsOf(loads: readonly StreamLoad[]): Promise<readonly number[]> {
  const posts: number[] = [];
  for (const load of loads) posts.push(...(await load.stop()));
  return posts;
}

export async function stopPipeline(helios: HeliosProcess): Promise<void> {
  const path = `/api/v1/pipelines/${workload.pipelineName}`;
  await helios.call('PATCH', path, { state: 'stopped' });
}
