import type { EpochMs, Position } from './record.ts';

/** Why a record could not become a row. */
export type RejectionCode =
  | 'malformed_json'
  | 'not_an_object'
  | 'invalid_utf8'
  | 'too_deep'
  | 'too_long'
  | 'missing_field'
  | 'type_mismatch'
  | 'out_of_range'
  | 'inexact'
  /** A record without a value. */
  | 'tombstone'
  /** A change event that can't be read as one. */
  | 'not_a_change'
  /** An update or a delete, where the table holds inserts only. */
  | 'not_an_insert'
  /** A value without the five bytes that a schema registry's clients put before it. */
  | 'malformed_frame'
  | 'malformed_avro'
  /** The registry has no schema of the id that the value names. */
  | 'schema_missing'
  | 'sql_error'
  /** No record, but the request of a sink's rows, which its receiver refused. */
  | 'webhook_refused';

/**
 * A record that can't become a row, with its reason and its exact bytes (without the line's end).
 */
export type RejectedRecord = {
  readonly source: string;
  readonly partition: string;
  readonly position: Position;
  readonly rejectedAtMs: EpochMs;
  readonly code: RejectionCode;
  /** What did not fit where, for a person: names the column, the value's beginning and the type. */
  readonly message: string;
  readonly raw: Uint8Array;
};
