import type { ColumnAnswer } from '../../server/api.ts';
import type { BytesAnswer } from '../../server/discovery/discovery-answers.ts';
import type { LiveEvent } from '../../server/live/live-api.ts';

/** A record as a tail shows it. */
export type TailRecord = {
  /** Counts up as they come. */
  readonly key: number;
  /** RFC 3339: when the server took it in, or else when this browser saw it. */
  readonly time: string;
  readonly partition?: string | undefined;
  /** As the API takes it; undefined where it is not known for certain. */
  readonly position?: string | undefined;
  /** What it holds, as it was sent; a row of a table as a JSON object. */
  readonly text: string;
  /** What `text` is where it isn't that: bytes that are no text, or nothing at all. */
  readonly form?: 'base64' | 'nothing' | undefined;
  /** What stands beside it, where it was asked for. */
  readonly beside?: Beside | undefined;
};

export type Beside = {
  readonly key: BytesAnswer;
  readonly headers: Readonly<Record<string, unknown>>;
};

/** What one message of the server brought. */
export type Arrival = {
  readonly records: readonly Omit<TailRecord, 'key'>[];
  /** Left out by the server, since the browser or the socket is too slow. */
  readonly droppedRecords: number;
  readonly droppedBytes: number;
};

const encoder = new TextEncoder();

/**
 * The records of a stream's lines. The first one's place is told; that of the others follows from
 * the lengths before them (`bytes`, of the embedded log) or their number (`records`, of a topic).
 */
export function arrivalOfLines(
  event: Extract<LiveEvent, { kind: 'lines' }>,
  { unit, time }: { readonly unit: 'bytes' | 'records'; readonly time: string },
): Arrival {
  const partition = String(event.partition);
  let position: number | undefined = event.offset;
  const records = event.lines.map((text) => {
    const record = { time, partition, position: position?.toString(), text };
    position = positionAfter(position, text, unit);
    return record;
  });
  return {
    records,
    droppedBytes: event.dropped_bytes,
    droppedRecords: event.dropped_records ?? 0,
  };
}

/** The rows of a table as JSON objects, their numbers as the server wrote them. */
export function arrivalOfRows(
  event: Extract<LiveEvent, { kind: 'rows' }>,
  { columns, time }: { readonly columns: readonly ColumnAnswer[]; readonly time: string },
): Arrival {
  const names = columns.map(({ name }) => JSON.stringify(name));
  const records = event.rows.map((row) => {
    const members = row.map(
      (value, index) => `${names[index] ?? '""'}:${memberText(value, columns[index]?.type ?? '')}`,
    );
    return { time, text: `{${members.join(',')}}` };
  });
  return { records, droppedRecords: event.dropped, droppedBytes: 0 };
}

/** Bytes that are no text were replaced: then the length is not that of the log. */
function positionAfter(
  position: number | undefined,
  text: string,
  unit: 'bytes' | 'records',
): number | undefined {
  if (position === undefined) return undefined;
  if (unit === 'records') return position + 1;
  return text.includes('\uFFFD') ? undefined : position + utf8Length(text) + 1;
}

/** Most records are ASCII: nothing has to be encoded to know that. */
function utf8Length(text: string): number {
  return beyondAscii.test(text) ? encoder.encode(text).length : text.length;
}

const beyondAscii = /[^\0-\x7f]/;

const exactNumber = /^(?:U?(?:BIG|HUGE)INT|DECIMAL)/;

/** Wide numbers and JSON come as text, and are written as what they are. */
function memberText(value: unknown, type: string): string {
  const isExact = type === 'JSON' || (exactNumber.test(type) && !type.endsWith(']'));
  return isExact && typeof value === 'string' ? value : JSON.stringify(value);
}
