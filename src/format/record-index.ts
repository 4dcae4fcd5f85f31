import { assert } from '../base/assert.ts';

const lineFeed = 10;
const carriageReturn = 13;

/** Which lines are no records: those of white space only, or only those without any byte. */
export type BlankLines = 'white_space' | 'empty';

/**
 * Where each record of a file of lines lies. A line ends with LF or CR LF; the last may lack it.
 * Holds two numbers a record, and the file's bytes.
 */
export class RecordIndex {
  readonly #bytes: Buffer;
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly count: number;

  constructor(bytes: Buffer, blank: BlankLines) {
    this.#bytes = bytes;
    let capacity = 1024;
    let starts = new Float64Array(capacity);
    let ends = new Float64Array(capacity);
    let count = 0;
    for (let start = 0; start < bytes.length;) {
      const feed = bytes.indexOf(lineFeed, start);
      const next = feed < 0 ? bytes.length : feed;
      const end = next > start && bytes[next - 1] === carriageReturn ? next - 1 : next;
      if (!isBlank(bytes, start, end, blank)) {
        if (count === capacity) {
          capacity *= 2;
          starts = grown(starts, capacity);
          ends = grown(ends, capacity);
        }
        starts[count] = start;
        ends[count] = end;
        count++;
      }
      start = next + 1;
    }
    this.#starts = starts;
    this.#ends = ends;
    this.count = count;
  }

  /** Offset in the file of the first byte of record `number`. */
  start(number: number): number {
    const start = this.#starts[number];
    assert(start !== undefined && number < this.count, `no record ${number} of ${this.count}`);
    return start;
  }

  /** Bytes of record `number`, without the line's end; a view into the file. */
  raw(number: number): Buffer {
    return this.#bytes.subarray(this.start(number), this.#ends[number]);
  }

  /** Bytes of record `number`. */
  byteLength(number: number): number {
    return (this.#ends[number] ?? 0) - this.start(number);
  }
}

function grown(array: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}

/**
 * White space as DuckDB's JSON reader skips it: space and the bytes from tab to carriage return.
 */
function isBlank(bytes: Buffer, start: number, end: number, blank: BlankLines): boolean {
  if (blank === 'empty') return start === end;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== 32 && (byte < 9 || byte > 13)) return false;
  }
  return true;
}
