import { HeliosError } from '../../../base/errors.ts';

/** Reads Kafka's primitive types one after another; `corrupt_data` where the bytes end before. */
export class ByteReader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.at;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  /** Of 64 bits; must be below 2⁵³. */
  int64(): number {
    const value = Number(this.#bytes.readBigInt64BE(this.#take(8)));
    if (Number.isSafeInteger(value)) return value;
    throw new HeliosError('corrupt_data', `An answer of the broker has the number ${value}.`);
  }

  bigInt64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#take(1)] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new HeliosError('corrupt_data', 'An answer of the broker has a length that never ends.');
  }

  /** Lower-case, with dashes, as the client's other answers have it. */
  uuid(): string {
    const text = this.bytes(16).toString('hex');
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** A part of the bytes, not a copy. */
  bytes(length: number): Buffer {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Fields that newer brokers add, passed to `read` by their number; others are skipped. */
  taggedFields(read?: (tag: number, field: ByteReader) => void): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      const tag = this.unsignedVarint();
      const field = new ByteReader(this.bytes(this.unsignedVarint()));
      read?.(tag, field);
    }
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw new HeliosError(
        'corrupt_data',
        `An answer of the broker ends before ${length} bytes that it should have at ${this.at}.`,
      );
    }
    const start = this.at;
    this.at += length;
    return start;
  }
}
