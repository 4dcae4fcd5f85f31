import type { HeliosError } from '../base/errors.ts';
import type { Epoch, EpochMs } from '../event/record.ts';
import type { Schema } from '../event/schema.ts';
import type { Template } from '../sql/connector/webhook/webhook-table.ts';

/** A hot part of a sink as its pipeline holds it. `path` is absolute. */
export type Part = {
  readonly name: string;
  readonly path: string;
  readonly firstEpoch: Epoch;
  readonly lastEpoch: Epoch;
  readonly rowCount: number;
  readonly byteLength: number;
  /** Delta stats, of a part that may become a file of the table as it is. */
  readonly statsJson: string | undefined;
  readonly newestAtMs: EpochMs;
};

export type RollRequest = {
  readonly sinkId: string;
  /** All the sink's parts of the epochs (from, to], in order. */
  readonly parts: readonly Part[];
  /** What the table's txn must be for this roll: the epoch of the roll before, or undefined. */
  readonly from: Epoch | undefined;
  readonly to: Epoch;
  /** Written beside the table, so that a pipeline whose state is lost can be adopted. */
  readonly note: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
};

export type RollOutcome =
  | { readonly kind: 'rolled'; readonly fileCount: number; readonly byteLength: number }
  /** The table's txn is another: plan again from it. Nothing of this roll is visible. */
  | { readonly kind: 'overtaken'; readonly txnEpoch: Epoch | undefined };

/** How the files of a sink's table are looked after once they are committed. */
export type FileCare = {
  readonly isOn: boolean;
  /** How long files shall be. */
  readonly targetBytes: number;
  /** For the names of files. */
  readonly compression: string;
  /** Columns by which the rows of merged files are sorted. */
  readonly sortBy: readonly string[];
};

/**
 * A sink whose rows live in parts until they are rolled into the files of a table.
 *
 * `roll` may run while new parts are made, never twice at once for one sink. Until it resolves, the
 * parts stay where they are; afterwards the caller deletes them. A roll that failed may be repeated
 * with the same or more parts; whether the one before took effect shows in `txnEpoch`.
 */
export interface TableSink {
  readonly kind: 'table';
  /** Identity of the table behind it; another one means that it was dropped and made anew. */
  readonly tableId: string;
  /** Where the table is, for people. */
  readonly location: string;
  /** Columns and stored types of the parts: what the SELECT's result is cast to. */
  readonly schema: Schema;
  /** COPY options of a part that may become a file of the table as it is. */
  readonly copyOptions: string;
  /**
   * Smallest part that becomes a file as it is, unless it is the only one of its roll; undefined
   * where none may (partitioned tables).
   */
  readonly finalBytesMin: number | undefined;
  readonly care?: FileCare | undefined;
  /**
   * Of a table that is kept current: the columns by which its rows are known. Its parts are those
   * of `currentPart`.
   */
  readonly keys?: readonly string[] | undefined;
  /** Reads the table's newest state and gives how far this sink's txn is. */
  txnEpoch(sinkId: string): Promise<Epoch | undefined>;
  /** `RETURN_STATS` row of a COPY with `copyOptions` as Delta stats. */
  statsOf(copyRow: Readonly<Record<string, unknown>>): string;
  /** Deletes what a crash left of its rolls. Only for the owner: another may be at work there. */
  clearStaging(): Promise<void>;
  roll(request: RollRequest): Promise<RollOutcome>;
}

/**
 * Rows as records with keys and times, a line each: `KEY⇥TIME⇥VALUE`. The key is in base64, or `-`
 * for none; the time in milliseconds since 1970-01-01 UTC, or `-` for none. The value is a JSON
 * object; or text in base64, or `-` for NULL.
 */
export type RecordEncoding = {
  readonly kind: 'records';
  readonly value: 'json' | 'text';
  /** Columns by name, in any case. */
  readonly keyField: string | undefined;
  readonly timestampField: string | undefined;
};

/** Rows as texts in base64, a line each, made of a text with columns in it. */
export type TemplateEncoding = { readonly kind: 'template'; readonly template: Template };

/**
 * A sink that is one growing file (or nothing at all). The manifest says how many of its bytes are
 * true:
 * `recover` cuts what lies behind, `append` adds before the manifest is put. An append that is
 * repeated, because its epoch was, replaces what the one before it added.
 */
export interface AppendSink {
  readonly kind: 'append';
  readonly tableId: string;
  readonly location: string;
  /** The SELECT's result is encoded to files of this form before `append`. */
  readonly encoding: 'json' | 'text' | 'none' | RecordEncoding | TemplateEncoding;
  /**
   * Bytes that the first epoch reads: rows go so slowly that little shall have to be repeated.
   * Undefined where they don't.
   */
  readonly epochBytesFirst?: number | undefined;
  /** Cuts the file to its true length; where nothing can be cut, an epoch may come twice. */
  recover(byteLength: number): Promise<void>;
  /** Fails with what would keep rows out, before there are any. Who only rests doesn't ask. */
  prepare?(): Promise<void>;
  /**
   * Puts the bytes of a local file behind the first `after` bytes, durably; gives the new length.
   */
  append(path: string, after: number): Promise<number>;
  /** Why rows are not taken now, though that may pass by itself; undefined while they are. */
  waiting?(): SinkWait | undefined;
  /** Rows that were passed over since it opened, because its table says so. */
  readonly droppedCount?: number | undefined;
  /** What of the last `append` shall be in quarantine, in the same epoch; forgets it. */
  takeRefused?(): readonly RefusedRequest[];
  close(): Promise<void>;
}

/** What carried rows that somebody else refused for good. */
export type RefusedRequest = {
  /** Of its first row among all rows of the sink; unique there. */
  readonly place: string;
  readonly body: Uint8Array;
  readonly error: HeliosError;
};

export type SinkWait = { readonly sinceMs: EpochMs; readonly error: HeliosError };

export type Sink = TableSink | AppendSink;
