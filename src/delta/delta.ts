import type { EpochMs } from '../event/record.ts';
import type { Schema } from '../event/schema.ts';
import type { DeletionVectorDescriptor } from './deletion/descriptor.ts';
import type { PhysicalSchema } from './mapping/physical-schema.ts';

/** Version of a Delta table: the number of its newest commit, 0 for the first. */
export type TableVersion = number;

/** Partition column, by its physical name → value as text, as Delta writes its type, or null. */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** A live data file of a snapshot. */
export type DataFile = {
  /** Relative to the table's root, decoded (as a file's name on disk, not as a URI). */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly byteLength: number;
  readonly modifiedAtMs: EpochMs;
  /** `stats` of the add action, as the JSON text it came with. */
  readonly statsJson: string | undefined;
  /** `numRecords` of the stats, less the rows that `deletionVector` names. */
  readonly rowCount: number | undefined;
  /** Which of its rows are gone. */
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
};

/** `txn` of one application: how far an appId has got in this table. */
export type AppTransaction = {
  readonly version: number;
  readonly lastUpdatedMs: EpochMs | undefined;
};

/** The table as of one version. Immutable: a newer version is another snapshot. */
export type Snapshot = {
  readonly version: TableVersion;
  /** `metaData.id`: changes when the table is dropped and made anew. */
  readonly tableId: string;
  readonly protocol: { readonly minReaderVersion: number; readonly minWriterVersion: number };
  readonly schema: Schema;
  readonly partitionColumns: readonly string[];
  /** How columns are called in files, where it isn't as in `schema`. */
  readonly physical?: PhysicalSchema | undefined;
  readonly configuration: Readonly<Record<string, string>>;
  readonly files: readonly DataFile[];
  readonly transactions: ReadonlyMap<string, AppTransaction>;
};

export type CommitRequest = {
  /** `commitInfo.operation`, such as `STREAMING UPDATE`. */
  readonly operation: string;
  readonly operationParameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Commit only while the table's txn of `appId` equals `expected` (undefined: has none), and set
   * it to `version` in the same commit.
   */
  readonly transaction: {
    readonly appId: string;
    readonly expected: number | undefined;
    readonly version: number;
  };
  /** Files already stored under the table's root, fsynced; never seen by readers before. */
  readonly adds: readonly NewDataFile[];
  /** Files whose rows `adds` hold, as far as they are still there. */
  readonly replaces?: ReplacedFiles | undefined;
  /** New nullable columns to append to the schema in this same commit. */
  readonly newColumns: Schema;
  /**
   * The columns that the files were written for, partition columns too; by default the newest known
   * ones and `newColumns`. When another writer has taken one away, the commit fails with
   * `table_conflict`.
   */
  readonly fileSchema?: Schema | undefined;
};

/** Commits only on top of this version; else it fails with `table_conflict`. */
export type ReplacedFiles = {
  readonly version: TableVersion;
  /** Live files of that version. */
  readonly files: readonly DataFile[];
};

export type NewDataFile = {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly byteLength: number;
  readonly modifiedAtMs: EpochMs;
  readonly statsJson: string;
};

export type CommitOutcome =
  | { readonly kind: 'committed'; readonly snapshot: Snapshot }
  /**
   * The txn is not `expected`: someone (perhaps our own lost attempt) got there. Nothing was
   * written.
   */
  | {
      readonly kind: 'overtaken';
      readonly txnVersion: number | undefined;
      readonly snapshot: Snapshot;
    };

/** Files that go and files that come, on top of one version. */
export type Replacement = {
  /** Live files of that version. */
  readonly removes: readonly DataFile[];
  /** Files already stored under the table's root, fsynced; never seen by readers before. */
  readonly adds: readonly NewDataFile[];
};

/** A commit without a txn that leaves the table's rows as they are. */
export type RewriteRequest = {
  /** `commitInfo.operation`, such as `OPTIMIZE`. */
  readonly operation: string;
  readonly operationParameters: Readonly<Record<string, string>>;
  /** The columns that the new files were written for, partition columns too. */
  readonly fileSchema: Schema;
  /**
   * Each with files of one partition, whose rows the new ones hold. One of which a file was removed
   * by somebody else is left out.
   */
  readonly replacements: readonly Replacement[];
};

export type RewriteOutcome = {
  /** Those that held; empty: nothing was committed. */
  readonly committed: readonly Replacement[];
  readonly snapshot: Snapshot;
};

export type RestoreOutcome = {
  /** False: the table was as it should be. */
  readonly isCommitted: boolean;
  readonly filesAdded: readonly DataFile[];
  readonly filesRemoved: readonly DataFile[];
  readonly snapshot: Snapshot;
};
