import { createHash } from 'node:crypto';

/** One of the records that the Kinesis Producer Library has put into another. */
export type SubRecord = {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
};

/**
 * The records in an aggregate of the Kinesis Producer Library, in their order; undefined where the
 * bytes are none, which makes them a record as it is. The format, by
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md:
 *
 * ```
 * F3 89 9A C2 │ protobuf AggregatedRecord │ MD5 of the protobuf, 16 bytes
 * AggregatedRecord { 1: partition key table, 2: explicit hash key table, 3: records }
 * Record { 1: index into table 1, 2: index into table 2 (optional), 3: data, 4: tags }
 * ```
 */
export function subRecordsOf(bytes: Uint8Array): readonly SubRecord[] | undefined {
  if (!isAggregate(bytes)) return undefined;
  const message = bytes.subarray(magic.length, bytes.length - digestBytes);
  const digest = createHash('md5').update(message).digest();
  if (digest.compare(bytes, bytes.length - digestBytes) !== 0) return undefined;
  return parseAggregate(message);
}

/** Whether bytes begin like an aggregate, and are long enough to be one. */
export function isAggregate(bytes: Uint8Array): boolean {
  if (bytes.length < magic.length + digestBytes) return false;
  return magic.every((byte, index) => bytes[index] === byte);
}

const magic = [0xf3, 0x89, 0x9a, 0xc2] as const;
const digestBytes = 16;

type RawRecord = {
  readonly keyIndex: number | undefined;
  readonly hashKeyIndex: number | undefined;
  readonly data: Uint8Array | undefined;
};

function parseAggregate(message: Uint8Array): readonly SubRecord[] | undefined {
  const keys: string[] = [];
  const hashKeys: string[] = [];
  const records: RawRecord[] = [];
  const isWhole = eachField(message, (field, value) => {
    if (typeof value === 'number') return true;
    if (field === 1) keys.push(text(value));
    if (field === 2) hashKeys.push(text(value));
    if (field !== 3) return true;
    const record = parseRecord(value);
    if (record !== undefined) records.push(record);
    return record !== undefined;
  });
  if (!isWhole) return undefined;
  const resolved = records.flatMap((record) => resolve(record, keys, hashKeys) ?? []);
  return resolved.length === records.length ? resolved : undefined;
}

function parseRecord(message: Uint8Array): RawRecord | undefined {
  let keyIndex: number | undefined;
  let hashKeyIndex: number | undefined;
  let data: Uint8Array | undefined;
  const isWhole = eachField(message, (field, value) => {
    if (field === 1 && typeof value === 'number') keyIndex = value;
    else if (field === 2 && typeof value === 'number') hashKeyIndex = value;
    else if (field === 3 && typeof value !== 'number') data = value;
    else return field > 3;
    return true;
  });
  return isWhole ? { keyIndex, hashKeyIndex, data } : undefined;
}

/** Undefined for a record that lacks what it must have, or points outside of the tables. */
function resolve(
  { keyIndex, hashKeyIndex, data }: RawRecord,
  keys: readonly string[],
  hashKeys: readonly string[],
): SubRecord | undefined {
  if (keyIndex === undefined || data === undefined) return undefined;
  const partitionKey = keys[keyIndex];
  const explicitHashKey = hashKeyIndex === undefined ? undefined : hashKeys[hashKeyIndex];
  if (partitionKey === undefined) return undefined;
  if (hashKeyIndex !== undefined && explicitHashKey === undefined) return undefined;
  return { partitionKey, explicitHashKey, data };
}

/**
 * Calls `take` with each field of a protobuf message: a number for a varint, bytes for a field with
 * a length. False where the bytes are no message, or `take` says so. Fields of fixed size, which
 * the format has none of, are passed over.
 */
function eachField(
  bytes: Uint8Array,
  take: (field: number, value: number | Uint8Array) => boolean,
): boolean {
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const tag = varint(bytes, cursor);
    if (tag === undefined || tag < 8) return false;
    const value = fieldValue(bytes, cursor, tag % 8);
    if (value === undefined || !take(Math.floor(tag / 8), value)) return false;
  }
  return true;
}

function fieldValue(
  bytes: Uint8Array,
  cursor: { at: number },
  wireType: number,
): number | Uint8Array | undefined {
  if (wireType === 0) return varint(bytes, cursor);
  const length = wireType === 2 ? varint(bytes, cursor) : fixedBytes.get(wireType);
  if (length === undefined || length > bytes.length - cursor.at) return undefined;
  cursor.at += length;
  return bytes.subarray(cursor.at - length, cursor.at);
}

/** Bytes of the wire types of fixed size. */
const fixedBytes: ReadonlyMap<number, number> = new Map([
  [1, 8],
  [5, 4],
]);

/** Numbers here are indexes and lengths: one that JavaScript can't hold exactly is none of them. */
function varint(bytes: Uint8Array, cursor: { at: number }): number | undefined {
  let value = 0;
  for (let scale = 1; scale < 2 ** 70; scale *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return Number.isSafeInteger(value) ? value : undefined;
  }
  return undefined;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
