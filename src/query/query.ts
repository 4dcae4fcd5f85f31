import type { EpochMs } from '../event/record.ts';
import type { FunctionInfo } from './function-docs/function-list.ts';
import type { SandboxCapabilities } from '../base/sandbox.ts';

export type ResultFormat = 'json' | 'csv' | 'ndjson' | 'parquet' | 'arrow';

export type QueryRequest = {
  readonly sql: string;
  /** Values of `$name` and `$1` parameters: JSON scalars. */
  readonly params?: Readonly<Record<string, unknown>> | readonly unknown[] | undefined;
  readonly format: ResultFormat;
  readonly maxRows: number | undefined;
  /**
   * Of a value in `json`: a longer one is `{helios_cut, helios_bytes}`, its beginning and size, in
   * rows of up to 300 columns.
   */
  readonly cellBytesMax?: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal;
  /** Called at most a few times a second while the query runs. */
  readonly onProgress?: ((progress: QueryProgress) => void) | undefined;
};

export type QueryProgress = {
  readonly rowsRead: number;
  readonly percent: number | undefined;
};

/** What one table's part of an answer was made of. */
export type Saw = {
  readonly table: string;
  readonly version: number | undefined;
  readonly epoch: number | undefined;
  /** RFC 3339. */
  readonly newest_event: string | undefined;
  readonly hot_rows: number;
  /** Pipelines that can't be opened: their rows that are in no file yet are missing. */
  readonly hot_rows_missing_of?: readonly string[] | undefined;
  readonly files_read: number;
  readonly files_pruned: number;
};

/**
 * An answer in the asked format, streaming. `json` is the document of interface.md
 * (`{columns, rows, row_count, truncated, saw, ms}`); the other formats carry rows only.
 */
export type QueryAnswer = {
  readonly id: string;
  readonly contentType: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly saw: readonly Saw[];
  readonly body: AsyncIterable<Uint8Array>;
};

export interface QueryService {
  /**
   * Rejects with a HeliosError before the first byte where that can be told; later, the body
   * throws.
   */
  run(request: QueryRequest): Promise<QueryAnswer>;
  /**
   * Names of the tables that a query reads, as the catalog spells them. Runs nothing; rejects as
   * `run` does with what may not run.
   */
  tablesOf(request: Pick<QueryRequest, 'sql' | 'params'>): Promise<readonly string[]>;
  /** DuckDB's completions of `text` (cursor at its end) over the tables' schemas. */
  complete(text: string): Promise<readonly { readonly text: string; readonly start: number }[]>;
  /** The functions that a query may call, by name. */
  functions(): Promise<readonly FunctionInfo[]>;
  /** The finished and running queries, newest first, for `helios.queries`. */
  history(): readonly QueryRecord[];
  /** How far a query's process is kept from the rest on this machine, for `doctor`. */
  capabilities(): SandboxCapabilities;
  close(): Promise<void>;
}

export type QueryRecord = {
  readonly id: string;
  readonly sql: string;
  readonly startedAtMs: EpochMs;
  readonly durationMs: number | undefined;
  readonly rowCount: number | undefined;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly errorCode: string | undefined;
};
