import { countIds, judgeCounts, type Verdict } from '../judge.ts';
import type { Entry } from '../ledger.ts';
import type { Evidence } from '../verdicts.ts';
import { type Found, type Outcome, type Place, readOutcome, type Rejected } from './outcome.ts';
import { tableName } from './workload.ts';

/** Shard → what it was made from; none where partitions have no parents. */
export type Parents = ReadonlyMap<string, readonly string[]>;

/** What was sent: requests that may be there in part, and those of transactions. */
export type Sent = { readonly entries: readonly Entry[]; readonly atomic: readonly Entry[] };

/**
 * What the table, the quarantine and the file hold against what was sent. A request that wasn't
 * acknowledged may be there in part, but for transactions.
 */
export function judgeStream(
  evidence: Evidence,
  atomic: readonly Entry[],
  parents: Parents,
): readonly Verdict[] {
  const { entries } = evidence;
  return judgeOutcome(readOutcome(evidence), { entries, atomic }, parents);
}

/**
 * The rules, one verdict a kind:
 *
 * - every event that was acknowledged has one row, or one entry in quarantine where it was bad, and
 *   every row and entry is of an event that was sent, and meant for there;
 * - no place of the stream is there twice, in the table and the quarantine together;
 * - the keys' events are in the order of sending by their places, and the file has each partition
 *   in the order of its places, and all of a shard before anything of what came of it;
 * - the file has what the table has.
 */
export function judgeOutcome(
  outcome: Outcome,
  { entries, atomic }: Sent,
  parents: Parents,
): readonly Verdict[] {
  const { rows, rejected, copied, faults } = outcome;
  const requests = [...entries.flatMap(apart), ...atomic];
  const table = judgeGood(tableName, requests, rows);
  const verdicts = [
    { ...table, faults: [...faults, ...disorderByPlace(rows)] },
    judgeQuarantine(requests, rejected),
    judgePlaces([...rows, ...rejected]),
  ];
  if (copied === undefined) return verdicts;
  const copy = judgeGood('copy.ndjson', requests, copied);
  const wrong = [
    ...disorder('copy.ndjson', copied),
    ...disorderOfLines(copied, parents),
    ...differences(rows, copied),
  ];
  return [...verdicts, { ...copy, faults: wrong }];
}

/** Each event as a request of its own. */
function apart({ request, isAcknowledged }: Entry): readonly Entry[] {
  const { goodIds, badIds } = request;
  const good = goodIds.map((id) => ({ ...request, goodIds: [id], badIds: [] }));
  const bad = badIds.map((id) => ({ ...request, goodIds: [], badIds: [id] }));
  return [...good, ...bad].map((one) => ({ request: one, isAcknowledged }));
}

function judgeGood(what: string, requests: readonly Entry[], rows: readonly Found[]): Verdict {
  return judgeCounts(what, requests, ({ goodIds }) => goodIds, countIds(rows.map(({ id }) => id)));
}

/** What nobody sent has a number of its own each, that nobody's event has. */
function judgeQuarantine(requests: readonly Entry[], rejected: readonly Rejected[]): Verdict {
  const counts = countIds(rejected.map(({ id }, index) => id ?? -1 - index));
  const verdict = judgeCounts('quarantine', requests, ({ badIds }) => badIds, counts);
  const unsent = rejected.filter(({ id }) => id === undefined);
  const [first] = unsent;
  if (first === undefined) return verdict;
  const { text } = first;
  const example = `${JSON.stringify(text)} at ${placeName(first)}`;
  return { ...verdict, faults: [`${unsent.length} records that nobody sent, as ${example}`] };
}

/** One record of the stream has one effect, whatever it says of itself. */
function judgePlaces(found: readonly Place[]): Verdict {
  const places = Map.groupBy(found, placeName);
  const twice = [...places].filter(([, { length }]) => length > 1).map(([name]) => name);
  return {
    what: 'places in the stream',
    expected: places.size,
    lost: 0,
    doubled: twice.length,
    phantom: 0,
    torn: 0,
    faults: twice.length === 0 ? [] : [`${twice[0]} was read more than once`],
  };
}

function placeName({ part, place }: Place): string {
  return `${part} ${place}`;
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
function disorderByPlace(rows: readonly Found[]): readonly string[] {
  const parts = Map.groupBy(rows, ({ part }) => part);
  return [...parts].flatMap(([part, found]) => {
    const sorted = found.toSorted((left, right) => (left.place < right.place ? -1 : 1));
    return disorder(`${tableName}, ${part}`, sorted);
  });
}

/** Lines that come before one of an earlier place, or of a shard that their own was made from. */
function disorderOfLines(lines: readonly Found[], parents: Parents): readonly string[] {
  const newest = new Map<string, bigint>();
  /** Shard → one that came of it and was begun. */
  const heirs = new Map<string, string>();
  const wrong: string[] = [];
  for (const line of lines) {
    const { part, place } = line;
    const before = newest.get(part);
    if (before === undefined)
      for (const ancestor of ancestorsOf(part, parents)) heirs.set(ancestor, part);
    if (before !== undefined && place <= before) wrong.push(`${placeName(line)} after ${before}`);
    const heir = heirs.get(part);
    if (heir !== undefined) wrong.push(`${placeName(line)} after records of ${heir}`);
    newest.set(part, place);
  }
  if (wrong.length === 0) return [];
  return [`copy.ndjson: ${wrong.length} lines are out of order, the first ${wrong[0]}`];
}

function ancestorsOf(part: string, parents: Parents): ReadonlySet<string> {
  const found = new Set(parents.get(part));
  // A set gives what is added on the way, too.
  for (const one of found) for (const parent of parents.get(one) ?? []) found.add(parent);
  return found;
}

/** The same events at the same places. */
function differences(rows: readonly Found[], lines: readonly Found[]): readonly string[] {
  const nameOf = (found: Found): string => `${found.id} ${found.key} ${placeName(found)}`;
  const [inTable, inFile] = [new Set(rows.map(nameOf)), new Set(lines.map(nameOf))];
  const [rowOnly] = inTable.difference(inFile);
  const [lineOnly] = inFile.difference(inTable);
  return [
    ...(rowOnly === undefined ? [] : [`the table alone has ${rowOnly}`]),
    ...(lineOnly === undefined ? [] : [`the file alone has ${lineOnly}`]),
  ];
}
