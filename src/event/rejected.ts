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
  | 'sql_error';

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
