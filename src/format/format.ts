import type { HeliosError } from '../base/errors.ts';
import type { Connection } from '../engine/engine.ts';
import type { Batch, EpochMs, Position } from '../event/record.ts';
import type { RejectedRecords } from './rejected-records.ts';

/**
 * Turns batches of records into rows, in DuckDB.
 *
 * A record becomes a row whose values are exactly what the record says, or it is rejected. Both
 * paths decide by the same expressions, so a record that `fast` accepts is accepted by `isolate`,
 * with equal values. What a record becomes depends on the record alone, never on its batch.
 */
export interface Decoder {
  /**
   * Bytes of a batch that `isolate` may be given, where it holds little more than these in memory;
   * undefined where it holds them several times.
   */
  readonly isolateBytesMax?: number;
  /**
   * A SELECT that yields the table's field columns, in order and in DuckDB's types, one row a
   * record, in the records' order. Running it fails with an error that `isBadRecordError` knows if
   * any record can't become a row, whatever the statement around it selects or filters, as long as
   * it reads the rows at all (`LIMIT` and `WHERE false` may leave records unread).
   */
  fast(paths: readonly string[]): string;
  /**
   * As `fast`, with the place that a record's file has among the paths in the column `__file`, from
   * 0. Several files are read in half the time that a SELECT of each takes. Undefined where it
   * can't be said.
   */
  numbered?(paths: readonly string[]): string | undefined;
  /**
   * Takes note of how `fast` failed on a record. True where it will read dearer from now on, and
   * may succeed on the same files; false where only `isolate` can tell. What it notes changes cost,
   * never results, and it says true only a few times.
   */
  adapt?(failure: HeliosError): boolean;
  /**
   * The slow path: parts the batch's rows from its rejected records. The rows stay in temporary
   * tables of `connection`, so only it can run the result's SELECT, and only until `release`.
   */
  isolate(connection: Connection, batch: Batch, context: IsolateContext): Promise<IsolatedBatch>;
}

export type IsolateContext = {
  /** Name of the source table, as rejected records carry it. */
  readonly source: string;
  readonly nowMs: EpochMs;
  /** A folder for files that `release` deletes. */
  readonly scratchDirectory: string;
};

export type IsolatedBatch = {
  /**
   * As `fast`, of the clean records only, with the record's number in the column `__row` (BIGINT):
   * from 0, rejected ones counted. In the records' order.
   */
  readonly sql: string;
  /** Clean records and rejected ones: all numbers are below it. */
  readonly recordCount: number;
  /** In the order of the records; what they are made of is there until `release`. */
  readonly rejected: RejectedRecords;
  /** Where the record of a number came from; until the batch's own file is gone. */
  record(row: number): RecordOrigin;
  release(): Promise<void>;
};

export type RecordOrigin = {
  readonly partition: string;
  readonly position: Position;
  /** The record's bytes, without the line's end; only until another record is asked for. */
  readonly raw: Uint8Array;
  /** What stood beside the value, as far as the table asks for it: an envelope's `m`, as JSON. */
  readonly metadata?: string | undefined;
};

/** Text of the SQL error that a fast SELECT raises for a record that doesn't fit its columns. */
export const badRecordMark = 'helios:bad_record';

/**
 * Errors of DuckDB's readers that are about the content of a record, not about the file or the
 * machine.
 */
const readerComplaints = [
  badRecordMark,
  'Malformed JSON in file',
  'JSON transform error in file',
  '"maximum_object_size" of',
  'read_text: could not read content of file',
];

/** Whether a failed statement failed on a record: `isolate` then finds which. */
export function isBadRecordError(error: HeliosError): boolean {
  return readerComplaints.some((complaint) => error.message.includes(complaint));
}
