import { assert } from '../../base/assert.ts';
import type { EpochMs } from '../../event/record.ts';
import type { RecordBytes } from './produce/record-batch.ts';

/** A row as a record. */
export type RecordRow = {
  readonly key: Buffer | undefined;
  readonly timestampMs: EpochMs | undefined;
  readonly value: RecordBytes;
};

export type LinePlace = {
  readonly from: number;
  readonly to: number;
  /** The value is text in base64, not JSON. */
  readonly isText: boolean;
};

const tab = 0x09;
const dash = 0x2d;

/** Reads a line of `RecordEncoding`; values of JSON are not copied. */
export function readRecordLine(bytes: Buffer, { from, to, isText }: LinePlace): RecordRow {
  const keyEnd = bytes.indexOf(tab, from);
  const timeEnd = bytes.indexOf(tab, keyEnd + 1);
  assert(keyEnd >= from && timeEnd > keyEnd && timeEnd < to, 'a record line has three parts');
  const timeText = bytes.toString('latin1', keyEnd + 1, timeEnd);
  return {
    key: decoded(bytes, from, keyEnd),
    timestampMs: timeText === '-' ? undefined : Number(timeText),
    value: isText ? textValue(bytes, timeEnd + 1, to) : { bytes, from: timeEnd + 1, to },
  };
}

function textValue(bytes: Buffer, from: number, to: number): RecordBytes {
  const value = decoded(bytes, from, to);
  return value === undefined ? undefined : { bytes: value, from: 0, to: value.length };
}

function decoded(bytes: Buffer, from: number, to: number): Buffer | undefined {
  if (to - from === 1 && bytes[from] === dash) return undefined;
  return Buffer.from(bytes.toString('latin1', from, to), 'base64');
}
