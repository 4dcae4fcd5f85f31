import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { SeededRandom } from '../../src/cli/generate/random.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import type { Verdict } from './judge.ts';
import { judgeFiled, type TortureReport } from './run.ts';
import * as workload from './workload.ts';

export type OwnersOptions = {
  readonly seed: number;
  readonly rounds: number;
  readonly root: string;
  readonly folder: string;
  readonly python: string;
};

export type OwnersReport = Pick<TortureReport, 'verdicts' | 'faults'> & {
  /** Rounds in which one of the two said that it was fenced. */
  readonly fenced: number;
};

const deadlineMs = 120_000;
const headStartMsMax = 1_000;
/** Enough to keep the first one busy until the second has come up. */
const fileEventCount = 3_000_000;

/**
 * Two processes that both think they own a pipeline, as where a lock on a network file system is
 * lost: the lock's file is removed, and a second process takes a new one. The pipeline reads a
 * file, so that each row must be in the table once.
 */
export async function twoOwners(options: OwnersOptions): Promise<OwnersReport> {
  const random = new SeededRandom(options.seed);
  const verdicts: Verdict[] = [];
  const faults: string[] = [];
  let fenced = 0;
  for (let round = 1; round <= options.rounds; round++) {
    const folders = workload.makeFolders(join(options.folder, `owners-${round}`));
    const headStartMs = random.next() * headStartMsMax;
    const end = await race(options.root, folders, headStartMs).catch((thrown: unknown) => ({
      isFenced: false,
      fault: String(thrown),
    }));
    if (end.isFenced) fenced++;
    if (end.fault !== undefined) faults.push(end.fault);
    verdicts.push(judgeFiled(options.python, folders, fileEventCount));
  }
  if (fenced === 0) faults.push('no process was ever fenced');
  return { verdicts, faults, fenced };
}

type End = { readonly isFenced: boolean; readonly fault: string | undefined };

async function race(root: string, folders: workload.Folders, headStartMs: number): Promise<End> {
  const options = { dataDirectory: folders.data, root };
  await using first = await HeliosProcess.start(options);
  await workload.createPipelines(first, folders, { names: ['from_file'], fileEventCount });
  await sleep(headStartMs);
  rmSync(join(folders.data, 'lock.db'));
  await using second = await HeliosProcess.start(options);
  const untilMs = Date.now() + deadlineMs;
  for (;;) {
    const ends = await Promise.all([stateOf(first), stateOf(second)]);
    const isFenced = ends.some(({ error }) => error?.code === 'fenced');
    if (ends.some(({ state }) => state === 'finished')) return { isFenced, fault: undefined };
    if (Date.now() > untilMs) return { isFenced, fault: `no end: ${JSON.stringify(ends)}` };
    await sleep(200);
  }
}

type State = { readonly state: string; readonly error?: { readonly code: string } };

async function stateOf(helios: HeliosProcess): Promise<State> {
  const { state, error } = await helios.call<State>('GET', '/api/v1/pipelines/from_file');
  return error === undefined ? { state } : { state, error };
}
