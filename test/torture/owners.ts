import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { CrashPointName } from '../../src/base/crash-point.ts';
import { SeededRandom } from '../../src/cli/generate/random.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import type { Verdict } from './judge.ts';
import { judgeFiled, type TortureReport } from './run.ts';
import * as workload from './workload.ts';

export type OwnersOptions = {
  readonly seed: number;
  /** Two at least: the points take turns. */
  readonly rounds: number;
  readonly root: string;
  readonly folder: string;
  readonly python: string;
};

export type OwnersReport = Pick<TortureReport, 'verdicts' | 'faults'> & {
  /** Rounds in which the first owner said that it had been fenced. */
  readonly fenced: number;
};

const fileEventCount = 1_000_000;
const deadlineMs = 60_000;
const checkIntervalMs = 50;
const wakeAfterMsMax = 2_000;

/** Where the first owner falls asleep: with an epoch, or a roll, all but done. */
const points: readonly CrashPointName[] = ['before-manifest', 'before-commit'];

/**
 * Two processes that both think they own a pipeline:
 *
 * ```
 * first   reads ─▶ about to commit ─ asleep ················ awake ─▶ commits?
 * second                              takes over ─▶ reads ─▶ commits ─▶ done
 * ```
 *
 * The first one's lock is lost meanwhile, as on a network file system: its file is removed, so that the
 * second can take a new one. The pipeline reads a file: each row must be in the table once.
 */
export async function twoOwners(options: OwnersOptions): Promise<OwnersReport> {
  const random = new SeededRandom(options.seed);
  const verdicts: Verdict[] = [];
  const faults: string[] = [];
  let fenced = 0;
  for (let round = 0; round < options.rounds; round++) {
    const folders = workload.makeFolders(join(options.folder, `owners-${round}`));
    const point = points[round % points.length]!;
    const wakeAfterMs = random.next() * wakeAfterMsMax;
    try {
      if (await race(options.root, folders, { point, wakeAfterMs })) fenced++;
    } catch (thrown) {
      faults.push(`two owners, ${point}: ${String(thrown)}`);
    }
    verdicts.push(judgeFiled(options.python, folders, fileEventCount));
  }
  // One that slept over its last roll has nothing left to be fenced from.
  if (fenced === 0) faults.push('no owner was ever fenced');
  return { verdicts, faults, fenced };
}

type Plan = { readonly point: CrashPointName; readonly wakeAfterMs: number };

/** Whether the first owner was fenced. */
async function race(
  root: string,
  folders: workload.Folders,
  { point, wakeAfterMs }: Plan,
): Promise<boolean> {
  const options = { dataDirectory: folders.data, root };
  await using first = await HeliosProcess.start({
    ...options,
    environment: { HELIOS_CRASH_AT: `${point}:1:SIGSTOP` },
  });
  // It may fall asleep before it answers.
  const creating = workload.createPipelines(first, folders, {
    names: ['from_file'],
    fileEventCount,
  });
  await until('the first owner sleeps', async () => isStopped(first.pid));
  rmSync(join(folders.data, 'lock.db'));
  await using second = await HeliosProcess.start(options);
  await sleep(wakeAfterMs);
  first.kill('SIGCONT');
  await creating;
  await until('the second one is done', async () => (await stateOf(second)).state === 'finished');
  await until('the first one has ended', async () =>
    ['finished', 'failed'].includes((await stateOf(first)).state),
  );
  return (await stateOf(first)).error?.code === 'fenced';
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

type State = { readonly state: string; readonly error?: { readonly code: string } };

async function stateOf(helios: HeliosProcess): Promise<State> {
  const { state, error } = await helios.call<State>('GET', '/api/v1/pipelines/from_file');
  return error === undefined ? { state } : { state, error };
}
