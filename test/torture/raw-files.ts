import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Belongs, countIds, judgeCounts, type Verdict } from './judge.ts';
import type { Evidence } from './verdicts.ts';

/** What the pipeline `raw` writes. */
export function judgeRawFiles(evidence: Evidence): readonly Verdict[] {
  return [
    judgeFolder(evidence, 'raw_lines', ({ goodIds }) => goodIds),
    judgeFolder(evidence, 'raw_parquet', ({ goodIds }) => goodIds.filter((id) => id % 2 === 1)),
  ];
}

/** The rows of the files that are listed; each other file that a reader could see is a fault. */
export function judgeFolder(
  { python, folders, entries }: Evidence,
  name: string,
  belongs: Belongs,
): Verdict {
  const outPath = join(folders.base, 'judged-files.ndjson');
  const script = join(import.meta.dirname, 'judge_files.py');
  const words = [script, join(folders.tables, name), 'id', outPath];
  const { stdout, stderr, status } = spawnSync(python, words, { encoding: 'utf8' });
  if (status !== 0) {
    const reason = stderr.trimEnd().split('\n').at(-1);
    const verdict = judgeCounts(name, entries, belongs, countIds([]));
    return { ...verdict, faults: [`${name} can't be judged: ${reason}`] };
  }
  const ids = readFileSync(outPath, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
  const faults = JSON.parse(stdout) as readonly string[];
  return { ...judgeCounts(name, entries, belongs, countIds(ids)), faults };
}
