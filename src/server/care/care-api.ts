import type { ColumnAnswer, ErrorAnswer } from '../api.ts';

/** `POST /api/v1/tables/{name}/optimize`; the answer is NDJSON of `CareLine<OptimizeAnswer>`. */
export type OptimizeBody = {
  /** Rewrites whole partitions, sorted by these columns. */
  readonly sort_by?: readonly string[] | undefined;
  /** How long files shall be; as the table's pipelines have it unless given. */
  readonly target_bytes?: number | undefined;
};

export type ProgressAnswer = {
  /** Files that are done. */
  readonly done: number;
  readonly total?: number | undefined;
};

/** The last line has the result, or the error. */
export type CareLine<Result> =
  | { readonly progress: ProgressAnswer }
  | { readonly result: Result }
  | ErrorAnswer;

export type OptimizeAnswer = {
  /** The version of the last commit; absent where nothing was to be done. */
  readonly version?: number | undefined;
  readonly commits: number;
  readonly files_before: number;
  readonly files_after: number;
  readonly bytes_before: number;
  readonly bytes_after: number;
  readonly rows: number;
  /** Rewritten for nothing: another writer removed them meanwhile. */
  readonly files_lost: number;
  /** Why files were left as they are. */
  readonly left_alone: readonly { readonly code: string; readonly message: string }[];
};

/** `POST /api/v1/tables/{name}/vacuum`; the answer is NDJSON of `CareLine<VacuumAnswer>`. */
export type VacuumBody = {
  /** Files that the table let go stay for this long; as the table says unless given. */
  readonly retain_ms?: number | undefined;
  /** Lists what would go, and deletes nothing. */
  readonly dry_run?: boolean | undefined;
  /** Allows a retention of less than 7 days. */
  readonly force?: boolean | undefined;
};

export type VacuumAnswer = {
  readonly dry_run: boolean;
  readonly retain_ms: number;
  readonly files: number;
  readonly bytes: number;
  /** Of `files`, those that no version names. */
  readonly orphans: number;
  /** Uploads that were never ended, and are given up. */
  readonly uploads: number;
  /** The first 1,000 of them. */
  readonly paths: readonly string[];
};

/** `POST /api/v1/tables/{name}/restore`: to a version or a time. */
export type RestoreBody = {
  readonly version?: number | undefined;
  readonly timestamp?: string | undefined;
  /** Says what would change, and changes nothing. */
  readonly dry_run?: boolean | undefined;
};

export type RestoreAnswer = {
  readonly to_version: number;
  /** The newest version, before or after. */
  readonly version: number;
  /** False: nothing was to be done, or only to be said. */
  readonly committed: boolean;
  readonly files_added: number;
  readonly files_removed: number;
  /** Absent where a file doesn't say. */
  readonly rows_added?: number | undefined;
  readonly rows_removed?: number | undefined;
  /** Pipelines that write to the table: what the restore takes away they don't write again. */
  readonly fed_by: readonly string[];
};

/** `GET /api/v1/tables/{name}/history`: the newest first. */
export type HistoryAnswer = { readonly versions: readonly VersionAnswer[] };

export type VersionAnswer = {
  readonly version: number;
  readonly timestamp: string;
  readonly operation?: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly engine?: string | undefined;
  readonly files_added: number;
  /** The first 20 of them, as the log names them: URIs relative to the table. */
  readonly paths_added: readonly string[];
  readonly files_removed: number;
  /** Absent where a file doesn't say. */
  readonly rows_added?: number | undefined;
  readonly bytes_added: number;
  readonly bytes_removed?: number | undefined;
  /** False: the rows are the same as before. */
  readonly data_change: boolean;
  readonly columns_changed: boolean;
  readonly transactions: Readonly<Record<string, number>>;
};

/** `GET /api/v1/tables/{name}/description`. */
export type DescriptionAnswer = {
  readonly name: string;
  readonly location: string;
  readonly id: string;
  readonly version: number;
  readonly columns: readonly ColumnAnswer[];
  readonly partition_columns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly min_reader_version: number;
  readonly min_writer_version: number;
  readonly files: number;
  readonly bytes: number;
  /** Committed ones; absent where a file doesn't say. */
  readonly rows?: number | undefined;
  /** Shorter than half of `target_bytes`. */
  readonly small_files?: number | undefined;
  readonly target_bytes?: number | undefined;
  readonly partitions: number;
  readonly retention_ms: number;
  readonly cared_for: boolean;
  readonly fed_by: readonly string[];
  readonly transactions: Readonly<Record<string, number>>;
};
