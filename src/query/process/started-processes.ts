import { mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { ProcessPool } from './process-pool.ts';
import { QueryProcess } from './query-process.ts';
import { probeSandbox, type Sandbox } from '../../base/sandbox.ts';

export type QueryLimits = {
  /** Query processes at one time, the warm spare included. */
  readonly processesMax: number;
  /** Queries that may wait for a process. */
  readonly waitingMax: number;
  readonly queriesPerProcessMax: number;
  /**
   * A process keeps the links to its queries' files for so long, for the next query: what was
   * deleted meanwhile takes up its space until then.
   */
  readonly linksKeptMs: number;
  /** DuckDB's own limit in each process; the system lets it have 512 MB more. */
  readonly memoryBytes: number;
  readonly spillBytesMax: number;
  readonly threads: number;
  readonly timeoutDefaultMs: number;
  readonly timeoutMaxMs: number;
  /** Rows of a JSON result when the request says nothing. */
  readonly rowsDefault: number;
};

const queryLimits: QueryLimits = {
  processesMax: Math.max(2, availableParallelism()),
  waitingMax: 256,
  queriesPerProcessMax: 500,
  linksKeptMs: 10_000,
  memoryBytes: 512 * 1024 * 1024,
  spillBytesMax: 8 * 1024 * 1024 * 1024,
  threads: availableParallelism(),
  timeoutDefaultMs: 60_000,
  timeoutMaxMs: 600_000,
  rowsDefault: 10_000,
};

export type ProcessesOptions = {
  /** Private folders of the processes are made here; those that a crash left are removed. */
  readonly tempDirectory: string;
  readonly limits?: Partial<QueryLimits> | undefined;
  readonly clock?: Clock | undefined;
};

/** Query processes, the first of which is starting; whoever has them closes the pool. */
export type QueryProcesses = {
  readonly pool: ProcessPool;
  readonly sandbox: Sandbox;
  readonly limits: QueryLimits;
  readonly clock: Clock;
};

/**
 * Starts the first query process, and resolves without waiting for it. Loads little itself: a
 * process takes as long to be ready as the rest of Helios takes to load, and both can be at once.
 */
export async function startProcesses(options: ProcessesOptions): Promise<QueryProcesses> {
  const { tempDirectory } = options;
  const limits = { ...queryLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  await removeLeftovers(tempDirectory);
  const sandbox = await probeSandbox(tempDirectory);
  const pool = new ProcessPool({
    ...limits,
    clock,
    start: () => QueryProcess.start({ ...limits, tempDirectory, sandbox, clock }),
  });
  pool.warm();
  return { pool, sandbox, limits, clock };
}

const leftoverPrefix = 'query-';

async function removeLeftovers(tempDirectory: string): Promise<void> {
  await mkdir(tempDirectory, { recursive: true });
  for (const name of await readdir(tempDirectory)) {
    if (!name.startsWith(leftoverPrefix)) continue;
    await rm(join(tempDirectory, name), { recursive: true, force: true });
  }
}
