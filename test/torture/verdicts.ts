import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countIds, judgeCounts, readDelta, type Belongs, type Verdict } from './judge.ts';
import type { Entry } from './ledger.ts';
import { judgeRawFiles } from './raw-files.ts';
import { closingEntry, fileEntry, type Folders } from './workload.ts';

/** A run that is over: where everything is, and what was sent. */
export type Evidence = {
  /** A Python that has delta-rs. */
  readonly python: string;
  readonly folders: Folders;
  readonly entries: readonly Entry[];
};

/** Every place that the five pipelines write to. */
export function judgeAll(evidence: Evidence, fileEventCount: number): readonly Verdict[] {
  const fromFile = { ...evidence, entries: [fileEntry(fileEventCount)] };
  return [
    ...judgeTables(evidence),
    judgeTable(fromFile, 'filed', ({ goodIds }) => goodIds),
    ...judgeRawFiles(evidence),
    judgeCopy(evidence),
    ...judgeStates(evidence),
    ...['tables', 'raw', 'copy', 'states'].map((pipeline) => judgeQuarantine(evidence, pipeline)),
  ];
}

/** What the pipeline `tables` writes. */
export function judgeTables(evidence: Evidence): readonly Verdict[] {
  return [
    judgeTable(evidence, 'everything', ({ goodIds }) => goodIds),
    judgeTable(evidence, 'even', ({ goodIds }) => goodIds.filter((id) => id % 2 === 0)),
  ];
}

/**
 * What the pipeline `states` writes: each id is in one list of each table. The window of the last
 * event stays open.
 */
function judgeStates(evidence: Evidence): readonly Verdict[] {
  const closed = evidence.entries.filter((entry) => entry !== closingEntry);
  return [
    judgeTable(evidence, 'batches', ({ goodIds }) => goodIds, 'unnest(ids)'),
    judgeTable(
      { ...evidence, entries: closed },
      'seconds',
      ({ goodIds }) => goodIds,
      'unnest(ids)',
    ),
  ];
}

/** What the pipeline `copy` writes. */
export function judgeCopy({ folders, entries }: Evidence): Verdict {
  const text = readFileSync(join(folders.tables, 'copy.ndjson'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  const whole = lines.filter((line) => /^\{"id":\d+\}$/.test(line));
  const ids = whole.map((line) => (JSON.parse(line) as { id: number }).id);
  const verdict = judgeCounts('copy.ndjson', entries, ({ goodIds }) => goodIds, countIds(ids));
  const torn = lines.length - whole.length;
  return { ...verdict, faults: torn === 0 ? [] : [`copy.ndjson has ${torn} torn lines`] };
}

function judgeTable(evidence: Evidence, name: string, belongs: Belongs, column = 'id'): Verdict {
  const { python, folders, entries } = evidence;
  const table = join(folders.tables, name);
  const read = readDelta(python, { table, column, folder: folders.base });
  const verdict = judgeCounts(name, entries, belongs, countIds(read.values.map(Number)));
  return { ...verdict, faults: read.faults };
}

/** What a pipeline rejected: what holds no event's number was sent by nobody. */
function judgeQuarantine({ python, folders, entries }: Evidence, pipeline: string): Verdict {
  const read = readDelta(python, {
    table: join(folders.data, 'tables', 'quarantine'),
    column: `CASE WHEN pipeline = '${pipeline}' THEN coalesce(raw_text, 'no text') END`,
    folder: folders.base,
  });
  const texts = read.values.filter((value) => typeof value === 'string');
  const ids = texts.map((text, index) => Number(/"id": (\d+)/.exec(text)?.[1] ?? -1 - index));
  const name = `quarantine of ${pipeline}`;
  const verdict = judgeCounts(name, entries, ({ badIds }) => badIds, countIds(ids));
  return { ...verdict, faults: read.faults };
}
