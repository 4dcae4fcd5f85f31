import type { ErrorCode, TextPosition } from '../../base/errors.ts';
import type { Parameters } from '../../engine/parameters.ts';
import type { Schema } from '../../event/schema.ts';
import type { ResultFormat } from '../query.ts';

/** What the parent tells its query process. One query at a time; `cancel` ends the running one. */
export type ToChild =
  | ({ readonly kind: 'open' } & ChildOptions)
  /** Once it is open and limited: from then on it is another user, if it can be. */
  | { readonly kind: 'become'; readonly user: { readonly uid: number; readonly gid: number } }
  | ({ readonly kind: 'run' } & RunOrder)
  | ({ readonly kind: 'complete' } & CompleteOrder)
  | { readonly kind: 'cancel' };

export type ChildOptions = {
  /** The only directory that its DuckDB may read and write. */
  readonly filesDirectory: string;
  /** Where its DuckDB may spill. */
  readonly spillDirectory: string;
  readonly spillBytesMax: number;
  readonly threads: number;
  readonly memoryBytes: number;
};

export type RunOrder = {
  /** One SELECT that has passed the gate. */
  readonly sql: string;
  readonly explain: 'no' | 'plan' | 'analyze';
  readonly parameters: Parameters;
  readonly format: ResultFormat;
  readonly rowsMax: number | undefined;
  readonly cellBytesMax: number | undefined;
  /** Statements that make the views; by Helios, never by a person. Equal ones are made once. */
  readonly views: readonly ViewStatements[];
  /** The named pipe that takes the result's bytes. */
  readonly outputPath: string;
};

/** Two ways to make one view: `padded` is for where `plain` doesn't bind. */
export type ViewStatements = {
  /** As the catalog names the table. */
  readonly name: string;
  /** Names and types of its columns: what doesn't change with its files. */
  readonly columns: string;
  readonly plain: string;
  readonly padded: string;
};

export type CompleteOrder = {
  readonly text: string;
  readonly tables: readonly { readonly name: string; readonly schema: Schema }[];
};

export type ResultColumnInfo = { readonly name: string; readonly type: string };

export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'columns'; readonly columns: readonly ResultColumnInfo[] }
  | { readonly kind: 'progress'; readonly rowsRead: number; readonly percent: number | undefined }
  /** `rowCount` counts one more than `rowsMax` where there were more. */
  | { readonly kind: 'done'; readonly rowCount: number }
  | { readonly kind: 'completions'; readonly items: readonly Completion[] }
  | ({ readonly kind: 'failed' } & FailureReport);

export type Completion = { readonly text: string; readonly start: number };

/** A HeliosError as plain data. */
export type FailureReport = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly position: TextPosition | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
};
