import { HeliosError } from '../../base/errors.ts';

/** Rows from `first` to `last`, both counted. */
export type RowRange = { readonly first: number; readonly last: number };

/** First bytes of a vector in the portable format, which is the only one that files hold. */
const portableMagic = 1_681_511_377;

const cookieWithRuns = 12_347;
const cookieWithoutRuns = 12_346;
/** A bitmap without runs has offsets always, one with runs from so many containers on. */
const offsetsFrom = 4;
/** Values in an array; a container of more is a bitmap of 65,536 bits. */
const arrayMax = 4096;
const bitmapBytes = 8192;

/**
 * The numbers that a deletion vector holds, in ascending order, joined to ranges.
 *
 * A 64-bit bitmap is a count and, for each value of the high 32 bits, a 32-bit bitmap
 * (https://github.com/RoaringBitmap/RoaringFormatSpec). Fails with `corrupt_data` where it is not
 * that, or not that of `cardinality` numbers.
 */
export function decodeRoaring(
  bytes: Buffer,
  { cardinality, where }: { readonly cardinality: number; readonly where: string },
): readonly RowRange[] {
  const ranges = new Ranges();
  try {
    const reader = new Reader(bytes);
    const magic = reader.uint32();
    if (magic !== portableMagic) throw new RangeError(`its format is ${magic}`);
    const bitmaps = reader.uint64();
    for (let index = 0; index < bitmaps; index++) {
      readBitmap(reader, reader.uint32() * 2 ** 32, ranges);
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw damaged(where, thrown.message);
  }
  if (ranges.count === cardinality) return ranges.all;
  throw damaged(where, `it holds ${ranges.count} rows, and should hold ${cardinality}`);
}

/** One 32-bit bitmap; `base` is what its numbers lack. */
function readBitmap(reader: Reader, base: number, ranges: Ranges): void {
  const cookie = reader.uint32();
  const hasRuns = (cookie & 0xffff) === cookieWithRuns;
  if (!hasRuns && cookie !== cookieWithoutRuns) throw new RangeError(`a bitmap has ${cookie}`);
  const containers = hasRuns ? (cookie >>> 16) + 1 : reader.uint32();
  if (containers > 65_536) throw new RangeError(`a bitmap has ${containers} containers`);
  const runs = hasRuns ? reader.bytes(Math.ceil(containers / 8)) : Buffer.alloc(0);
  const keys = Array.from({ length: containers }, () => ({
    base: base + reader.uint16() * 65_536,
    count: reader.uint16() + 1,
  }));
  // Offsets only serve those who look for one number.
  if (!hasRuns || containers >= offsetsFrom) reader.bytes(containers * 4);
  for (const [index, key] of keys.entries()) {
    const isRuns = ((runs[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
    if (isRuns) readRuns(reader, key.base, ranges);
    else if (key.count <= arrayMax) readArray(reader, key, ranges);
    else readBits(reader, key.base, ranges);
  }
}

function readRuns(reader: Reader, base: number, ranges: Ranges): void {
  const count = reader.uint16();
  for (let run = 0; run < count; run++) {
    const first = reader.uint16();
    ranges.add(base + first, base + first + reader.uint16());
  }
}

type Key = { readonly base: number; readonly count: number };

function readArray(reader: Reader, { base, count }: Key, ranges: Ranges): void {
  for (let index = 0; index < count; index++) {
    const value = base + reader.uint16();
    ranges.add(value, value);
  }
}

function readBits(reader: Reader, base: number, ranges: Ranges): void {
  const bits = reader.bytes(bitmapBytes);
  for (const [index, byte] of bits.entries()) {
    for (let bit = 0; byte >>> bit !== 0; bit++) {
      if (((byte >>> bit) & 1) === 0) continue;
      const value = base + index * 8 + bit;
      ranges.add(value, value);
    }
  }
}

/** Grows at its end; what isn't beyond it means that the bitmap is none. */
class Ranges {
  readonly all: { first: number; last: number }[] = [];
  count = 0;

  add(first: number, last: number): void {
    const newest = this.all.at(-1);
    if (newest !== undefined && first <= newest.last) throw new RangeError('it is not in order');
    if (!Number.isSafeInteger(last)) throw new RangeError(`it holds row ${last}`);
    this.count += last - first + 1;
    if (newest !== undefined && first === newest.last + 1) newest.last = last;
    else this.all.push({ first, last });
  }
}

/** Reads little-endian numbers; at the end of the bytes a RangeError is thrown. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint16(): number {
    const value = this.#bytes.readUInt16LE(this.#at);
    this.#at += 2;
    return value;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  uint64(): number {
    const value = Number(this.#bytes.readBigUInt64LE(this.#at));
    this.#at += 8;
    return value;
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('it ends too early');
    const found = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return found;
  }
}

function damaged(where: string, problem: string): HeliosError {
  return new HeliosError('corrupt_data', `The deletion vector ${where} is damaged: ${problem}.`, {
    hint: 'Restore the file, or the table to a version before it.',
  });
}
