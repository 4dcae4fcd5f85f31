import type { TextPosition } from '../base/errors.ts';
import type { ColumnType, Schema } from '../event/schema.ts';
import type { WebhookTable } from './connector/webhook/webhook-table.ts';

/**
 * A pipeline script as plain data: what the dialect's text means, checked as far as the text alone
 * allows. SELECTs stay text in DuckDB's SQL; what they mean is DuckDB's to say.
 */
export type Script = {
  readonly sources: readonly SourceTable[];
  readonly memoryTables: readonly MemoryTable[];
  readonly lookups: readonly LookupTable[];
  readonly views: readonly View[];
  /** Each after those that it calls. */
  readonly macros: readonly Macro[];
  readonly functions: readonly ScriptFunction[];
  readonly sinks: readonly SinkTable[];
  readonly inserts: readonly Insert[];
  /** Of a script with EXPLAIN: those that it asks about. Nothing of it runs. */
  readonly explained: readonly Insert[];
  readonly settings: readonly Setting[];
};

/** SELECT text ready for DuckDB, with the place in the script where each part of it stood. */
export type SelectText = {
  readonly text: string;
  /** Position in the script of the UTF-16 offset `offset` of `text`. */
  readonly positionAt: (offset: number) => TextPosition;
};

export type BadDataPolicy = 'quarantine' | 'drop' | 'fail';

export type RecordFormat =
  | {
      readonly kind: 'json';
      readonly isUnstructured: boolean;
      readonly timestampFormat: 'rfc3339' | 'unix_millis';
      /** Values begin with a schema registry's five bytes, which are passed over. */
      readonly usesRegistry: boolean;
      /** Records are `{"schema": …, "payload": …}`, as Kafka Connect writes them. */
      readonly includesSchema: boolean;
    }
  | { readonly kind: 'raw_string' }
  | { readonly kind: 'raw_bytes' }
  | { readonly kind: 'parquet' }
  | {
      readonly kind: 'debezium_json';
      /** What whole numbers in TIMESTAMP columns count; text is always RFC 3339. */
      readonly timestampFormat: 'rfc3339' | 'unix_millis' | 'unix_micros' | 'unix_nanos';
      /** Connect's decimals: JSON numbers, text, or two's complement bytes in base64. */
      readonly decimalEncoding: 'number' | 'string' | 'bytes';
      readonly usesRegistry: boolean;
    }
  | {
      readonly kind: 'avro';
      /** The registry's schema that each value names, or bare datums of this schema (JSON text). */
      readonly schema:
        | { readonly kind: 'registry' }
        | { readonly kind: 'declared'; readonly text: string };
      readonly isUnstructured: boolean;
    };

export type SourceColumn = {
  readonly name: string;
  readonly type: ColumnType;
  readonly isNotNull: boolean;
  readonly isPrimaryKey: boolean;
  readonly origin:
    | { readonly kind: 'field' }
    | { readonly kind: 'generated'; readonly expression: SelectText }
    | { readonly kind: 'metadata'; readonly key: string };
};

export type SourceConnector =
  | { readonly kind: 'http'; readonly stream: string; readonly offset: 'earliest' | 'latest' }
  | { readonly kind: 'single_file'; readonly path: string; readonly compression: Compression }
  | {
      readonly kind: 'filesystem';
      readonly path: string;
      readonly storage: StorageOptions;
      /** Only files whose path below `path` matches; undefined takes all. */
      readonly pattern: RegExp | undefined;
      readonly compression: Compression;
    }
  | KafkaTable
  | KinesisTable;

/**
 * How to reach a cluster or an account: options of the dialect by name (`bootstrap_servers`,
 * `auth.password`, `aws_region` …), as they are written. Secrets are references, or `{{ NAME }}`.
 */
export type ConnectionOptions = {
  /** A stored connection that these options are laid over. */
  readonly profile: string | undefined;
  readonly options: Readonly<Record<string, string>>;
};

export type StreamOffset =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'timestamp'; readonly atMs: number };

export type KafkaTable = {
  readonly kind: 'kafka';
  readonly connection: ConnectionOptions;
  readonly topics:
    | { readonly kind: 'names'; readonly names: readonly string[] }
    /** Topics whose whole name matches; new ones are found. */
    | { readonly kind: 'pattern'; readonly pattern: RegExp };
  /** `group`: where the consumer group `groupId` has committed, else the earliest. */
  readonly offset: StreamOffset | { readonly kind: 'group' };
  /** Told how far the pipeline is, for tools that show lag; and where `group` starts. */
  readonly groupId: string | undefined;
  readonly isolation: 'read_committed' | 'read_uncommitted';
};

export type KinesisTable = {
  readonly kind: 'kinesis';
  readonly connection: ConnectionOptions;
  /** A name, or an ARN (for a stream of another account). */
  readonly stream: string;
  readonly offset: StreamOffset;
  /** Polling is shared with others; fan-out has a rate of its own, under this consumer's name. */
  readonly fanOut: { readonly consumer: string } | undefined;
};

/** `auto` goes by the file's name: `.gz`, `.zst`. */
export type Compression = 'auto' | 'none' | 'gzip' | 'zstd';

export type SourceTable = {
  readonly name: string;
  readonly position: TextPosition;
  readonly connector: SourceConnector;
  readonly format: RecordFormat;
  readonly badData: BadDataPolicy;
  /** Longest line in bytes; a longer one is a rejected record. */
  readonly lineBytesMax: number | undefined;
  readonly columns: readonly SourceColumn[];
  readonly watermark:
    | { readonly column: string; readonly expression: SelectText | undefined }
    | undefined;
  /** Event time doesn't wait for a partition that is quiet for so long; undefined: it does. */
  readonly idleMs?: number | undefined;
};

export type View = {
  readonly name: string;
  readonly position: TextPosition;
  readonly select: SelectText;
};

/** `CREATE MACRO name(parameters) AS expression`: known to the script's own SQL alone. */
export type Macro = {
  readonly name: string;
  readonly position: TextPosition;
  readonly parameters: readonly MacroParameter[];
  readonly expression: SelectText;
};

export type MacroParameter = {
  readonly name: string;
  /** Undefined takes values of any type. */
  readonly type: ColumnType | undefined;
  /** What a call that leaves it out passes. */
  readonly fallback: SelectText | undefined;
};

/** `CREATE FUNCTION … LANGUAGE …`: one value of one row's values, by code that isn't SQL. */
export type ScriptFunction = {
  readonly name: string;
  readonly position: TextPosition;
  readonly parameters: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly result: ColumnType;
  readonly language: 'javascript' | 'typescript';
  /** The module's text. */
  readonly code: string;
  /** Where the text came from, for messages. */
  readonly path: string;
  readonly exportName: string;
  /** It is called with nulls; others give NULL then. */
  readonly takesNull: boolean;
  /** For one call. */
  readonly timeoutMs: number;
};

/** `CREATE TABLE t (…)` without a connector: filled by INSERTs, read by the script's SELECTs. */
export type MemoryTable = {
  readonly name: string;
  readonly position: TextPosition;
  readonly columns: readonly SourceColumn[];
};

/** A table that rows are joined with as it is then, and that has no events of its own. */
export type LookupTable = {
  readonly name: string;
  /** Where the script declares it, or first reads it. */
  readonly position: TextPosition;
  /** Where its files are; undefined: it is a table that Helios knows by this name. */
  readonly place: { readonly path: string; readonly storage: StorageOptions } | undefined;
  /** Undefined: those that the table has. */
  readonly columns: Schema | undefined;
  /** How long what was read of it may be old before it is looked at again. */
  readonly checkMs: number;
};

/** When hot parts become final files of the table. All that are undefined don't trigger. */
export type RollingPolicy = {
  readonly intervalMs: number | undefined;
  readonly fileBytes: number | undefined;
  readonly inactivityMs: number | undefined;
  /**
   * When the folder's time is over that was the newest when the first of them came, by the clock.
   */
  readonly onWatermark: boolean;
  /** The pattern of those folders. */
  readonly timePattern?: string | undefined;
};

export type FileNaming = {
  readonly prefix: string | undefined;
  readonly suffix: string | undefined;
  readonly strategy: 'serial' | 'uuid' | 'uuid_v7' | 'ulid';
};

/**
 * How to reach the store of a path, without the `storage.` of their names; secrets as references.
 * Empty for paths on this machine.
 */
export type StorageOptions = Readonly<Record<string, string>>;

/** A folder of files, and when and how rows become files in it. */
export type FolderOptions = {
  /** As written: `/abs`, `relative`, `file:///…`, `s3://bucket/folder`. */
  readonly path: string;
  readonly storage: StorageOptions;
  readonly partitionFields: readonly string[];
  /** strftime pattern of folders by event time, such as `%Y/%m/%d/%H`. */
  readonly timePartitionPattern: string | undefined;
  readonly rolling: RollingPolicy;
  readonly naming: FileNaming;
};

export type ParquetOptions = {
  readonly compression: 'uncompressed' | 'snappy' | 'gzip' | 'zstd' | 'lz4_raw';
  /** Of zstd; undefined is DuckDB's choice. No script sets it. */
  readonly compressionLevel?: number;
  readonly rowGroupBytes: number | undefined;
};

/** What the files of `connector = 'filesystem'` hold. */
export type FileFormat =
  | ({ readonly kind: 'parquet' } & ParquetOptions)
  | {
      readonly kind: 'json';
      readonly compression: 'uncompressed' | 'gzip' | 'zstd';
      readonly timestampFormat: 'rfc3339' | 'unix_millis';
    };

export type CompactionOptions = {
  readonly isOn: boolean;
  /** Columns of the table, by which rows are sorted when files are merged. */
  readonly sortBy: readonly string[];
};

export type SinkConnector =
  | ({
      readonly kind: 'delta';
      /** Merging of committed files; on unless it says otherwise. */
      readonly compaction?: CompactionOptions | undefined;
      /** A new table's timestamps are times without a zone (`timestamp_ntz`), in UTC. */
      readonly hasLocalTimes?: true | undefined;
      /** Delta's own settings of a new table, `delta.…`. */
      readonly properties?: Readonly<Record<string, string>> | undefined;
    } & FolderOptions &
      ParquetOptions)
  | ({ readonly kind: 'filesystem'; readonly format: FileFormat } & FolderOptions)
  | { readonly kind: 'single_file'; readonly path: string; readonly format: 'json' | 'raw_string' }
  | {
      readonly kind: 'kafka';
      readonly connection: ConnectionOptions;
      readonly topic: string;
      readonly format: 'json' | 'raw_string';
      readonly keyField: string | undefined;
      readonly timestampField: string | undefined;
    }
  | WebhookTable
  | { readonly kind: 'stdout'; readonly format: 'json' }
  | { readonly kind: 'blackhole' };

export type SinkTable = {
  readonly name: string;
  readonly position: TextPosition;
  readonly connector: SinkConnector;
  /** Declared columns, or undefined: inferred from the INSERTs. */
  readonly columns: readonly SinkColumn[] | undefined;
  readonly timestampFormat: 'rfc3339' | 'unix_millis';
  /** Of decimals in JSON; numbers unless it says. */
  readonly decimalEncoding?: 'number' | 'string' | 'bytes' | undefined;
  /**
   * `debezium_json`: what it stores says of rows that they came, changed or went, as `before`,
   * `after` and `op`.
   */
  readonly takesChanges?: true | undefined;
  /** Rows that come too late for a window on their way here go into a table beside this one. */
  readonly keepsLate?: true | undefined;
  /**
   * What a materialized view keeps: all rows of the script's view of the same name. Where it lies
   * is Helios's own choice: its connector's path is empty until a plan is placed.
   */
  readonly isView?: true | undefined;
};

export type SinkColumn = {
  readonly name: string;
  readonly type: ColumnType;
  readonly isNotNull: boolean;
};

/** `target` undefined: a bare SELECT. */
export type Insert = {
  readonly target: string | undefined;
  readonly targetColumns: readonly string[] | undefined;
  readonly position: TextPosition;
  readonly select: SelectText;
};

export type Setting = {
  readonly name: string;
  readonly value: string;
  readonly position: TextPosition;
};

/** One thing that is wrong with a script. */
export type ScriptError = {
  readonly message: string;
  readonly hint: string | undefined;
  readonly position: TextPosition;
};

export type ParsedScript =
  | { readonly kind: 'ok'; readonly script: Script }
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] };
