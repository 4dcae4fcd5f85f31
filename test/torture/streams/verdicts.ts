import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countIds, judgeCounts, readDelta, type Verdict } from '../judge.ts';
import type { Entry } from '../ledger.ts';
import { type Evidence, judgeQuarantine } from '../verdicts.ts';
import { pipelineName, tableName } from './workload.ts';

/** An event as it was found somewhere. */
export type Found = {
  readonly id: number;
  readonly key: string;
  /** Its partition or shard, and where it stood there. */
  readonly part: string;
  readonly place: bigint;
};

/**
 * What the table and the file hold against what was sent. A request that wasn't acknowledged may be
 * there in part, but for transactions: their ledgers are `atomic`.
 */
export function judgeStream(evidence: Evidence, atomic: readonly Entry[]): readonly Verdict[] {
  const entries = [...evidence.entries.flatMap(apart), ...atomic];
  const verdicts = [
    judgeTable(evidence, entries),
    judgeQuarantine({ ...evidence, entries }, pipelineName),
  ];
  const copy = join(evidence.folders.tables, 'copy.ndjson');
  return existsSync(copy) ? [...verdicts, judgeFile(copy, entries)] : verdicts;
}

/** Each event as a request of its own. */
function apart({ request, isAcknowledged }: Entry): readonly Entry[] {
  const { goodIds, badIds } = request;
  const good = goodIds.map((id) => ({ ...request, goodIds: [id], badIds: [] }));
  const bad = badIds.map((id) => ({ ...request, goodIds: [], badIds: [id] }));
  return [...good, ...bad].map((one) => ({ request: one, isAcknowledged }));
}

function judgeTable({ python, folders }: Evidence, entries: readonly Entry[]): Verdict {
  const words = ['id', 'part', 'place', 'key'].map((name) => `CAST(${name} AS VARCHAR)`);
  const read = readDelta(python, {
    table: join(folders.tables, tableName),
    column: `concat(${words.join(", ' ', ")})`,
    folder: folders.base,
  });
  const rows = read.values.map(parseRow);
  const ids = countIds(rows.map(({ id }) => id));
  const verdict = judgeCounts(tableName, entries, ({ goodIds }) => goodIds, ids);
  return { ...verdict, faults: [...read.faults, ...doublesOf(rows), ...disorderByPlace(rows)] };
}

function judgeFile(path: string, entries: readonly Entry[]): Verdict {
  const lines = readFileSync(path, 'utf8').split('\n');
  const whole = lines.filter((line) => /^\{"id":\d+,"key":"[^"]+"\}$/.test(line));
  const rows = whole.map((line) => JSON.parse(line) as Pick<Found, 'id' | 'key'>);
  const ids = countIds(rows.map(({ id }) => id));
  const verdict = judgeCounts('copy.ndjson', entries, ({ goodIds }) => goodIds, ids);
  const tornCount = lines.filter((line) => line !== '').length - whole.length;
  const torn = tornCount === 0 ? [] : [`copy.ndjson has ${tornCount} torn lines`];
  return { ...verdict, faults: [...torn, ...disorder('copy.ndjson', rows)] };
}

function parseRow(value: unknown): Found {
  const [id, part = '', place = '', key = ''] = String(value).split(' ');
  return { id: Number(id), part, place: BigInt(place), key };
}

/** Keys whose events are not in the order in which they were sent. */
export function disorder(
  what: string,
  rows: Iterable<Pick<Found, 'id' | 'key'>>,
): readonly string[] {
  const newest = new Map<string, number>();
  const wrong: string[] = [];
  for (const { id, key } of rows) {
    const before = newest.get(key) ?? 0;
    if (id < before) wrong.push(`${id} of ${key} after ${before}`);
    newest.set(key, id);
  }
  if (wrong.length === 0) return [];
  return [`${what}: ${wrong.length} events are out of order, the first ${wrong[0]}`];
}

/** The table's rows in the order of the stream's own places, one partition after another. */
export function disorderByPlace(rows: readonly Found[]): readonly string[] {
  const parts = Map.groupBy(rows, ({ part }) => part);
  return [...parts].flatMap(([part, found]) => {
    const sorted = found.toSorted((left, right) => (left.place < right.place ? -1 : 1));
    return disorder(`${tableName}, ${part}`, sorted);
  });
}

/** Where doubles come from: two records of the stream, or one that was taken twice. */
function doublesOf(rows: readonly Found[]): readonly string[] {
  const twice = [...Map.groupBy(rows, ({ id }) => id).values()].filter(({ length }) => length > 1);
  if (twice.length === 0) return [];
  const stood = new Set(rows.map(({ part, place }) => `${part} ${place}`)).size;
  return [
    `${rows.length} rows of ${stood} places in the stream; doubled, for example: ` +
      twice[0]!.map(({ id, part, place }) => `${id} at ${part} ${place}`).join(', '),
  ];
}
