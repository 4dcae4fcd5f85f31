import type { PartitionValues } from '../delta/delta.ts';
import type { PhysicalSchema } from '../delta/mapping/physical-schema.ts';
import type { ResultColumn } from '../engine/engine.ts';
import type { EpochMs } from '../event/record.ts';
import type { Schema } from '../event/schema.ts';

/** A file of a pinned view. `path` is absolute and local. */
export type ViewFile =
  | {
      readonly kind: 'cold';
      /** Where it can be fetched, the URL that it has until then. */
      readonly path: string;
      /**
       * Makes a file of an object store a local one, and gives its path, which is there until the
       * view is released. With names of columns, what belongs to others may be left out of it.
       */
      readonly fetch?: ((columns?: readonly string[]) => Promise<string>) | undefined;
      /** By the columns' names in the schema. */
      readonly partitionValues: PartitionValues;
      readonly statsJson: string | undefined;
      /** Where rows of it were deleted: makes the file of `deletedPath`, as `fetch` does. */
      readonly fetchDeleted?: (() => Promise<string>) | undefined;
      /** A local Parquet file of which `row` has the places of deleted rows, counted from 0. */
      readonly deletedPath?: string | undefined;
    }
  | { readonly kind: 'hot'; readonly path: string }
  /** Rows of a system table, one JSON object a line, keys as in the schema. */
  | { readonly kind: 'rows'; readonly path: string }
  /** A file of an attached folder. */
  | {
      readonly kind: 'attached';
      readonly path: string;
      readonly reading: AttachedReading;
      /** Of a file in a store: another one, when it was replaced. */
      readonly tag?: string | undefined;
      /** As for cold files. */
      readonly fetch?: (() => Promise<string>) | undefined;
      /** Its URL in the store that it was fetched from. */
      readonly url?: string | undefined;
      /** What the folders that it lies in say of the partition columns. */
      readonly partitionValues?: PartitionValues | undefined;
    };

/** How files of an attached folder are read: those with the same one, together. */
export type AttachedReading = {
  readonly format: 'parquet' | 'csv' | 'json';
  /** What reading gives, in DuckDB's types, which may be others than the table's. */
  readonly columns: readonly ResultColumn[];
  /** Further arguments of DuckDB's reader, as SQL: `, delim => ';'`. */
  readonly options: string;
};

/**
 * View (V, E) of one table: its files at version V and the hot parts of the epochs after E. The
 * files stay where they are until `release`; after hard-linking them the query service releases at
 * once.
 */
export type PinnedView = {
  /** As the query's text has it. */
  readonly name: string;
  /** As the catalog has it, where that is another. */
  readonly tableName?: string | undefined;
  readonly schema: Schema;
  readonly partitionColumns: readonly string[];
  /** How columns are called in cold files, where it isn't as in `schema`. */
  readonly physical?: PhysicalSchema | undefined;
  /** Its committed files are JSON lines: how the rows of some of them are read. */
  readonly linesSql?: ((paths: readonly string[]) => string) | undefined;
  /** Undefined for tables that have no versions (attached folders, system tables). */
  readonly version: number | undefined;
  /**
   * Newest epoch that the view contains, over all pipelines that feed the table; undefined: none.
   */
  readonly epoch: number | undefined;
  readonly newestEventMs: EpochMs | undefined;
  readonly hotRows: number;
  /** Pipelines that can't be opened, whose hot rows are therefore missing. */
  readonly unreadOf?: readonly string[] | undefined;
  readonly files: readonly ViewFile[];
  /**
   * Of a table that is kept current: the columns by which its rows are known. Hot files have the
   * rows of keys that changed, in place of those in cold ones.
   */
  readonly keys?: readonly string[] | undefined;
  /** Columns of which there may be nothing in the files, because the query doesn't name them. */
  readonly unfetched?: ReadonlySet<string> | undefined;
  readonly release: () => void;
};

/** A moment of a table's past. */
export type TableTime =
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'instant'; readonly atMs: EpochMs };

/** The tables that SQL may name. Names are matched without regard to case. */
export interface TableSource {
  /** All names, qualified ones (`helios.files`) included. */
  names(): readonly string[];
  /** Pins all of them at once; unknown names have been refused by then. */
  pin(names: readonly string[]): Promise<readonly PinnedView[]>;
  /**
   * Pins one as it was, without hot rows. `not_found` for what is gone or not there yet,
   * `unsupported_table` for tables without versions.
   */
  pinAt(name: string, time: TableTime): Promise<PinnedView>;
  /** Schemas for completion and binding, without pinning. */
  schemaOf(name: string): Promise<Schema | undefined>;
}
