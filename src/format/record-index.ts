import { open } from 'node:fs/promises';
import { assert } from '../base/assert.ts';

const lineFeed = 10;
const carriageReturn = 13;

/** Bytes that are read at a time; a line may be longer. */
const pieceBytes = 4 * 1024 * 1024;

/** Which lines are no records: those of white space only, or only those without any byte. */
export type BlankLines = 'white_space' | 'empty';

/**
 * Where each record of a file of lines lies. A line ends with LF or CR LF; the last may lack it.
 * Holds two numbers a record.
 */
export class RecordIndex {
  readonly #blank: BlankLines;
  #starts = new Float64Array(1024);
  #ends = new Float64Array(1024);
  #count = 0;

  private constructor(blank: BlankLines) {
    this.#blank = blank;
  }

  static ofBytes(bytes: Buffer, blank: BlankLines): RecordIndex {
    const index = new RecordIndex(blank);
    const taken = index.#addLines(bytes, 0);
    index.#addLine(bytes, { start: taken, end: bytes.length, offset: 0 });
    return index;
  }

  /** Reads the file from its start to its end. */
  static async ofFile(path: string, blank: BlankLines): Promise<RecordIndex> {
    const index = new RecordIndex(blank);
    await using file = await open(path);
    let piece = Buffer.allocUnsafeSlow(pieceBytes);
    let length = 0;
    for (let offset = 0; ;) {
      const { bytesRead } = await file.read(piece, length, piece.length - length, offset + length);
      length += bytesRead;
      const bytes = piece.subarray(0, length);
      const taken = index.#addLines(bytes, offset);
      if (bytesRead === 0) {
        index.#addLine(bytes, { start: taken, end: length, offset });
        return index;
      }
      // A line that fills all of it needs more room.
      const next = taken === 0 && length === piece.length ? grownBytes(piece) : piece;
      piece.copy(next, 0, taken, length);
      piece = next;
      length -= taken;
      offset += taken;
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Offset in the file of the first byte of record `number`. */
  start(number: number): number {
    const start = this.#starts[number];
    assert(start !== undefined && number < this.#count, `no record ${number} of ${this.#count}`);
    return start;
  }

  /** Offset in the file behind the last byte of record `number`, which is not the line's end. */
  end(number: number): number {
    return this.start(number) + this.byteLength(number);
  }

  /** Bytes of record `number`. */
  byteLength(number: number): number {
    return (this.#ends[number] ?? 0) - this.start(number);
  }

  /** Whole lines of bytes that begin at `offset` of the file; gives how many bytes these are. */
  #addLines(bytes: Buffer, offset: number): number {
    let start = 0;
    for (;;) {
      const feed = bytes.indexOf(lineFeed, start);
      if (feed < 0) return start;
      this.#addLine(bytes, { start, end: feed, offset });
      start = feed + 1;
    }
  }

  #addLine(
    bytes: Buffer,
    line: { readonly start: number; readonly end: number; readonly offset: number },
  ): void {
    const { start, offset } = line;
    const isReturn = line.end > start && bytes[line.end - 1] === carriageReturn;
    const end = isReturn ? line.end - 1 : line.end;
    if (isBlank(bytes, start, end, this.#blank)) return;
    if (this.#count === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
    }
    this.#starts[this.#count] = offset + start;
    this.#ends[this.#count] = offset + end;
    this.#count++;
  }
}

function grown(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}

function grownBytes(bytes: Buffer): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(bytes.length * 2);
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
