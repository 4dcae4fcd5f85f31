import type { ColumnAnswer } from '../../../../server/api.ts';
import type { TailRecord } from '../../../tail/tail-record.ts';
import { laterThan, lookedRecords } from '../../streams/explore/look/looked-records.ts';
import { lookAt } from '../../streams/explore/look/use-look.ts';
import { streamPath } from '../../streams/stream-place.ts';
import type { Origin } from './origin.ts';
import { matchCount, type Value } from './row-condition.ts';

export type FoundRecord = Omit<TailRecord, 'key'>;

export type RecordSearch = {
  /** Those that are most alike, the first ones. */
  readonly records: readonly FoundRecord[];
  /** `place`: the row says where it was; `values`: so many of its values are the record's. */
  readonly by: 'place' | 'values';
  readonly matched: number;
  /** How many records were looked at, and whether more were there. */
  readonly lookedAt: number;
  readonly isCut: boolean;
};

/** When the record came at the earliest and at the latest, as far as that is known. */
export type Span = { readonly from: string | undefined; readonly until: string | undefined };

const recordsPerLook = 1000;
const looksMax = 10;
const foundMax = 5;

/** The record at the place that a row tells of itself; throws `ApiError`. */
export async function recordAtPlace(
  origin: Origin,
  at: string,
  signal: AbortSignal,
): Promise<RecordSearch> {
  const path = streamPath(origin.stream, origin.connection);
  const answer = await lookAt(path, { from: at, count: 1, signal });
  const records = lookedRecords(answer).filter(
    ({ partition, position }) => `${partition}:${position}` === at,
  );
  return { records, by: 'place', matched: 0, lookedAt: records.length, isCut: false };
}

/** Looks through what came within the span for records with the row's values. */
export async function recordsByValues(
  { origin, span }: { readonly origin: Origin; readonly span: Span },
  { row, columns }: { readonly row: readonly Value[]; readonly columns: readonly ColumnAnswer[] },
  signal: AbortSignal,
): Promise<RecordSearch> {
  const path = streamPath(origin.stream, origin.connection);
  const untilMs = Date.parse(span.until ?? '');
  let best: { matched: number; records: FoundRecord[] } = { matched: 0, records: [] };
  let from: string | undefined = span.from ?? 'oldest';
  let lookedAt = 0;
  for (let look = 0; look < looksMax && from !== undefined; look++) {
    const answer = await lookAt(path, { from, count: recordsPerLook, signal });
    const records = lookedRecords(answer);
    lookedAt += records.length;
    for (const record of records)
      best = better(best, record, matchCount(record.text, row, columns));
    const isThrough = records.some(({ time }) => Date.parse(time) > untilMs);
    const next =
      records.length < recordsPerLook || isThrough ? undefined : laterThan(answer.records);
    from = next === from ? undefined : next;
  }
  const { matched, records } = best;
  return { records, by: 'values', matched, lookedAt, isCut: from !== undefined };
}

function better(
  best: { matched: number; records: FoundRecord[] },
  record: FoundRecord,
  matched: number | undefined,
): { matched: number; records: FoundRecord[] } {
  if (matched === undefined || matched < best.matched) return best;
  if (matched > best.matched) return { matched, records: [record] };
  const isKnown = best.records.some(
    ({ partition, position }) => partition === record.partition && position === record.position,
  );
  if (isKnown || best.records.length === foundMax) return best;
  return { matched, records: [...best.records, record] };
}
