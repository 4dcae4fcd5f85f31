import type {
  BytesAnswer,
  PeekAnswerDocument,
  PeekedRecordAnswer,
} from '../../../../../server/discovery/discovery-answers.ts';
import type { TailRecord } from '../../../../tail/tail-record.ts';

/** The records of a look, in their order, as a tail shows them. */
export function lookedRecords({
  records,
}: Pick<PeekAnswerDocument, 'records'>): readonly Omit<TailRecord, 'key'>[] {
  return records.map((record) => ({
    time: record.time ?? '',
    partition: record.partition,
    position: record.position,
    ...content(record.value),
    beside: { key: record.key, headers: record.headers },
  }));
}

/** Where to look for what comes after these records; undefined where the API can't be told. */
export function laterThan(records: readonly PeekedRecordAnswer[]): string | undefined {
  const first = records[0];
  const last = records.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const isOne = records.every(({ partition }) => partition === first.partition);
  if (isOne && /^\d{1,15}$/.test(last.position)) {
    return `${last.partition}:${Number(last.position) + 1}`;
  }
  // Records of the same time are seen again rather than left out.
  return last.time !== undefined && last.time !== first.time ? last.time : undefined;
}

/** Those that came up to a time (RFC 3339); all of them where it is none. */
export function recordsUntil<T extends Pick<TailRecord, 'time'>>(
  records: readonly T[],
  until: string | undefined,
): readonly T[] {
  const untilMs = Date.parse(until ?? '');
  if (Number.isNaN(untilMs)) return records;
  return records.filter(({ time }) => !(Date.parse(time) > untilMs));
}

function content(value: BytesAnswer): Pick<TailRecord, 'text' | 'form'> {
  if (value === null) return { text: '', form: 'nothing' };
  return 'text' in value ? { text: value.text } : { text: value.base64, form: 'base64' };
}
