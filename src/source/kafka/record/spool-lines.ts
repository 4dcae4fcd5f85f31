import type { RawValue } from '../../../event/record.ts';

export type LinesMark = {
  readonly byteLength: number;
  readonly lineCount: number;
  readonly chunkCount: number;
};

/**
 * What the file of a batch holds, line by line, as far as it takes to find a record again.
 * Elements of `ends` and `offsets` belong together, one for each line.
 */
export class SpoolLines {
  /** Bytes that are not yet written to the file. */
  #chunks: Uint8Array[] = [];
  /** Bytes that nobody needs once those are written. */
  #spent: Uint8Array[] = [];
  #byteLength = 0;
  readonly #ends: number[] = [];
  readonly #offsets: number[] = [];
  /** Where lines have a carriage return for a line feed of the value. */
  readonly #feeds: number[] = [];
  /** Where lines begin that stand for an empty value, or for none. */
  readonly #empties: number[] = [];
  readonly #tombstones: number[] = [];

  get byteLength(): number {
    return this.#byteLength;
  }

  get lineCount(): number {
    return this.#ends.length;
  }

  get hasOddLines(): boolean {
    return this.#feeds.length + this.#empties.length + this.#tombstones.length > 0;
  }

  /** Lines whose ends were told before. The bytes must stay as they are until they are written. */
  addChunk(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#chunks.push(bytes);
  }

  /** Bytes with memory of their own, of which no more will be taken. */
  addSpent(bytes: Uint8Array): void {
    this.#spent.push(bytes);
  }

  /** A line of `length` bytes, its end included, for the record at this offset. */
  addLine(length: number, offset: number): void {
    this.#byteLength += length;
    this.#ends.push(this.#byteLength);
    this.#offsets.push(offset);
  }

  /** The next line to be added has a value's line feed so many bytes from its start. */
  addFeed(distance: number): void {
    this.#feeds.push(this.#byteLength + distance);
  }

  addEmpty(): void {
    this.#empties.push(this.#byteLength);
  }

  addTombstone(): void {
    this.#tombstones.push(this.#byteLength);
  }

  /** What there is now, for `backTo`. */
  mark(): LinesMark {
    return {
      byteLength: this.#byteLength,
      lineCount: this.#ends.length,
      chunkCount: this.#chunks.length,
    };
  }

  /** Forgets what was added since; none of it may have been taken. */
  backTo({ byteLength, lineCount, chunkCount }: LinesMark): void {
    this.#byteLength = byteLength;
    this.#ends.length = lineCount;
    this.#offsets.length = lineCount;
    this.#chunks.length = chunkCount;
    for (const places of [this.#feeds, this.#empties, this.#tombstones]) {
      while ((places.at(-1) ?? -1) >= byteLength) places.pop();
    }
  }

  /** What there is to write, once. */
  takeChunks(): readonly Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  /** What was spent so far, once: its memory may go when what was taken is written. */
  takeSpent(): readonly Uint8Array[] {
    const spent = this.#spent;
    this.#spent = [];
    return spent;
  }

  /** Offset of the record whose line holds the byte. */
  offsetAt(byteOffset: number): number {
    const index = Math.min(upperBound(this.#ends, byteOffset), this.#offsets.length - 1);
    return this.#offsets[index] ?? 0;
  }

  /**
   * What the line that begins there stands for; undefined where it is the value itself. `lineOf`
   * gives the line's bytes without its end.
   */
  rawAt(byteOffset: number, lineOf: (start: number, end: number) => Buffer): RawValue | undefined {
    if (includes(this.#tombstones, byteOffset)) return null;
    if (includes(this.#empties, byteOffset)) return new Uint8Array();
    const end = (this.#ends[upperBound(this.#ends, byteOffset)] ?? this.#byteLength) - 1;
    const first = upperBound(this.#feeds, byteOffset - 1);
    if ((this.#feeds[first] ?? end) >= end) return undefined;
    const value = lineOf(byteOffset, end);
    for (let at = first; (this.#feeds[at] ?? end) < end; at++) {
      value[(this.#feeds[at] ?? 0) - byteOffset] = lineFeed;
    }
    return value;
  }
}

const lineFeed = 10;

function includes(ascending: readonly number[], value: number): boolean {
  return ascending[upperBound(ascending, value) - 1] === value;
}

/** Index of the first value that is larger. */
function upperBound(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
