import { HeliosError } from '../../../base/errors.ts';
import { position, type EpochMs, type Position } from '../../../event/record.ts';

/**
 * How far a shard has been read. `asOfMs` is a time up to which everything is known to be read, by
 * this machine's clock or the arrival of a record: once that is longer ago than the stream keeps
 * records, some that were not read may be gone.
 *
 * As text: `START~AS_OF`, `@AT`, `@AT~AS_OF`, `SEQUENCE_NUMBER`, `SEQUENCE_NUMBER~AS_OF` and `END`,
 * with times in milliseconds since 1970; no text at all is the oldest record that the stream keeps.
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
  /** Read to the end of a shard that was split or merged: its children may follow. */
  | { readonly kind: 'end' };

/** `corrupt_data` for a text that is no position in a shard. */
export function parsePosition(text: Position | undefined): ShardPosition {
  if (text === undefined) return { kind: 'start', asOfMs: undefined };
  if (text === 'END') return { kind: 'end' };
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
  if (place.startsWith('@')) return { kind: 'time', atMs: Number(place.slice(1)), asOfMs };
  return { kind: 'record', sequenceNumber: place, asOfMs };
}

/** Undefined only for a start without a time. */
export function formatPosition(at: ShardPosition): Position | undefined {
  if (at.kind === 'end') return endPosition;
  const place = placeOf(at);
  if (at.asOfMs !== undefined) return position(`${place}~${Math.floor(at.asOfMs)}`);
  return at.kind === 'start' ? undefined : position(place);
}

export function recordPosition(sequenceNumber: string, arrivedAtMs: EpochMs): Position {
  return position(`${sequenceNumber}~${arrivedAtMs}`);
}

/** The position after everything in a shard that was split or merged. */
export const endPosition: Position = position('END');

/** Where records are: how long that has been known makes no difference. */
export function comparePositions(left: ShardPosition, right: ShardPosition): number {
  if (left.kind === 'record' && right.kind === 'record') {
    return compareSequenceNumbers(left.sequenceNumber, right.sequenceNumber);
  }
  if (left.kind === 'time' && right.kind === 'time') return left.atMs - right.atMs;
  return ranks[left.kind] - ranks[right.kind];
}

/** Orders numerals of any length, without leading zeros. They mean something in one shard only. */
export function compareSequenceNumbers(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const ranks = { start: 0, time: 1, record: 2, end: 3 } as const;

const positionPattern = /^(?<place>START(?=~)|@\d{1,15}|0|[1-9]\d{0,128})(?:~(?<asOf>\d{1,15}))?$/;

function placeOf(at: Exclude<ShardPosition, { kind: 'end' }>): string {
  if (at.kind === 'start') return 'START';
  return at.kind === 'time' ? `@${at.atMs}` : at.sequenceNumber;
}
