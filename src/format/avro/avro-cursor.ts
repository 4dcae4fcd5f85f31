import { isUtf8 } from 'node:buffer';
import type { RejectionCode } from '../../event/rejected.ts';

export type AvroFault = { readonly code: RejectionCode; readonly message: string };

/** Deepest nesting of a value: a schema may contain itself. */
const depthMax = 128;

/** Items of a record that may take no bytes at all, such as an array of nulls. */
const emptyItemsMax = 100_000;

/**
 * Reads one datum of Avro's binary encoding. After the first fault every read yields something
 * empty at once: whoever reads looks at `fault` at the end, and where it loops.
 */
export class AvroCursor {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #depth = 0;
  #itemsLeft = 0;
  #fault: AvroFault | undefined;

  get fault(): AvroFault | undefined {
    return this.#fault;
  }

  /** Begins anew with the datum that starts at `start` and ends where the bytes do. */
  begin(bytes: Buffer, start: number): void {
    this.#bytes = bytes;
    this.#at = start;
    this.#depth = 0;
    this.#itemsLeft = bytes.length + emptyItemsMax;
    this.#fault = undefined;
  }

  /** The datum has been read: what is left says that another schema wrote it. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) this.fail(`${left} of ${this.#bytes.length} bytes are left over`);
  }

  fail(what: string, code: RejectionCode = 'malformed_avro'): void {
    if (this.#fault !== undefined) return;
    const message =
      code === 'malformed_avro'
        ? `The value is not what its Avro schema says: ${what}, at byte ${this.#at}.`
        : what;
    this.#fault = { code, message };
    this.#at = this.#bytes.length;
  }

  enter(): void {
    if (++this.#depth <= depthMax) return;
    this.fail(`The record is more than ${depthMax} levels deep.`, 'too_deep');
  }

  leave(): void {
    this.#depth--;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) {
      this.fail('it ends too early');
      return 0;
    }
    this.#at++;
    return byte;
  }

  boolean(): boolean {
    const byte = this.byte();
    if (byte > 1) this.fail(`the boolean is ${byte}`);
    return byte === 1;
  }

  /** A zigzag number: a bigint only where a number can't hold it. */
  long(): number | bigint {
    const start = this.#at;
    let value = 0;
    let scale = 1;
    for (let count = 1; count <= numberBytesMax; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      }
      scale *= 0x80;
    }
    this.#at = start;
    return this.#bigLong();
  }

  int(): number {
    const value = this.long();
    if (typeof value === 'number' && value >= -(2 ** 31) && value < 2 ** 31) return value;
    this.fail(`the int is ${value}`);
    return 0;
  }

  float(): number {
    const at = this.#take(4);
    return at === undefined ? 0 : this.#bytes.readFloatLE(at);
  }

  double(): number {
    const at = this.#take(8);
    return at === undefined ? 0 : this.#bytes.readDoubleLE(at);
  }

  text(): string {
    const size = this.#length();
    const at = this.#take(size) ?? 0;
    const text = this.#bytes.toString('utf8', at, at + size);
    // What is no UTF-8 becomes this character, which may also have been there.
    const isSound = !text.includes('\ufffd') || isUtf8(this.#bytes.subarray(at, at + size));
    if (!isSound) this.fail('A string of the value is not valid UTF-8.', 'invalid_utf8');
    return text;
  }

  /** A view into the record. */
  bytes(): Buffer {
    return this.fixed(this.#length());
  }

  fixed(size: number): Buffer {
    const at = this.#take(size);
    return at === undefined ? this.#bytes.subarray(0, 0) : this.#bytes.subarray(at, at + size);
  }

  /** Number of the items of an array's or a map's next block; 0: there are no more. */
  blockItems(): number {
    let count = this.long();
    if (count < 0) {
      count = -count;
      // How many bytes the block has, for those that skip it.
      this.long();
    }
    if (count > this.#itemsLeft) {
      this.fail(`a block has ${count} items`);
      return 0;
    }
    this.#itemsLeft -= Number(count);
    return this.#fault === undefined ? Number(count) : 0;
  }

  #length(): number {
    const length = this.long();
    if (typeof length === 'number' && length >= 0) return length;
    this.fail(`a length is ${length}`);
    return 0;
  }

  /** Where the next `size` bytes begin, which are read with that. */
  #take(size: number): number | undefined {
    const at = this.#at;
    if (at + size > this.#bytes.length) {
      this.fail('it ends too early');
      return undefined;
    }
    this.#at = at + size;
    return at;
  }

  #bigLong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value >= 1n << 64n) break;
      return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
    }
    this.fail('a number has more than 64 bits');
    return 0n;
  }
}

/** Longer ones, of seven bits a byte, are none that a number holds exactly. */
const numberBytesMax = 8;
