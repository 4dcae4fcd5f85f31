import type { RejectionCode } from './rejected.ts';

declare const brand: unique symbol;

/** How far a partition has been read: opaque text, compared only by its source. */
export type Position = string & { readonly [brand]: 'Position' };

export function position(text: string): Position {
  return text as Position;
}

/** Number of an epoch of one pipeline; the first is 1, and 0 is "before the first". */
export type Epoch = number;

/** Milliseconds since 1970-01-01 UTC. */
export type EpochMs = number;

/**
 * Records of one partition, (from, to], as a file of bytes that DuckDB reads. There may be none of
 * them: a position also moves over what is no record (a transaction's marker, a shard's end).
 * The file belongs to whoever received the batch and is deleted by `release`.
 */
export type Batch = {
  readonly partition: string;
  /** Where reading began; undefined at the partition's very beginning. */
  readonly from: Position | undefined;
  readonly to: Position;
  readonly content:
    | { readonly kind: 'lines'; readonly path: string; readonly byteLength: number }
    /** Lines that are an `Envelope` each, as JSON. */
    | { readonly kind: 'envelopes'; readonly path: string; readonly byteLength: number }
    | { readonly kind: 'parquet'; readonly path: string };
  /** How many there are, where the source has counted them anyway. */
  readonly recordCount?: number | undefined;
  /** When the newest of these records arrived. */
  readonly arrivedAtMs: EpochMs;
  /** Position of the record whose line begins at `byteOffset` of the file. */
  readonly positionAt: (byteOffset: number) => Position;
  /**
   * What the record whose line begins at `byteOffset` of a file of lines really is, where the line
   * had to differ (a record of several lines, or none at all); undefined where it is the line.
   */
  readonly rawAt?: ((byteOffset: number) => RawValue | undefined) | undefined;
  /**
   * Metadata of the record whose line begins at `byteOffset` of a file of lines that were made of
   * envelopes: the JSON that its envelope had; undefined where it had none.
   */
  readonly metadataAt?: ((byteOffset: number) => string | undefined) | undefined;
  /**
   * Why the record whose line begins at `byteOffset` can't become a row, where whoever wrote the
   * line found that out already. No decoder accepts such a line.
   */
  readonly faultAt?: ((byteOffset: number) => RecordFault | undefined) | undefined;
  readonly release: () => Promise<void>;
};

export type RecordFault = { readonly code: RejectionCode; readonly message: string };

/** A record's bytes; `null` is a tombstone, a record without a value. */
export type RawValue = Uint8Array | null;

/**
 * A record with what surrounds it. Sources write these where a table declares metadata columns,
 * or its format needs bytes that a line can't hold.
 */
export type Envelope = {
  /** The value, where it is UTF-8. Neither `v` nor `b`: a tombstone. */
  readonly v?: string;
  /** The value in base64, where it is not UTF-8, or where the format is binary. */
  readonly b?: string;
  /**
   * The metadata that the table declares, by key, in JSON: numbers of 64 bits as exact numerals,
   * bytes in base64, times in milliseconds since 1970-01-01 UTC.
   */
  readonly m?: Readonly<Record<string, unknown>>;
};
