import type { EpochMs } from '../../../event/record.ts';
import type { RecordPage } from './record-page.ts';
import { compareSequenceNumbers } from '../shard/shard-position.ts';

/** Records `from` to `to` (exclusive) of a page. */
export type PageSlice = {
  readonly page: RecordPage;
  readonly from: number;
  readonly to: number;
};

/** Where a reading of a shard ends: the record with this number is in `through` alone. */
export type Bound =
  | { readonly kind: 'through' | 'before'; readonly sequenceNumber: string }
  /** Before the first record that arrived then or later. */
  | { readonly kind: 'until'; readonly atMs: EpochMs };

/** The first records of a queue. */
export type FirstRecords = {
  readonly slices: readonly PageSlice[];
  /** A record follows that lies behind the bound. */
  readonly isAtBound: boolean;
};

type QueuedPage = { readonly page: RecordPage; first: number };

/** Records that were received and are not committed yet, in the order of their shard. */
export class PageQueue {
  #pages: QueuedPage[] = [];

  get isEmpty(): boolean {
    return this.#pages.length === 0;
  }

  /** Records of the page come after all others; a page without records is left out. */
  push(page: RecordPage): void {
    if (page.ends.length > 0) this.#pages.push({ page, first: 0 });
  }

  /**
   * Lets go of the record with this number and of those before it; gives the bytes that are free
   * then, or undefined, and changes nothing, where it isn't here.
   */
  dropThrough(sequenceNumber: string): number | undefined {
    const at = this.#pages.findIndex(({ page }) => {
      return compareSequenceNumbers(page.sequenceNumbers.at(-1) ?? '', sequenceNumber) >= 0;
    });
    const holder = this.#pages[at];
    if (holder === undefined) return undefined;
    const index = lowerBound(holder.page, sequenceNumber);
    if (holder.page.sequenceNumbers[index] !== sequenceNumber) return undefined;
    holder.first = index + 1;
    const dropped = this.#pages.splice(0, holder.first === holder.page.ends.length ? at + 1 : at);
    return dropped.reduce((sum, { page }) => sum + page.bytes.length, 0);
  }

  /** The first records, up to the one that reaches `bytesMax`, and never past a bound. */
  first(bytesMax: number, bound: Bound | undefined): FirstRecords {
    const slices: PageSlice[] = [];
    let byteLength = 0;
    for (const { page, first: from } of this.#pages) {
      const limit = bound === undefined ? page.ends.length : countWithin(page, from, bound);
      let to = from;
      while (to < limit && byteLength < bytesMax) {
        to++;
        byteLength += startOf(page, to) - startOf(page, to - 1);
      }
      if (to > from) slices.push({ page, from, to });
      if (to < page.ends.length) return { slices, isAtBound: to >= limit };
    }
    return { slices, isAtBound: false };
  }

  /** When the first record after this one arrived; undefined: the first of all. */
  oldestAtMs(sequenceNumber: string | undefined): number | undefined {
    for (const { page, first } of this.#pages) {
      const passed = sequenceNumber === undefined ? 0 : countThrough(page, sequenceNumber);
      const arrivedAtMs = page.arrivals[Math.max(first, passed)];
      if (arrivedAtMs !== undefined) return arrivedAtMs;
    }
    return undefined;
  }

  /** All bytes that are held. */
  get byteLength(): number {
    return this.#pages.reduce((sum, { page }) => sum + page.bytes.length, 0);
  }
}

/** Where the lines of a record begin; of the number after the last, where all of them end. */
export function startOf({ ends }: RecordPage, index: number): number {
  return index === 0 ? 0 : (ends[index - 1] ?? 0);
}

/** Records of a page that lie before a bound. */
function countWithin(page: RecordPage, from: number, bound: Bound): number {
  if (bound.kind === 'until') {
    const index = page.arrivals.findIndex((atMs, at) => at >= from && atMs >= bound.atMs);
    return index < 0 ? page.ends.length : index;
  }
  const { kind, sequenceNumber } = bound;
  return kind === 'before' ? lowerBound(page, sequenceNumber) : countThrough(page, sequenceNumber);
}

/** Records with numbers up to and including this one. */
function countThrough(page: RecordPage, sequenceNumber: string): number {
  const index = lowerBound(page, sequenceNumber);
  return page.sequenceNumbers[index] === sequenceNumber ? index + 1 : index;
}

/** Index of the first record whose number is not before this one. */
function lowerBound({ sequenceNumbers }: RecordPage, sequenceNumber: string): number {
  let [low, high] = [0, sequenceNumbers.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (compareSequenceNumbers(sequenceNumbers[middle] ?? '', sequenceNumber) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
