import type { Arrival, TailRecord } from './tail-record.ts';

/** Records that are kept; older ones are in the stream, and go from the page. */
export const recordsMax = 2000;

/** Rates are those of so long. */
const windowMs = 5000;
/** What came within so long is new. */
const freshMs = 1000;
/** So many seconds are told. */
export const historySeconds = 120;

/** What a tail looks like now. */
export type TailView = {
  /** The newest first; while it is held, those of when that began. */
  readonly records: readonly TailRecord[];
  readonly isHeld: boolean;
  /** That came since it is held. */
  readonly newCount: number;
  /** Records since it began, those that the server left out not counted. */
  readonly totalCount: number;
  readonly rate: TailRate;
  /** Records from this key on came within the last second; while it is held, none has. */
  readonly freshKey: number;
  /** Left out since it began; by bytes where their records are not known. */
  readonly leftOut: { readonly records: number; readonly bytes: number };
  /** When this is so: milliseconds since 1970. */
  readonly atMs: number;
  /** How many came in each of the last seconds, those that were left out among them. */
  readonly history: readonly TailSecond[];
};

export type TailSecond = {
  /** Milliseconds since 1970: its beginning. */
  readonly atMs: number;
  readonly records: number;
};

/** Of the last seconds. */
export type TailRate = {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** One of so many was sent to this page: 1 is all. By bytes where records are not known. */
  readonly oneOf: number;
};

type Sample = {
  readonly atMs: number;
  readonly records: number;
  readonly bytes: number;
  readonly droppedRecords: number;
  readonly droppedBytes: number;
};

/** The newest records of a tail. It can be held, so that they stand still while they are read. */
export class TailBuffer {
  #records: readonly TailRecord[] = [];
  #held: readonly TailRecord[] | undefined;
  #totalCount = 0;
  #totalWhenHeld = 0;
  #samples: Sample[] = [];
  #history: TailSecond[] = [];
  readonly #leftOut = { records: 0, bytes: 0 };
  readonly #beganMs: number;
  /** Partition → the last position of what was there before the tail. */
  readonly #before = new Map<string, number>();

  constructor(beganMs: number) {
    this.#beganMs = beganMs;
  }

  /**
   * Records that were there before, the oldest first. Not taken where some have come meanwhile:
   * nobody knows what lies between.
   */
  beginWith(records: Arrival['records']): void {
    if (this.#totalCount > 0) return;
    this.#take(records);
    for (const { partition, position } of records) {
      const known = this.#before.get(partition ?? '') ?? -1;
      this.#before.set(partition ?? '', Math.max(known, Number(position)));
    }
  }

  add({ records: all, droppedBytes, droppedRecords }: Arrival, atMs: number): void {
    const records = this.#before.size === 0 ? all : all.filter((record) => this.#isNew(record));
    this.#take(records);
    const bytes = records.reduce((sum, { text }) => sum + text.length + 1, 0);
    this.#samples.push({ atMs, records: records.length, bytes, droppedRecords, droppedBytes });
    this.#leftOut.records += droppedRecords;
    this.#leftOut.bytes += droppedBytes;
    const unseen = bytes === 0 ? 0 : (records.length * droppedBytes) / bytes;
    this.#note(atMs, records.length + droppedRecords + unseen);
  }

  #note(atMs: number, records: number): void {
    const secondMs = Math.floor(atMs / 1000) * 1000;
    const last = this.#history.at(-1);
    const isSame = last?.atMs === secondMs;
    const before = isSame ? this.#history.slice(0, -1) : this.#history;
    const sum = records + (isSame ? last.records : 0);
    this.#history = [...before, { atMs: secondMs, records: sum }].slice(-historySeconds);
  }

  #isNew({ partition, position }: Arrival['records'][number]): boolean {
    return Number(position ?? Infinity) > (this.#before.get(partition ?? '') ?? -1);
  }

  #take(records: Arrival['records']): void {
    const newest = records
      .slice(-recordsMax)
      .map((record, index, kept) => ({
        ...record,
        key: this.#totalCount + records.length - kept.length + index,
      }))
      .toReversed();
    this.#records = [...newest, ...this.#records.slice(0, recordsMax - newest.length)];
    this.#totalCount += records.length;
  }

  hold(): void {
    if (this.#held !== undefined) return;
    this.#held = this.#records;
    this.#totalWhenHeld = this.#totalCount;
  }

  release(): void {
    this.#held = undefined;
  }

  view(nowMs: number): TailView {
    return {
      records: this.#held ?? this.#records,
      isHeld: this.#held !== undefined,
      newCount: this.#held === undefined ? 0 : this.#totalCount - this.#totalWhenHeld,
      totalCount: this.#totalCount,
      rate: this.#rate(nowMs),
      freshKey: this.#held === undefined ? this.#totalCount - this.#freshCount(nowMs) : Infinity,
      leftOut: { ...this.#leftOut },
      atMs: nowMs,
      history: this.#history,
    };
  }

  #freshCount(nowMs: number): number {
    return this.#samples
      .filter(({ atMs }) => atMs > nowMs - freshMs)
      .reduce((sum, { records }) => sum + records, 0);
  }

  #rate(nowMs: number): TailRate {
    this.#samples = this.#samples.filter(({ atMs }) => atMs > nowMs - windowMs);
    const seconds = Math.min(windowMs, Math.max(1000, nowMs - this.#beganMs)) / 1000;
    const sum = (of: (sample: Sample) => number): number =>
      this.#samples.reduce((total, sample) => total + of(sample), 0);
    const bytes = sum((sample) => sample.bytes);
    const records = sum((sample) => sample.records);
    const oneOf = Math.max(
      bytes === 0 ? 1 : (bytes + sum((sample) => sample.droppedBytes)) / bytes,
      records === 0 ? 1 : (records + sum((sample) => sample.droppedRecords)) / records,
    );
    return {
      recordsPerSecond: (records * oneOf) / seconds,
      bytesPerSecond: (bytes * oneOf) / seconds,
      oneOf,
    };
  }
}
