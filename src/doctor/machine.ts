import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { duckdbVersion } from './duckdb-version.ts';
import { type Check, fail, type Finding, ok, reasonOf, warn } from './check.ts';

/** What Helios needs of the machine whatever its data and address are. */
export function machineChecks(clock: Clock): readonly Check[] {
  return [
    {
      name: 'Node',
      why: 'Helios runs its TypeScript and keeps its catalog by what is part of Node.',
      run: async () => nodeFinding(process.versions.node),
    },
    {
      name: 'DuckDB',
      why: 'It decodes events, runs SQL and writes Parquet: without it nothing does.',
      run: duckdbFinding,
    },
    {
      name: 'clock',
      why: 'Arrival times, retention and the names of files go by it.',
      run: async () => clockFinding(clock.nowMs()),
    },
    {
      name: 'memory limit of queries',
      why: 'One greedy query must not take the memory that events need.',
      run: memoryLimitFinding,
    },
    {
      name: 'network of queries',
      why: 'A query sees the data: it must have no way to send it anywhere.',
      run: networkFinding,
    },
  ];
}

const nodeMajorMin = 24;

/** Exported for its test. */
export function nodeFinding(version: string): Finding {
  const major = Number(version.split('.', 1)[0]);
  if (major >= nodeMajorMin) return ok(version);
  return fail(
    `${version} is too old`,
    `Install Node ${nodeMajorMin} or newer; in a clone, npm start brings its own.`,
  );
}

async function duckdbFinding(): Promise<Finding> {
  try {
    return ok(await duckdbVersion());
  } catch (thrown) {
    return fail(
      `does not load: ${reasonOf(thrown)}`,
      'Install again with: npm install. There are builds for Linux (glibc), macOS and Windows.',
    );
  }
}

const clockEarliestMs = Date.parse('2025-01-01T00:00:00Z');
const clockLatestMs = Date.parse('2100-01-01T00:00:00Z');

/** Exported for its test. */
export function clockFinding(nowMs: number): Finding {
  const text = new Date(nowMs).toISOString();
  if (nowMs > clockEarliestMs && nowMs < clockLatestMs) return ok(text);
  return fail(`says ${text}`, 'Set the clock: arrival times, retention and file names go by it.');
}

async function memoryLimitFinding(): Promise<Finding> {
  if (await runs('prlimit', ['--version'])) return ok('prlimit bounds the memory of a query');
  return warn(
    'prlimit is missing: a watchdog stops queries that take too much memory, a little later',
    process.platform === 'linux' ? 'Install util-linux.' : 'Only Linux has it. Nothing to do.',
  );
}

async function networkFinding(): Promise<Finding> {
  if (await runs('unshare', ['--map-root-user', '--net', 'true'])) {
    return ok('unshare takes the network from queries');
  }
  return warn(
    'unshare does not work here: queries are kept from the network by the gate and DuckDB alone',
    process.platform === 'linux'
      ? 'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone, or AppArmor).'
      : 'Only Linux has it. Nothing to do.',
  );
}

const toolTimeoutMs = 5_000;

async function runs(file: string, words: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(file, [...words], { timeout: toolTimeoutMs });
    return true;
  } catch {
    // Why it does not run makes no difference: it can't be used.
    return false;
  }
}
