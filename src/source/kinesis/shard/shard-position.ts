import { HeliosError } from '../../../base/errors.ts';
import { position, type EpochMs, type Position } from '../../../event/record.ts';

/**
 * How far a shard has been read. `asOfMs` is a time up to which everything is known to be read, by
 * this machine's clock (less what that may be wrong) or the arrival of a record: once that is
 * longer ago than the stream keeps records, some that were not read may be gone.
 *
 * As text: `START`, `@AT`, `SEQUENCE_NUMBER`, `<SEQUENCE_NUMBER`, `<@AT` and `END`, each with
 * `~AS_OF` where that is known, and times in milliseconds since 1970; no text at all is the oldest
 * record that the stream keeps.
 */
export type ShardPosition =
  /** Before the oldest record that the stream keeps (TRIM_HORIZON). */
  | { readonly kind: 'start'; readonly asOfMs: EpochMs | undefined }
  /** Before the first record that arrived then or later. */
  | { readonly kind: 'time'; readonly atMs: EpochMs; readonly asOfMs: EpochMs | undefined }
  /** After this record, which is a whole Kinesis record: an aggregate isn't split. */
  | {
      readonly kind: 'record';
      readonly sequenceNumber: string;
      readonly asOfMs: EpochMs | undefined;
    }
  /** Before this record, which arrived then: where a reading ends that another one continues. */
  | {
      readonly kind: 'before';
      readonly sequenceNumber: string;
      readonly asOfMs: EpochMs | undefined;
    }
  /** After all that arrived before then: where a reading ends that found nothing later. */
  | { readonly kind: 'until'; readonly atMs: EpochMs; readonly asOfMs: EpochMs | undefined }
  /**
   * Read to the end of a shard that was split or merged: its children may follow. It was open at
   * `asOfMs`, or later: no record of a child is older.
   */
  | { readonly kind: 'end'; readonly asOfMs: EpochMs | undefined };

/** `corrupt_data` for a text that is no position in a shard. */
export function parsePosition(text: Position | undefined): ShardPosition {
  if (text === undefined) return { kind: 'start', asOfMs: undefined };
  const { place, asOf } = positionPattern.exec(text)?.groups ?? {};
  if (place === undefined) {
    throw new HeliosError('corrupt_data', `${JSON.stringify(text)} is no position in a shard.`, {
      hint:
        'Write a sequence number, @ with milliseconds since 1970 for a time, or END; else the ' +
        'pipeline was made for another kind of source: delete it and create it again.',
    });
  }
  const asOfMs = asOf === undefined ? undefined : Number(asOf);
  if (place === 'START') return { kind: 'start', asOfMs };
  if (place === 'END') return { kind: 'end', asOfMs };
  if (place.startsWith('@')) return { kind: 'time', atMs: Number(place.slice(1)), asOfMs };
  if (place.startsWith('<@')) return { kind: 'until', atMs: Number(place.slice(2)), asOfMs };
  if (place.startsWith('<')) return { kind: 'before', sequenceNumber: place.slice(1), asOfMs };
  return { kind: 'record', sequenceNumber: place, asOfMs };
}

/** Undefined only for a start without a time. */
export function formatPosition(at: ShardPosition): Position | undefined {
  const place = placeOf(at);
  if (at.asOfMs !== undefined) return position(`${place}~${Math.floor(at.asOfMs)}`);
  return at.kind === 'start' ? undefined : position(place);
}

export function recordPosition(sequenceNumber: string, arrivedAtMs: EpochMs): Position {
  return position(`${sequenceNumber}~${arrivedAtMs}`);
}

/** The position after everything in a shard that was split or merged, and was open then. */
export function endPosition(openAtMs: EpochMs | undefined): Position {
  return position(openAtMs === undefined ? 'END' : `END~${Math.floor(openAtMs)}`);
}

/** Whether two positions are one place: how long that has been known makes no difference. */
export function isSamePlace(left: ShardPosition, right: ShardPosition): boolean {
  return left.kind === right.kind && placeOf(left) === placeOf(right);
}

/**
 * Where records are: negative where `left` comes first. A time comes before a record that is known
 * to be read up to that time or longer, and after one that was read up to a time well before it.
 * `conflict` where neither is known.
 */
export function comparePositions(left: ShardPosition, right: ShardPosition): number {
  if (isAtTime(left) && isAtTime(right)) {
    return left.atMs - right.atMs || ranks[left.kind] - ranks[right.kind];
  }
  if (isAtTime(left) && isAtRecord(right)) return timeToRecord(left, right);
  if (isAtTime(right) && isAtRecord(left)) return -timeToRecord(right, left);
  if (!isAtRecord(left) || !isAtRecord(right)) return ranks[left.kind] - ranks[right.kind];
  const order = compareSequenceNumbers(left.sequenceNumber, right.sequenceNumber);
  return order === 0 ? ranks[left.kind] - ranks[right.kind] : order;
}

/** Orders numerals of any length, without leading zeros. They mean something in one shard only. */
export function compareSequenceNumbers(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Clocks that differ more than this are a fault to be told. */
export const clockSkewMsMax: number = 5 * 60 * 1000;

const ranks = { start: 0, time: 1, until: 2, before: 3, record: 4, end: 5 } as const;

const positionPattern =
  /^(?<place>START(?=~)|END|<?@\d{1,15}|<?(?:0|[1-9]\d{0,128}))(?:~(?<asOf>\d{1,15}))?$/;

type AtRecord = Extract<ShardPosition, { readonly sequenceNumber: string }>;

function isAtRecord(at: ShardPosition): at is AtRecord {
  return at.kind === 'record' || at.kind === 'before';
}

type AtTime = Extract<ShardPosition, { readonly atMs: EpochMs }>;

function isAtTime(at: ShardPosition): at is AtTime {
  return at.kind === 'time' || at.kind === 'until';
}

function timeToRecord(time: AtTime, record: AtRecord): number {
  const { asOfMs } = record;
  // Who reads up to a time takes each record by its arrival.
  if (time.kind === 'until') return time.atMs <= (asOfMs ?? 0) ? -1 : 1;
  if (asOfMs !== undefined && time.atMs <= asOfMs) return -1;
  if (asOfMs !== undefined && time.atMs > asOfMs + clockSkewMsMax) return 1;
  const [at, place] = [formatPosition(time), formatPosition(record)];
  throw new HeliosError(
    'conflict',
    `Which comes first in a shard, ${at} or ${place}, isn't known.`,
    {
      hint:
        'A time and a record can be ordered where the record was read well before that time, or ' +
        'after it. Name records, or another time.',
      details: { left: at, right: place },
    },
  );
}

function placeOf(at: ShardPosition): string {
  switch (at.kind) {
    case 'start':
      return 'START';
    case 'time':
      return `@${at.atMs}`;
    case 'record':
      return at.sequenceNumber;
    case 'before':
      return `<${at.sequenceNumber}`;
    case 'until':
      return `<@${at.atMs}`;
    case 'end':
      return 'END';
  }
}
