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
 * Records of one partition, (from, to], as a file of bytes that DuckDB reads.
 * The file belongs to whoever received the batch and is deleted by `release`.
 */
export type Batch = {
  readonly partition: string;
  /** Where reading began; undefined at the partition's very beginning. */
  readonly from: Position | undefined;
  readonly to: Position;
  readonly content:
    | { readonly kind: 'lines'; readonly path: string; readonly byteLength: number }
    | { readonly kind: 'parquet'; readonly path: string };
  /** When the newest of these records arrived. */
  readonly arrivedAtMs: EpochMs;
  /** Position of the record whose first byte is at `byteOffset` of the file (lines only). */
  readonly positionAt: (byteOffset: number) => Position;
  readonly release: () => Promise<void>;
};
