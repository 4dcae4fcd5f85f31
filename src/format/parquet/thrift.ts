/** A value of Thrift's compact protocol: structs by the numbers of their fields. */
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct;
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/**
 * Reads a struct; throws a RangeError where the bytes end too soon or make no sense
 * (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md). Doubles come
 * as their bytes, numbers beyond 2^53 not to the digit.
 */
export function readThriftStruct(bytes: Uint8Array): ThriftStruct {
  return new Reader(bytes).struct(0);
}

const depthMax = 32;

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(depth: number): ThriftStruct {
    if (depth > depthMax) throw new RangeError('Thrift that is nested too deeply');
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return fields;
      const step = head >> 4;
      id = step === 0 ? zigzag(this.#varint()) : id + step;
      const type = head & 0x0f;
      // In a struct the type is the value of a boolean.
      fields.set(id, type <= types.isFalse ? type === types.isTrue : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case types.isTrue:
      case types.isFalse:
        return this.#byte() === types.isTrue;
      case types.byte:
        return this.#byte();
      case types.i16:
      case types.i32:
      case types.i64:
        return zigzag(this.#varint());
      case types.double:
        return this.#take(8);
      case types.binary:
        return this.#take(this.#varint());
      case types.list:
      case types.set:
        return this.#list(depth + 1);
      case types.struct:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`Thrift of the type ${type}`);
    }
  }

  #list(depth: number): readonly ThriftValue[] {
    if (depth > depthMax) throw new RangeError('Thrift that is nested too deeply');
    const head = this.#byte();
    const short = head >> 4;
    const length = short === 15 ? this.#varint() : short;
    // Each element takes a byte at least.
    if (length > this.#bytes.byteLength - this.#offset) throw new RangeError('Thrift cut off');
    return Array.from({ length }, () => this.#value(head & 0x0f, depth));
  }

  #varint(): number {
    let value = 0;
    for (let weight = 1; weight < 2 ** 70; weight *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
    throw new RangeError('A number of Thrift that has no end');
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset++];
    if (byte === undefined) throw new RangeError('Thrift cut off');
    return byte;
  }

  #take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.byteLength) throw new RangeError('Thrift cut off');
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}

const types = {
  isTrue: 1,
  isFalse: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const;

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
