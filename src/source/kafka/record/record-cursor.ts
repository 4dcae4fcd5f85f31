import { HeliosError } from '../../../base/errors.ts';
import type { RecordBatch } from './record-batch.ts';

/**
 * Walks the records of one batch without making an object of any. What the fields say is true of
 * the record that `next` went to, until the next call. Every length is checked against the bytes.
 * Format: https://kafka.apache.org/documentation/#record
 */
export class RecordCursor {
  readonly batch: RecordBatch;
  readonly bytes: Buffer;
  offset = -1;
  timeMs = -1;
  /** Of a null key and a null value, -1. */
  keyLength = -1;
  keyStart = 0;
  valueLength = -1;
  valueStart = 0;
  headersStart = 0;
  /** Where the record begins, and where the next one does. */
  start = 0;
  end = 0;
  #index = 0;
  #at = 0;
  #delta = -1;
  #deltaBefore = -1;

  constructor(batch: RecordBatch, bytes: Buffer) {
    this.batch = batch;
    this.bytes = bytes;
  }

  /** False after the last record. */
  next(): boolean {
    const { batch } = this;
    if (this.#index === batch.recordCount) return this.#finish();
    this.start = this.end;
    this.#at = this.end;
    const length = this.#varint();
    const end = this.#at + length;
    if (length < 0 || end > this.bytes.length) throw this.#corrupt(`a length of ${length}`);
    this.#at++;
    const timeDelta = this.#varlong();
    this.timeMs = batch.hasLogTime ? batch.maxTimeMs : batch.baseTimeMs + timeDelta;
    this.#readDelta();
    this.keyLength = this.#varint();
    this.keyStart = this.#at;
    if (this.keyLength > 0) this.#at += this.keyLength;
    this.valueLength = this.#varint();
    this.valueStart = this.#at;
    if (this.valueLength > 0) this.#at += this.valueLength;
    this.headersStart = this.#at;
    if (this.#at > end) throw this.#corrupt(`${length} bytes that hold more than that`);
    this.end = end;
    this.#index++;
    return true;
  }

  /** Makes `next` go to the same record again. */
  back(): void {
    this.end = this.start;
    this.#delta = this.#deltaBefore;
    this.#index--;
  }

  /** The time where `timeMs` is not exact. */
  exactTimeMs(): bigint {
    const { batch, bytes } = this;
    if (batch.hasLogTime) return batch.times.max;
    // The record begins with its length; its attributes are one byte, then comes the difference.
    let at = this.start;
    while ((bytes[at++] ?? 0) >= 0x80);
    at++;
    let value = 0n;
    for (let shift = 0n, byte = 0x80; byte >= 0x80; shift += 7n) {
      byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
    }
    const delta = (value >> 1n) ^ -(value & 1n);
    return BigInt.asIntN(64, batch.times.base + delta);
  }

  #readDelta(): void {
    const delta = this.#varint();
    const { baseOffset, lastOffset } = this.batch;
    if (delta <= this.#delta || baseOffset + delta > lastOffset) {
      throw this.#corrupt(`the offset ${baseOffset} + ${delta} out of order`);
    }
    this.#deltaBefore = this.#delta;
    this.#delta = delta;
    this.offset = baseOffset + delta;
  }

  #finish(): false {
    if (this.end === this.bytes.length) return false;
    throw this.#corrupt(`${this.bytes.length - this.end} bytes behind it`);
  }

  /** Of 32 bits, zigzag. Past the end of the bytes it reads zeros; lengths find that out. */
  #varint(): number {
    let byte = this.bytes[this.#at++] ?? 0;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.bytes[this.#at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw this.#corrupt('a number that never ends');
  }

  /** Of 64 bits, zigzag; exact below 2⁵³. */
  #varlong(): number {
    let byte = this.bytes[this.#at++] ?? 0;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      byte = this.bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
    }
    throw this.#corrupt('a number that never ends');
  }

  #corrupt(what: string): HeliosError {
    const { baseOffset, lastOffset } = this.batch;
    return new HeliosError(
      'corrupt_data',
      `record ${this.#index + 1} of the batch ${baseOffset} to ${lastOffset} has ${what}`,
    );
  }
}
