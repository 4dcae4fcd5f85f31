import { isUtf8 } from 'node:buffer';
import type { RecordForm } from '../../source.ts';
import type { RecordCursor } from './record-cursor.ts';
import { readHeaders } from './record-headers.ts';
import type { SpoolLines } from './spool-lines.ts';

export type TakeLimits = {
  readonly form: RecordForm;
  readonly topic: string;
  readonly partition: number;
  /** Records before it are not wanted. */
  readonly offsetMin: number;
  /** Neither is the record at this offset, nor any after it. */
  readonly offsetEnd: number;
  /** Ends with the record that brings all lines to so many bytes. */
  readonly bytesMax: number;
};

/**
 * Takes the next records of a batch into lines, until a limit is reached; gives the offset to go on
 * from: undefined when the batch has no more records.
 */
export function takeRecords(
  cursor: RecordCursor,
  lines: SpoolLines,
  limits: TakeLimits,
): number | undefined {
  return limits.form.kind === 'lines'
    ? takeLines(cursor, lines, limits)
    : takeEnvelopes(cursor, lines, limits);
}

const lineFeed = 10;
const carriageReturn = 13;
/** Stands for a value that can't be a line: no decoder takes it for a record. */
const oddLine = Buffer.from('!\n');

/**
 * Moves the values together within the very bytes that hold the records, a line feed behind each: a
 * line is always shorter than the record it is of, which has seven bytes more than its key and its
 * value, so no byte is overwritten before it was read.
 */
function takeLines(
  cursor: RecordCursor,
  lines: SpoolLines,
  { offsetMin, offsetEnd, bytesMax }: TakeLimits,
): number | undefined {
  const { bytes } = cursor;
  const chunkStart = cursor.end;
  let to = chunkStart;
  let nextOffset: number | undefined;
  for (;;) {
    if (lines.byteLength >= bytesMax) {
      nextOffset = cursor.offset + 1;
      break;
    }
    if (!cursor.next()) break;
    if (cursor.offset >= offsetEnd) {
      cursor.back();
      nextOffset = offsetEnd;
      break;
    }
    if (cursor.offset < offsetMin) continue;
    const length = cursor.valueLength;
    const end = to + length;
    if (length > 0) {
      bytes.copyWithin(to, cursor.valueStart, cursor.valueStart + length);
      bytes[end] = lineFeed;
      if (bytes.indexOf(lineFeed, to) !== end) replaceFeeds(bytes.subarray(to, end), lines);
      lines.addLine(length + 1, cursor.offset);
      to = end + 1;
    } else {
      to += addOddLine(cursor, lines, bytes.subarray(to));
    }
  }
  lines.addChunk(bytes.subarray(chunkStart, to));
  return nextOffset;
}

function replaceFeeds(value: Buffer, lines: SpoolLines): void {
  for (let at = value.indexOf(lineFeed); at >= 0; at = value.indexOf(lineFeed, at + 1)) {
    value[at] = carriageReturn;
    lines.addFeed(at);
  }
}

function addOddLine(cursor: RecordCursor, lines: SpoolLines, target: Buffer): number {
  if (cursor.valueLength < 0) lines.addTombstone();
  else lines.addEmpty();
  oddLine.copy(target);
  lines.addLine(oddLine.length, cursor.offset);
  return oddLine.length;
}

/** One text of JSON for each record: there is more to it than its value. */
function takeEnvelopes(
  cursor: RecordCursor,
  lines: SpoolLines,
  limits: TakeLimits,
): number | undefined {
  for (;;) {
    if (lines.byteLength >= limits.bytesMax) return cursor.offset + 1;
    if (!cursor.next()) return undefined;
    if (cursor.offset >= limits.offsetEnd) {
      cursor.back();
      return limits.offsetEnd;
    }
    if (cursor.offset < limits.offsetMin) continue;
    const line = Buffer.from(`${JSON.stringify(envelope(cursor, limits))}\n`);
    lines.addChunk(line);
    lines.addLine(line.length, cursor.offset);
  }
}

/** An `Envelope` of `event/record.ts`. */
function envelope(cursor: RecordCursor, limits: TakeLimits): object {
  const { form } = limits;
  const value = part(cursor, cursor.valueStart, cursor.valueLength);
  const isText = value !== null && !form.isBinary && isUtf8(value);
  return {
    ...(isText ? { v: value.toString('utf8') } : {}),
    ...(value !== null && !isText ? { b: value.toString('base64') } : {}),
    ...(form.metadata.length === 0 ? {} : { m: metadata(cursor, limits) }),
  };
}

function metadata(cursor: RecordCursor, limits: TakeLimits): Readonly<Record<string, unknown>> {
  const entries = limits.form.metadata.map(
    (key) => [key, metadataOf(key, cursor, limits)] as const,
  );
  return Object.fromEntries(entries);
}

function metadataOf(key: string, cursor: RecordCursor, limits: TakeLimits): unknown {
  switch (key) {
    case 'offset_id':
      return cursor.offset;
    case 'partition':
      return limits.partition;
    case 'topic':
      return limits.topic;
    case 'timestamp':
      return timestampOf(cursor);
    case 'key':
      return part(cursor, cursor.keyStart, cursor.keyLength)?.toString('base64') ?? null;
    case 'headers':
      return readHeaders(cursor);
    default:
      return null;
  }
}

/** As a numeral of JSON; null where the producer gave none. Whether it fits is the column's say. */
function timestampOf(cursor: RecordCursor): unknown {
  const { timeMs } = cursor;
  if (Number.isSafeInteger(timeMs)) return timeMs < 0 ? null : timeMs;
  const exact = cursor.exactTimeMs();
  return exact < 0n ? null : JSON.rawJSON(exact.toString());
}

function part({ bytes }: RecordCursor, start: number, length: number): Buffer | null {
  return length < 0 ? null : bytes.subarray(start, start + length);
}
