import { assert } from '../base/assert.ts';
import type { EpochMs } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import type { RecordOrigin } from './format.ts';

/** Why a record is rejected. */
export type Reason = Pick<RejectedRecord, 'code' | 'message'>;

type Place = {
  /** Name of the source table. */
  readonly source: string;
  readonly partition: string;
  readonly rejectedAtMs: EpochMs;
  /** Where the record of a number came from. */
  readonly record: (row: number) => RecordOrigin;
};

/** Collects which records of a batch are rejected, and why. */
export class Rejections {
  readonly #rows: number[] = [];
  readonly #reasonOf: number[] = [];
  readonly #reasons: Reason[] = [];
  readonly #numbers = new Map<string, number>();
  #isSorted = true;

  get count(): number {
    return this.#rows.length;
  }

  /** Number of a reason, the same for the same reason. */
  reason({ code, message }: Reason): number {
    const key = `${code} ${message}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#reasons.length);
    return this.#reasons.push({ code, message }) - 1;
  }

  /** The record `row` is rejected, for the reason of a number. */
  add(row: number, reason: number): void {
    this.#isSorted &&= row > (this.#rows.at(-1) ?? -1);
    this.#rows.push(row);
    this.#reasonOf.push(reason);
  }

  /** All of another's, whose records have other numbers here. */
  addAll(other: Rejections, rowOf: (row: number) => number): void {
    const numbers = other.#reasons.map((reason) => this.reason(reason));
    for (const [index, row] of other.#rows.entries()) {
      this.add(rowOf(row), numbers[other.#reasonOf[index] ?? 0] ?? 0);
    }
  }

  of(place: Place): RejectedRecords {
    const [rows, reasonOf] = [this.#rows, this.#reasonOf];
    if (this.#isSorted)
      return new RejectedRecords(place, { rows, reasonOf, reasons: this.#reasons });
    const order = rows.map((_, index) => index);
    order.sort((one, other) => (rows[one] ?? 0) - (rows[other] ?? 0));
    return new RejectedRecords(place, {
      rows: order.map((index) => rows[index] ?? 0),
      reasonOf: order.map((index) => reasonOf[index] ?? 0),
      reasons: this.#reasons,
    });
  }
}

export function countRejected(batches: readonly RejectedRecords[]): number {
  return batches.reduce((sum, { length }) => sum + length, 0);
}

type Columns = {
  readonly rows: readonly number[];
  /** For each row which of the reasons it has. */
  readonly reasonOf: readonly number[];
  readonly reasons: readonly Reason[];
};

/**
 * Records of one batch that can't become rows, in their order. They may be as many as the batch
 * has: of each there are two numbers, until someone asks for more.
 */
export class RejectedRecords implements Iterable<RejectedRecord> {
  readonly source: string;
  readonly partition: string;
  readonly rejectedAtMs: EpochMs;
  readonly reasons: readonly Reason[];
  readonly #columns: Columns;
  readonly #record: Place['record'];

  constructor({ source, partition, rejectedAtMs, record }: Place, columns: Columns) {
    this.source = source;
    this.partition = partition;
    this.rejectedAtMs = rejectedAtMs;
    this.reasons = columns.reasons;
    this.#record = record;
    this.#columns = columns;
  }

  get length(): number {
    return this.#columns.rows.length;
  }

  /** Where a record came from; its bytes only until another is asked for. */
  origin(index: number): RecordOrigin {
    const row = this.#columns.rows[index];
    assert(row !== undefined, `no rejected record ${index} of ${this.length}`);
    return this.#record(row);
  }

  /** Which of `reasons` a record has. */
  reasonOf(index: number): number {
    return this.#columns.reasonOf[index] ?? 0;
  }

  /** All of a record. */
  at(index: number): RejectedRecord {
    const { partition, position, raw } = this.origin(index);
    const reason = this.reasons[this.reasonOf(index)];
    assert(reason !== undefined, `rejected record ${index} has a reason`);
    const { source, rejectedAtMs } = this;
    return { source, partition, position, rejectedAtMs, ...reason, raw: Buffer.from(raw) };
  }

  *[Symbol.iterator](): Generator<RejectedRecord> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}
