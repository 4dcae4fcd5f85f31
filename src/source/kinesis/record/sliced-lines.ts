import type { RawValue } from '../../../event/record.ts';
import { startOf, type PageSlice } from './page-queue.ts';
import type { RecordPage } from './record-page.ts';

/** The lines of some slices, one after the other. */
export class SlicedLines {
  readonly #slices: readonly PageSlice[];
  readonly #starts: readonly number[];
  readonly byteLength: number;

  constructor(slices: readonly PageSlice[]) {
    const starts: number[] = [];
    let byteLength = 0;
    for (const slice of slices) {
      starts.push(byteLength);
      byteLength += bytesOf(slice).length;
    }
    this.#slices = slices;
    this.#starts = starts;
    this.byteLength = byteLength;
  }

  bytes(): Uint8Array {
    const [only] = this.#slices;
    const parts = this.#slices.map(bytesOf);
    return parts.length === 1 && only !== undefined ? bytesOf(only) : Buffer.concat(parts);
  }

  /** Number of the record whose lines hold the byte, and when it arrived. */
  recordAt(byteOffset: number): { readonly sequenceNumber: string; readonly arrivedAtMs: number } {
    const { page, offset } = this.#find(byteOffset);
    const index = upperBound(page.ends, offset);
    const sequenceNumber = page.sequenceNumbers[index] ?? page.sequenceNumbers.at(-1) ?? '0';
    return { sequenceNumber, arrivedAtMs: page.arrivals[index] ?? page.arrivals.at(-1) ?? 0 };
  }

  /** What the line that begins there stands for; undefined where it is the value itself. */
  rawAt(byteOffset: number): RawValue | undefined {
    const { page, offset } = this.#find(byteOffset);
    if (page.empties[upperBound(page.empties, offset - 1)] === offset) return new Uint8Array();
    const end = page.bytes.indexOf(lineFeed, offset);
    const first = upperBound(page.feeds, offset - 1);
    if ((page.feeds[first] ?? end) >= end) return undefined;
    const value = Buffer.from(page.bytes.subarray(offset, end));
    for (let at = first; (page.feeds[at] ?? end) < end; at++) {
      value[(page.feeds[at] ?? 0) - offset] = lineFeed;
    }
    return value;
  }

  /** Whether some line differs from its value. */
  get hasOddLines(): boolean {
    return this.#slices.some(({ page }) => page.feeds.length + page.empties.length > 0);
  }

  get lineCount(): number {
    return this.#slices.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  get newestAtMs(): number {
    return Math.max(
      0,
      ...this.#slices.map(({ page, from, to }) => largest(page.arrivals, from, to)),
    );
  }

  #find(byteOffset: number): { readonly page: RecordPage; readonly offset: number } {
    const index = upperBound(this.#starts, byteOffset) - 1;
    const slice = this.#slices[index];
    if (slice === undefined) throw new RangeError(`no line at byte ${byteOffset}`);
    const offset = byteOffset - (this.#starts[index] ?? 0) + startOf(slice.page, slice.from);
    return { page: slice.page, offset };
  }
}

const lineFeed = 10;

function bytesOf({ page, from, to }: PageSlice): Buffer {
  return page.bytes.subarray(startOf(page, from), startOf(page, to));
}

function largest(values: readonly number[], from: number, to: number): number {
  let result = 0;
  for (let at = from; at < to; at++) result = Math.max(result, values[at] ?? 0);
  return result;
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
