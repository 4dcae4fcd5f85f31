import { crc32c } from '@platformatic/kafka';
import { HeliosError } from '../../../base/errors.ts';

/** One batch of records as it lies in the log: its header, and the records, perhaps compressed. */
export type RecordBatch = {
  readonly baseOffset: number;
  /** Of the last record that the batch ever had; compaction may have removed it. */
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number;
  /** Records have the time of the log, not of their producers. */
  readonly hasLogTime: boolean;
  readonly isTransactional: boolean;
  /** Holds a transaction's marker, no records. */
  readonly isControl: boolean;
  /** Times are what producers wrote, which may be none: exact below 2⁵³. */
  readonly baseTimeMs: number;
  readonly maxTimeMs: number;
  readonly times: ExactTimes;
  readonly producerId: bigint;
  readonly recordCount: number;
  readonly payload: Buffer;
  /** Where the next batch begins. */
  readonly end: number;
};

/** Of a batch, in milliseconds. */
export type ExactTimes = { readonly base: bigint; readonly max: bigint };

/** What a batch begins with, up to its length. */
const lengthEnd = 12;
const headerBytes = 61;
const crcOffset = 17;
const crcStart = 21;

/**
 * The batch that begins at `at`; for the last one of an answer, which brokers cut off where the
 * answer's limit is, how many bytes there should be. `corrupt_data` says what is wrong with it.
 * Format: https://kafka.apache.org/documentation/#recordbatch
 */
export function readBatch(bytes: Buffer, at: number): RecordBatch | { readonly needed: number } {
  if (bytes.length - at < lengthEnd) return { needed: headerBytes };
  const length = bytes.readInt32BE(at + 8);
  if (length < headerBytes - lengthEnd) throw corrupt(`it claims ${length} bytes`);
  const end = at + lengthEnd + length;
  const magic = bytes[at + 16];
  if (magic !== undefined && magic !== 2) throw unknownFormat(magic);
  if (end > bytes.length) return { needed: end - at };
  checkSum(bytes, at, end);
  return header(bytes, at, end);
}

export type BatchSpan = {
  /** Bytes of the whole batches. */
  readonly byteLength: number;
  /** Behind the last of them; undefined where there is none. */
  readonly nextOffset: number | undefined;
  readonly leaderEpoch: number | undefined;
  /** Bytes of the batch that is cut off; 0 where there is none. */
  readonly needed: number;
};

/** What an answer's batches cover, by their headers alone; nothing is checked but lengths. */
export function spanOf(bytes: Buffer): BatchSpan {
  let at = 0;
  let last: number | undefined;
  while (bytes.length - at >= headerBytes) {
    const end = at + lengthEnd + Math.max(bytes.readInt32BE(at + 8), headerBytes - lengthEnd);
    if (end > bytes.length) return { ...spanTo(bytes, at, last), needed: end - at };
    last = at;
    at = end;
  }
  return { ...spanTo(bytes, at, last), needed: at === bytes.length ? 0 : headerBytes };
}

/** Time of the first record of a whole batch. */
export function firstTime(bytes: Buffer): number {
  return Number(bytes.readBigInt64BE(27));
}

function spanTo(bytes: Buffer, end: number, last: number | undefined): Omit<BatchSpan, 'needed'> {
  if (last === undefined) return { byteLength: 0, nextOffset: undefined, leaderEpoch: undefined };
  const leaderEpoch = bytes.readInt32BE(last + 12);
  return {
    byteLength: end,
    nextOffset: Number(bytes.readBigInt64BE(last)) + bytes.readInt32BE(last + 23) + 1,
    leaderEpoch: leaderEpoch < 0 ? undefined : leaderEpoch,
  };
}

/** Where the batch at `at` says that it begins, for errors about it. */
export function offsetAt(bytes: Buffer, at: number): number | undefined {
  return bytes.length - at < 8 ? undefined : Number(bytes.readBigInt64BE(at));
}

function header(bytes: Buffer, at: number, end: number): RecordBatch {
  const baseOffset = safeOffset(bytes, at);
  const lastDelta = bytes.readInt32BE(at + 23);
  const attributes = bytes.readInt16BE(at + crcStart);
  const recordCount = bytes.readInt32BE(at + 57);
  if (baseOffset < 0) throw corrupt(`its offset is ${baseOffset}`);
  if (lastDelta < 0 || recordCount < 0 || recordCount > lastDelta + 1) {
    throw corrupt(`it claims ${recordCount} records up to the ${lastDelta}th`);
  }
  return {
    baseOffset,
    lastOffset: baseOffset + lastDelta,
    leaderEpoch: bytes.readInt32BE(at + 12),
    codec: attributes & 7,
    hasLogTime: (attributes & 8) !== 0,
    isTransactional: (attributes & 16) !== 0,
    isControl: (attributes & 32) !== 0,
    baseTimeMs: Number(bytes.readBigInt64BE(at + 27)),
    maxTimeMs: Number(bytes.readBigInt64BE(at + 35)),
    times: { base: bytes.readBigInt64BE(at + 27), max: bytes.readBigInt64BE(at + 35) },
    producerId: bytes.readBigInt64BE(at + 43),
    recordCount,
    payload: bytes.subarray(at + headerBytes, end),
    end,
  };
}

function checkSum(bytes: Buffer, at: number, end: number): void {
  const expected = bytes.readUInt32BE(at + crcOffset);
  const actual = crc32c(bytes.subarray(at + crcStart, end));
  if (actual === expected) return;
  throw corrupt(`its checksum is ${actual.toString(16)}, not ${expected.toString(16)}`);
}

function safeOffset(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigInt64BE(at));
  if (Number.isSafeInteger(value)) return value;
  throw corrupt(`its offset is ${value}`);
}

function corrupt(why: string): HeliosError {
  return new HeliosError('corrupt_data', `a batch of records is damaged: ${why}`);
}

function unknownFormat(magic: number): HeliosError {
  return new HeliosError(
    'corrupt_data',
    `a batch of records has the format ${magic}; only 2, that of Kafka 0.11 and later, is read`,
  );
}
