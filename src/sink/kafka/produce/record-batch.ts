import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync } from 'node:zlib';
import { crc32c } from '@platformatic/kafka';
import type { EpochMs } from '../../../event/record.ts';

/** Records of one partition, encoded and compressed, without who sends them. */
export type RecordBatch = {
  /** Header and records; the producer's place in it is filled in by `stampBatch`. */
  readonly bytes: Buffer;
  readonly recordCount: number;
};

/** Who sends a batch, so that the broker can tell a repetition. */
export type BatchStamp = {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly sequence: number;
};

/** A key or a value: [from, to) of `bytes`; undefined is null. */
export type RecordBytes =
  | { readonly bytes: Buffer; readonly from: number; readonly to: number }
  | undefined;

/** What stands beside a record's value. */
export type RecordHeader = { readonly name: string; readonly value: string };

/** Before the records. */
export const headerBytes = 61;
const crcOffset = 17;
const attributesOffset = 21;
const noCompression = 0;
const zstdCompression = 4;
/** Below it, a frame of zstd gains nothing. */
const compressedBytesMin = 512;
const startCapacity = 16 * 1024;
/** Length of the record, attributes, and the deltas and lengths, each at their longest. */
export const recordOverheadMax = 40;

/**
 * A thread of the pool costs more than compressing so much does: twice to four times the CPU. It
 * takes about 0.2 ms.
 */
const compressedHereBytesMax = 64 * 1024;

const compress = promisify(zstdCompress);

async function compressed(plain: Buffer): Promise<Buffer> {
  if (plain.length > compressedHereBytesMax) return await compress(plain, compression);
  return zstdCompressSync(plain, { ...compression, pledgedSrcSize: plain.length });
}

/**
 * Writes records one after another in Kafka's format v2:
 * https://kafka.apache.org/documentation/#recordbatch
 */
export class RecordBatchWriter {
  readonly #baseMs: EpochMs;
  #maxMs: EpochMs;
  #buffer: Buffer = Buffer.allocUnsafe(startCapacity);
  #length = 0;
  #count = 0;

  /** `nowMs` is the time of records that have none of their own. */
  constructor(nowMs: EpochMs) {
    this.#baseMs = nowMs;
    this.#maxMs = nowMs;
  }

  get recordCount(): number {
    return this.#count;
  }

  /** Before compression. */
  get byteLength(): number {
    return this.#length;
  }

  add(
    key: RecordBytes,
    value: RecordBytes,
    { timestampMs = this.#baseMs, header }: RecordExtras = {},
  ): void {
    const timeDelta = timestampMs - this.#baseMs;
    if (timestampMs > this.#maxMs) this.#maxMs = timestampMs;
    const headers = header === undefined ? noHeaders : encodedHeader(header);
    const fixedBytes = 1 + varintBytes(timeDelta) + varintBytes(this.#count);
    const bodyBytes = fixedBytes + fieldBytes(key) + fieldBytes(value) + headers.length;
    this.#reserve(bodyBytes + recordOverheadMax);
    this.#varint(bodyBytes);
    this.#buffer[this.#length++] = 0;
    this.#varint(timeDelta);
    this.#varint(this.#count);
    this.#field(key);
    this.#field(value);
    if (header === undefined) this.#buffer[this.#length++] = 0;
    else this.#length += headers.copy(this.#buffer, this.#length);
    this.#count++;
  }

  /** The writer is not used afterwards. */
  async finish(): Promise<RecordBatch> {
    const plain = this.#buffer.subarray(0, this.#length);
    const isCompressed = plain.length >= compressedBytesMin;
    const records = isCompressed ? await compressed(plain) : plain;
    const bytes = Buffer.allocUnsafe(headerBytes + records.length);
    bytes.fill(0, 0, headerBytes);
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt32BE(-1, 12);
    bytes.writeInt8(2, 16);
    bytes.writeInt16BE(isCompressed ? zstdCompression : noCompression, attributesOffset);
    bytes.writeInt32BE(this.#count - 1, 23);
    bytes.writeBigInt64BE(BigInt(this.#baseMs), 27);
    bytes.writeBigInt64BE(BigInt(this.#maxMs), 35);
    bytes.writeInt32BE(this.#count, 57);
    records.copy(bytes, headerBytes);
    return { bytes, recordCount: this.#count };
  }

  #field(field: RecordBytes): void {
    if (field === undefined) {
      this.#varint(-1);
      return;
    }
    this.#varint(field.to - field.from);
    this.#length += field.bytes.copy(this.#buffer, this.#length, field.from, field.to);
  }

  /** Zigzag, seven bits a byte, the lowest first. */
  #varint(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(byteLength: number): void {
    const needed = this.#length + byteLength;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

type RecordExtras = {
  readonly timestampMs?: EpochMs | undefined;
  readonly header?: RecordHeader | undefined;
};

const noHeaders = Buffer.of(0);

/** One header: its count, then name and value, each after its length. */
function encodedHeader({ name, value }: RecordHeader): Buffer {
  const parts = [name, value].map((text) => {
    const bytes = Buffer.from(text);
    return Buffer.concat([varint(bytes.length), bytes]);
  });
  return Buffer.concat([varint(1), ...parts]);
}

/** Zigzag, seven bits a byte, the lowest first; not negative. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = 2 * value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.of(...bytes, rest);
}

/** Writes the producer and the checksum, in place. */
export function stampBatch({ bytes }: RecordBatch, stamp: BatchStamp): void {
  bytes.writeBigInt64BE(stamp.producerId, 43);
  bytes.writeInt16BE(stamp.producerEpoch, 51);
  bytes.writeInt32BE(stamp.sequence, 53);
  bytes.writeUInt32BE(crc32c(bytes.subarray(attributesOffset)) >>> 0, crcOffset);
}

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

function fieldBytes(field: RecordBytes): number {
  if (field === undefined) return 1;
  const length = field.to - field.from;
  return varintBytes(length) + length;
}

function varintBytes(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let count = 1;
  for (; rest >= 0x80; count++) rest = Math.floor(rest / 0x80);
  return count;
}
