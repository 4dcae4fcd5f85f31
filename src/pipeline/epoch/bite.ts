import type { Batch } from '../../event/record.ts';

/** A full epoch that takes longer than this is too large for the pace; half of it is too small. */
export const epochIntervalMsMax = 1000;
/** Bytes of one epoch: it starts small, and doubles while there is more to read than fits. */
const epochBytesMin = 4 * 1024 * 1024;
const epochBytesMax = 128 * 1024 * 1024;
/**
 * Sources that end are read in large bites: fewer, larger files, and a whole file is not copied.
 */
const boundedBytesMax = 1024 * 1024 * 1024;
/** A batch this near to its limit left something behind. */
const fullShare = 0.9;

/** One partition of a source, and how many the source has. */
export type Place = {
  readonly source: string;
  readonly partition: string;
  readonly partitionCount: number;
};

type Asked = {
  readonly source: string;
  readonly bytesMax: number;
  /** What it was asked for the time before: a source may have made this batch already then. */
  readonly bytesMaxBefore: number;
};

/**
 * How much an epoch reads of each partition. As much of each, until some have more to read than
 * that: those share the epoch then, and the others keep what they may have, so that an epoch is at
 * most twice its size however they change roles.
 */
export class Bite {
  /** Read as fast as it goes, whatever an epoch takes. */
  readonly #isHasty: boolean;
  readonly #bytesMin: number;
  #bytesMax: number;
  #bytesLimit: number;
  /** Of the epoch before this one, by source and partition. */
  #full = new Map<string, Asked>();
  #before = new Map<string, Asked>();
  #asked = new Map<string, Asked>();
  /** What is read next was made, in part, before the size changed: it says nothing of the size. */
  #isNew = false;

  /**
   * `isBounded`: everything that is read has an end. `bytesFirst`: some sink takes rows so slowly
   * that even a bounded pipeline begins with few, and goes back to as few.
   */
  constructor(isBounded: boolean, bytesFirst?: number) {
    this.#isHasty = isBounded && bytesFirst === undefined;
    this.#bytesLimit = this.#isHasty ? boundedBytesMax : epochBytesMax;
    this.#bytesMin = bytesFirst ?? epochBytesMin;
    this.#bytesMax = this.#isHasty ? boundedBytesMax : this.#bytesMin;
  }

  /** Bytes to ask of a partition for the epoch that is gathered. */
  bytesMax(place: Place): number {
    const { source, partitionCount } = place;
    const key = keyOf(source, place.partition);
    const sharers = this.#full.has(key) ? this.#fullCount(source) : partitionCount;
    const bytesMax = Math.ceil(this.#bytesMax / Math.max(1, sharers));
    const before = this.#before.get(key)?.bytesMax ?? bytesMax;
    this.#asked.set(key, { source, bytesMax, bytesMaxBefore: before });
    return bytesMax;
  }

  /** The epoch is through, after `workMs`; says whether there is more waiting already. */
  swallow(batches: ReadonlyMap<string, readonly Batch[]>, workMs: number): boolean {
    this.#full = new Map(this.#fullOnes(batches));
    this.#before = this.#asked;
    this.#asked = new Map();
    const isFull = this.#full.size > 0;
    if (isFull && !this.#isNew) this.#resize(workMs);
    else this.#isNew = false;
    return isFull;
  }

  /** From now on at most `bytesMax`, evenly, also of what is gathered again for the same epoch. */
  takeLess(bytesMax: number): void {
    this.#bytesLimit = bytesMax;
    this.#bytesMax = bytesMax;
    this.#full = new Map();
    this.#asked = new Map();
  }

  #resize(workMs: number): void {
    const before = this.#bytesMax;
    if (workMs < epochIntervalMsMax / 2) this.#bytesMax = Math.min(before * 2, this.#bytesLimit);
    if (workMs > epochIntervalMsMax && !this.#isHasty)
      this.#bytesMax = Math.max(before / 2, Math.min(before, this.#bytesMin));
    this.#isNew = this.#bytesMax !== before;
  }

  *#fullOnes(batches: ReadonlyMap<string, readonly Batch[]>): Generator<[string, Asked]> {
    for (const [source, ofSource] of batches) {
      for (const { partition, content } of ofSource) {
        const key = keyOf(source, partition);
        const asked = this.#asked.get(key);
        if (asked === undefined || content.kind === 'parquet') continue;
        const limit = Math.min(asked.bytesMax, asked.bytesMaxBefore);
        if (content.byteLength >= limit * fullShare) yield [key, asked];
      }
    }
  }

  #fullCount(source: string): number {
    return [...this.#full.values()].filter((asked) => asked.source === source).length;
  }
}

function keyOf(source: string, partition: string): string {
  return `${source}\n${partition}`;
}
