import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from './ledger.ts';

/** What delta-rs says about a table's log. */
type LogFacts = {
  readonly version: number;
  readonly versions: readonly number[];
  readonly checkpoints: number;
  readonly missingFiles: readonly string[];
  readonly files: number;
};

/** How often each id occurs somewhere. */
export type Counts = ReadonlyMap<number, number>;

export type Verdict = {
  readonly what: string;
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
  /** There, but never sent, or not meant for this place. */
  readonly phantom: number;
  /** Requests of unknown fate of which a part is there. */
  readonly torn: number;
  /** Anything else that is wrong, in words. */
  readonly faults: readonly string[];
};

/** Whether an id belongs in the place that is judged. */
export type Belongs = (request: Entry['request']) => readonly number[];

/** Holds what is there against what was sent. */
export function judgeCounts(
  what: string,
  entries: readonly Entry[],
  belongs: Belongs,
  counts: Counts,
): Verdict {
  const sent = new Set<number>();
  let [expected, lost, torn] = [0, 0, 0];
  for (const { request, isAcknowledged } of entries) {
    const ids = belongs(request);
    for (const id of ids) sent.add(id);
    const present = ids.filter((id) => counts.has(id)).length;
    if (isAcknowledged) {
      expected += ids.length;
      lost += ids.length - present;
    } else if (present !== 0 && present !== ids.length) torn++;
  }
  const found = [...counts];
  return {
    what,
    expected,
    lost,
    doubled: found.filter(([id, count]) => sent.has(id) && count > 1).length,
    phantom: found.filter(([id]) => !sent.has(id)).length,
    torn,
    faults: [],
  };
}

export function isGood(verdict: Verdict): boolean {
  const { lost, doubled, phantom, torn, faults } = verdict;
  return lost + doubled + phantom + torn + faults.length === 0;
}

export type DeltaRead = { readonly values: readonly unknown[]; readonly faults: readonly string[] };

/** A column of a Delta table as delta-rs reads it, and what is wrong with the table's log. */
export function readDelta(
  python: string,
  options: { readonly table: string; readonly column: string; readonly folder: string },
): DeltaRead {
  const outPath = join(options.folder, 'judged.ndjson');
  const script = join(import.meta.dirname, 'judge.py');
  const { stdout, stderr, status } = spawnSync(
    python,
    [script, options.table, options.column, outPath],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    const reason = stderr.trimEnd().split('\n').at(-1);
    return { values: [], faults: [`delta-rs can't read ${options.table}: ${reason}`] };
  }
  const facts = JSON.parse(stdout) as LogFacts;
  const values = readFileSync(outPath, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
  return { values, faults: faultsOf(facts) };
}

function faultsOf(facts: LogFacts): readonly string[] {
  const faults = facts.missingFiles.map((file) => `the log names ${file}, which is not there`);
  const { versions, version } = facts;
  const isContiguous = versions.every(
    (value, index) => index === 0 || value === versions[index - 1]! + 1,
  );
  if (!isContiguous) faults.push(`the log has gaps: ${versions.join(', ')}`);
  if (versions.at(-1) !== version) faults.push(`the newest version is not ${version}`);
  if (versions[0] !== 0 && facts.checkpoints === 0) {
    faults.push('the beginning of the log is gone, and there is no checkpoint');
  }
  return faults;
}

export function countIds(ids: Iterable<number>): Counts {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
