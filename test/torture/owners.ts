import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { CrashPointName } from '../../src/base/crash-point.ts';
import { SeededRandom } from '../../src/cli/generate/random.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import type { Verdict } from './judge.ts';
import type { TortureReport } from './run.ts';
import { judgeRawFiles } from './raw-files.ts';
import { type Evidence, judgeCopy, judgeTables } from './verdicts.ts';
import * as workload from './workload.ts';

export type OwnersOptions = {
  readonly seed: number;
  /** Four at least for all of them: the cases take turns. */
  readonly rounds: number;
  readonly root: string;
  readonly folder: string;
  readonly python: string;
};

export type OwnersReport = Pick<TortureReport, 'verdicts' | 'faults'> & {
  /** Rounds in which one of the owners said that it had been fenced. */
  readonly fenced: number;
};

const eventCount = 1_000_000;
const eventsPerRequest = 50_000;
const deadlineMs = 60_000;
const checkIntervalMs = 50;
const wakeAfterMsMax = 1_000;

type Case = {
  /** Where the first owner falls asleep. */
  readonly first: CrashPointName;
  /** Where the second one does: the first wakes up before it. */
  readonly second?: CrashPointName;
  readonly pipeline: 'copy' | 'tables' | 'raw';
};

/**
 * All but done with an epoch that is in a file, which nothing but the manifest protects; all but done
 * with a roll; both of them with the same roll; and all but done with a roll of raw files.
 */
const cases: readonly Case[] = [
  { first: 'before-manifest', pipeline: 'copy' },
  { first: 'before-commit', pipeline: 'tables' },
  { first: 'before-commit', second: 'after-data-file', pipeline: 'tables' },
  { first: 'before-commit', pipeline: 'raw' },
];

/**
 * Two processes that both think they own a pipeline:
 *
 * ```
 * first   reads ─▶ about to commit ─ asleep ················ awake ─▶ commits?
 * second                              takes over ─▶ reads ─▶ commits ─▶ done
 * ```
 *
 * The first one's lock is lost meanwhile, as on a network file system: its file is removed, so that the
 * second can take a new one. All events are in the log before: each must have its effect once.
 */
export async function twoOwners(options: OwnersOptions): Promise<OwnersReport> {
  const random = new SeededRandom(options.seed);
  const entries = [workload.fileEntry(eventCount)];
  const verdicts: Verdict[] = [];
  const faults: string[] = [];
  let fenced = 0;
  for (let round = 0; round < options.rounds; round++) {
    const folders = workload.makeFolders(join(options.folder, `owners-${round}`));
    const plan = { ...cases[round % cases.length]!, wakeAfterMs: random.next() * wakeAfterMsMax };
    try {
      if (await race(options.root, folders, plan)) fenced++;
    } catch (thrown) {
      faults.push(`two owners, ${plan.first}: ${String(thrown)}`);
    }
    const evidence = { python: options.python, folders, entries };
    verdicts.push(...judges[plan.pipeline](evidence));
  }
  // One that slept over its last roll has nothing left to be fenced from.
  if (fenced === 0) faults.push('no owner was ever fenced');
  return { verdicts, faults, fenced };
}

const judges = {
  copy: (evidence: Evidence): readonly Verdict[] => [judgeCopy(evidence)],
  tables: judgeTables,
  raw: judgeRawFiles,
} as const;

type Plan = Case & {
  /** How long the second owner runs before the first wakes up, where it does not sleep itself. */
  readonly wakeAfterMs: number;
};

/** Whether one of the owners was fenced. */
async function race(root: string, folders: workload.Folders, plan: Plan): Promise<boolean> {
  const { pipeline } = plan;
  const options = { dataDirectory: folders.data, root };
  await using first = await HeliosProcess.start({ ...options, environment: asleepAt(plan.first) });
  await sendEvents(first);
  // It may fall asleep before it answers.
  const creating = workload.createPipeline(first, folders, pipeline);
  await until('the first owner sleeps', async () => isStopped(first.pid));
  rmSync(join(folders.data, 'lock.db'));
  await using second = new HeliosProcess({ ...options, environment: asleepAt(plan.second) });
  if (plan.second === undefined) {
    await second.ready();
    await sleep(plan.wakeAfterMs);
  } else await until('the second owner sleeps', async () => isStopped(second.pid));
  first.kill('SIGCONT');
  await creating;
  await throughOf('first', first, pipeline);
  second.kill('SIGCONT');
  await throughOf('second', second, pipeline);
  // Under load the first one may win an epoch while the second one still starts.
  const ends = [await endOf(first, pipeline), await endOf(second, pipeline)];
  if (!ends.includes('done')) throw new Error(`no owner won: they are ${ends.join(' and ')}`);
  const winner = ends[1] === 'done' ? second : first;
  await winner.call('PATCH', `/api/v1/pipelines/${pipeline}`, { state: 'stopped' });
  return ends.includes('fenced');
}

async function throughOf(which: string, owner: HeliosProcess, pipeline: string): Promise<void> {
  await until(`the ${which} one is through`, async () => {
    const state = await stateOf(owner, pipeline);
    return state.state === 'failed' || isDone(state);
  });
}

/** Whatever else it failed of than being fenced is a fault. */
async function endOf(owner: HeliosProcess, pipeline: string): Promise<'done' | 'fenced'> {
  const state = await stateOf(owner, pipeline);
  if (state.state !== 'failed') return 'done';
  if (state.error?.code === 'fenced') return 'fenced';
  throw new Error(`an owner failed: ${JSON.stringify(state.error)}`);
}

function asleepAt(point: CrashPointName | undefined): Readonly<Record<string, string>> {
  return point === undefined ? {} : { HELIOS_CRASH_AT: `${point}:1:SIGSTOP` };
}

async function sendEvents(helios: HeliosProcess): Promise<void> {
  await helios.call('POST', '/api/v1/streams', { name: workload.stream });
  const lines = workload.fileEvents(eventCount);
  for (let from = 0; from < lines.length; from += eventsPerRequest) {
    const body = lines.slice(from, from + eventsPerRequest).join('');
    const response = await helios.request(`/ingest/${workload.stream}`, { method: 'POST', body });
    if (!response.ok) throw new Error(`ingest: ${response.status} ${await response.text()}`);
  }
}

/** Stopped by a signal, as /proc says. */
function isStopped(pid: number): boolean {
  return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + deadlineMs;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`in vain waited until ${what}`);
    await sleep(checkIntervalMs);
  }
}

type State = {
  readonly state: string;
  readonly error?: { readonly code: string };
  readonly sources: readonly { readonly bytes_behind?: number }[];
};

function isDone({ state, sources }: State): boolean {
  const isAtEnd = sources.every((source) => source.bytes_behind === 0);
  return state === 'running' && sources.length > 0 && isAtEnd;
}

async function stateOf(helios: HeliosProcess, pipeline: string): Promise<State> {
  return await helios.call<State>('GET', `/api/v1/pipelines/${pipeline}`);
}
