import { useMemo } from 'react';
import { type Place, go, usePlace, withSearch } from '../../../place.ts';
import type { TailRecord } from '../../../tail/tail-record.ts';
import { type Tail, type TailSubscription, useTail } from '../../../tail/use-tail.ts';
import { streamPath } from '../stream-place.ts';
import { columnsOfText } from './chosen-columns.ts';
import { laterThan, lookedRecords, recordsUntil } from './look/looked-records.ts';
import { type Look, lookAt, useLook } from './look/use-look.ts';

/** The stream that is explored, and how that can be done. */
export type Explored = {
  readonly name: string;
  /** Undefined: a stream of Helios. */
  readonly connection: string | undefined;
  /** Not each service can be followed without a share of what others read by. */
  readonly canFollow: boolean;
  /** What its offsets count. */
  readonly unit: 'bytes' | 'records';
  /** Records of one look. */
  readonly lookCount: number;
};

export type Explorer = {
  /** Following the stream, following a table of it, or looking at a part of it. */
  readonly mode: 'live' | 'table' | 'look';
  /** Where the look begins, as the API takes it. */
  readonly from: string;
  /** RFC 3339: what came after that is left out of a look. */
  readonly until: string | undefined;
  readonly table: string | undefined;
  readonly where: string;
  readonly find: string;
  /** Fields of JSON records that are columns of the list. */
  readonly columns: readonly string[];
  /** Those that `find` leaves, in the order in which they are shown. */
  readonly records: readonly TailRecord[];
  /** Those that are there without it. */
  readonly recordCount: number;
  readonly tail: Tail;
  readonly look: Look;
  /** Where what comes after a look begins. */
  readonly later: string | undefined;
  readonly change: (changes: Changes, how?: 'push' | 'replace') => void;
};

type Changes = Readonly<Record<string, string | undefined>>;

/** Newest records that a tail begins with. */
const beforeCount = 50;

/** What is explored, by what the address says; all of it can be linked to. */
export function useExplorer(explored: Explored, round: number): Explorer {
  const place = usePlace();
  const path = streamPath(explored.name, explored.connection);
  const asked = askedOf(place, explored);
  const tail = useTail(subscriptionOf(asked, explored), {
    unit: explored.unit,
    before:
      asked.mode === 'live'
        ? async (signal) =>
            lookedRecords(await lookAt(path, { from: 'newest', count: beforeCount, signal }))
        : undefined,
  });
  const look = useLook(path, asked.mode === 'look' ? asked.from : undefined, {
    count: explored.lookCount,
    round,
  });
  const looked = useMemo(
    () => shownOf(look.answer === undefined ? [] : lookedRecords(look.answer), asked),
    [look.answer, asked.from, asked.until],
  );
  const columnText = place.search.get('columns');
  const columns = useMemo(() => columnsOfText(columnText), [columnText]);
  const all = asked.mode === 'look' ? looked : tail.view.records;
  const records = useMemo(() => matching(all, asked.find), [all, asked.find]);
  return {
    ...asked,
    records,
    recordCount: all.length,
    columns,
    tail,
    look,
    later: laterOf(asked, look),
    // Another place to look from has no end but its own.
    change: (changes, how) =>
      go(withSearch(place, 'from' in changes ? { until: undefined, ...changes } : changes), how),
  };
}

type Asked = Pick<Explorer, 'mode' | 'from' | 'until' | 'table' | 'where' | 'find'>;

function askedOf({ search }: Place, { canFollow }: Explored): Asked {
  const from = search.get('from');
  const table = search.get('table');
  const rest = {
    from: from ?? 'newest',
    until: search.get('until') ?? undefined,
    where: search.get('where') ?? '',
    find: search.get('find') ?? '',
  };
  if (canFollow && table !== null) return { mode: 'table', table, ...rest };
  const mode = canFollow && from === null ? 'live' : 'look';
  return { mode, table: undefined, ...rest };
}

function laterOf({ from, until }: Asked, { answer }: Look): string | undefined {
  if (from === 'newest' || answer === undefined) return undefined;
  // The records of a stretch are all there as soon as one that came after it is.
  const isThrough = recordsUntil(lookedRecords(answer), until).length < answer.records.length;
  return isThrough ? undefined : laterThan(answer.records);
}

function subscriptionOf(
  { mode, table, where }: Asked,
  { name }: Explored,
): TailSubscription | undefined {
  if (mode === 'look') return undefined;
  if (table === undefined) return { kind: 'tail', stream: name };
  return { kind: 'tail', table, ...(where === '' ? {} : { where }) };
}

/** From a place on, the first stands first; of the newest, the newest. */
function shownOf(
  records: readonly Omit<TailRecord, 'key'>[],
  { from, until }: Pick<Asked, 'from' | 'until'>,
): readonly TailRecord[] {
  const keyed = recordsUntil(records, until).map((record, key) => ({ ...record, key }));
  return from === 'newest' ? keyed.toReversed() : keyed;
}

function matching(records: readonly TailRecord[], find: string): readonly TailRecord[] {
  if (find === '') return records;
  const wanted = find.toLowerCase();
  return records.filter(({ text }) => text.toLowerCase().includes(wanted));
}
