/**
 * What travels over HTTP and the live socket, as the console and the CLI see it. Names are
 * snake_case as on the wire; times are RFC 3339 in UTC; durations are milliseconds. Types only:
 * nothing to import at run time.
 */
import type { ErrorCode, TextPosition } from '../base/errors.ts';
import type { ConnectionStep } from '../connection/connection.ts';
import type { FunctionInfo } from '../query/function-docs/function-list.ts';
import type { GraphAnswer } from './answer/plan-answer.ts';
import type { DamagedStreams } from './damaged-streams.ts';
import type { RecentAnswer, RecentCounts } from './recent-api.ts';

export type ErrorAnswer = { readonly error: ErrorBody };

export type ErrorBody = {
  readonly code: ErrorCode;
  /** What happened, with the value. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  readonly position?: TextPosition | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The request's id: also in the header `x-request-id` and in the server's log. */
  readonly id: string;
};

export type PipelineStateName =
  | 'running'
  | 'paused'
  | 'stopped'
  | 'finished'
  | 'retrying'
  | 'failed';

/** `POST /api/v1/query`. */
export type QueryBody = {
  readonly sql: string;
  readonly params?: Readonly<Record<string, unknown>> | readonly unknown[] | undefined;
  /** 10,000 unless given; more rows set `truncated`. */
  readonly max_rows?: number | undefined;
  /** Values that are longer are `{helios_cut, helios_bytes}`: their beginning, and their size. */
  readonly max_cell_bytes?: number | undefined;
  readonly timeout_ms?: number | undefined;
};

export type ColumnAnswer = { readonly name: string; readonly type: string };

export type QueryAnswerDocument = {
  readonly columns: readonly ColumnAnswer[];
  /** Wide integers and decimals are exact text. */
  readonly rows: readonly (readonly unknown[])[];
  readonly row_count: number;
  readonly truncated: boolean;
  readonly saw: readonly SawAnswer[];
  readonly ms: number;
};

export type SawAnswer = {
  readonly table: string;
  readonly version?: number | undefined;
  readonly epoch?: number | undefined;
  readonly newest_event?: string | undefined;
  readonly hot_rows: number;
  /** Pipelines that can't be opened: their rows that are in no file yet are missing. */
  readonly hot_rows_missing_of?: readonly string[] | undefined;
  readonly files_read: number;
  readonly files_pruned: number;
};

/** `POST /api/v1/complete`: what may follow `text`, whose end is the cursor. */
export type CompleteBody = { readonly text: string };
export type CompleteAnswer = {
  readonly completions: readonly { readonly text: string; readonly start: number }[];
};

/** `GET /api/v1/functions`: those that a query may call, by name. */
export type FunctionListAnswer = { readonly functions: readonly FunctionInfo[] };

/** `POST /api/v1/pipelines`. */
export type PipelineCreateBody = {
  readonly name: string;
  readonly sql: string;
  /** Go on with tables whose pipeline's state is lost. */
  readonly adopt?: boolean | undefined;
  /** With `adopt`: go on though records are gone that are in no table. */
  readonly allow_skipping?: boolean | undefined;
};

/** `PATCH /api/v1/pipelines/{name}`. */
export type PipelinePatchBody =
  | { readonly state: 'running' | 'paused' | 'stopped' }
  | {
      readonly sql: string;
      /** Operators that aren't in it as they were lose what they keep; else `conflict`. */
      readonly drop_state?: boolean | undefined;
    }
  | PipelineRestartBody;

/**
 * Reads on elsewhere: `earliest`, `latest`, a time (RFC 3339), or partition → position. Where that
 * reads again what the tables have, or skips what they have not, it must be allowed: `conflict`
 * with `details.needs` and `details.moves`.
 */
export type PipelineRestartBody = {
  readonly restart_from:
    | string
    | Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly allow_duplicates?: boolean | undefined;
  readonly allow_skipping?: boolean | undefined;
};

export type PipelineAnswer = {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  readonly state: PipelineStateName;
  readonly error?:
    | {
        readonly id: string;
        readonly code: string;
        readonly message: string;
        readonly hint?: string | undefined;
      }
    | undefined;
  readonly created_at: string;
  readonly epoch: number;
  /** Bytes of records read since the pipeline was made. */
  readonly bytes_in: number;
  readonly records_rejected: number;
  /** Of those rejected, the ones that passed in a replay since. */
  readonly records_replayed: number;
  /** Rejected, and let go because the table says `bad_data = 'drop'`. */
  readonly records_dropped: number;
  readonly recent: RecentAnswer;
  /** What of it survives this machine; absent where the state is here alone. */
  readonly kept?:
    | { readonly epoch?: number | undefined; readonly failing_since?: string }
    | undefined;
  readonly sources: readonly {
    readonly name: string;
    readonly connector: string;
    /** What it reads, where that is no file. */
    readonly reads?:
      | {
          /** Streams of Helios, topics, or a stream of Kinesis; none where a pattern says. */
          readonly names: readonly string[];
          readonly pattern?: string | undefined;
          readonly connection?: string | undefined;
        }
      | undefined;
    readonly bytes_behind?: number | undefined;
    readonly lag_records?: number | undefined;
    readonly lag_ms?: number | undefined;
    readonly recent: RecentCounts;
    /** The one that is furthest behind, while one is. */
    readonly slowest_partition?: string | undefined;
    /** Why it reads nothing now, though it may pass by itself. */
    readonly waiting?: WaitingAnswer | undefined;
    /** Of streams, where one pipeline is asked for. */
    readonly partitions?: readonly PartitionAnswer[] | undefined;
  }[];
  readonly sinks: readonly {
    readonly table: string;
    readonly connector: string;
    readonly rows_out: number;
    readonly hot_rows: number;
    readonly rolled_epoch: number;
    /** That it passed over since it opened, where there are any. */
    readonly rows_dropped?: number | undefined;
    /** Why it takes no rows now, though it may pass by itself. */
    readonly waiting?: WaitingAnswer | undefined;
  }[];
};

export type WaitingAnswer = {
  readonly since: string;
  readonly message: string;
  readonly hint?: string | undefined;
};

/** How far a partition is behind, as of some seconds ago; what isn't known is left out. */
export type PartitionAnswer = {
  readonly partition: string;
  readonly position?: string | undefined;
  readonly lag_records?: number | undefined;
  readonly lag_bytes?: number | undefined;
  readonly lag_ms?: number | undefined;
  /** Where the lag is not known, but was: when that was. */
  readonly lag_known_at?: string | undefined;
};

export type PipelineListAnswer = { readonly pipelines: readonly PipelineAnswer[] };

/**
 * `POST /api/v1/pipelines/validate`. Errors in the script are an answer, not a failure: status 200.
 */
export type ValidateBody = { readonly sql: string };
export type ValidateAnswer =
  | { readonly valid: false; readonly errors: readonly ScriptErrorAnswer[] }
  | {
      readonly valid: true;
      readonly graph: GraphAnswer;
      /** The graph as text, in lines of 100 characters. */
      readonly plan: string;
      readonly sinks: readonly {
        readonly name: string;
        readonly columns: readonly ColumnAnswer[];
      }[];
    };

export type ScriptErrorAnswer = {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly position: TextPosition;
};

/** `POST /api/v1/pipelines/preview`; the answer is NDJSON of `PreviewLine`. */
export type PreviewBody = {
  readonly sql: string;
  readonly max_rows?: number | undefined;
  readonly timeout_ms?: number | undefined;
  /** `history` (from the beginning) unless given; `live`: only what arrives from now on. */
  readonly input?: 'live' | 'history' | undefined;
  /** Where reading begins instead: as `restart_from`. Files are always read whole. */
  readonly from?: PipelineRestartBody['restart_from'] | undefined;
  /**
   * Where it ends: `latest`, as of now, or a time (RFC 3339); what windows hold then is given.
   * Without it, it goes on with what comes.
   */
  readonly until?: string | undefined;
};

export type PreviewLine =
  | {
      readonly kind: 'columns';
      readonly sink: string;
      readonly columns: readonly ColumnAnswer[];
    }
  | {
      readonly kind: 'rows';
      readonly sink: string;
      readonly rows: readonly (readonly unknown[])[];
    }
  | {
      readonly kind: 'rejected';
      readonly source: string;
      readonly code: string;
      readonly message: string;
      readonly raw: string;
    }
  | {
      readonly kind: 'end';
      readonly row_count: number;
      readonly rejected_count: number;
      readonly reason: 'sources_ended' | 'row_limit' | 'timeout';
    }
  | ErrorAnswer;

/** `POST /api/v1/tables`: attaches what something else writes, read only. */
export type TableAttachBody = {
  readonly name: string;
  readonly path: string;
  readonly storage_options?: Readonly<Record<string, string>> | undefined;
};

export type TableAnswer = {
  readonly name: string;
  readonly kind: 'delta' | 'materialized_view' | 'files' | 'attached' | 'system';
  readonly path?: string | undefined;
  readonly columns: readonly ColumnAnswer[];
  /** Absent for tables without versions. */
  readonly version?: number | undefined;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** Of `rows`, those that are not in committed files yet. */
  readonly hot_rows: number;
  readonly newest_event?: string | undefined;
  readonly rejected_count: number;
  /** Why the table could not be asked, in lists of tables; the rest is what was known before. */
  readonly error?:
    | {
        readonly code: ErrorCode;
        readonly message: string;
        readonly hint?: string | undefined;
      }
    | undefined;
};

export type TableListAnswer = { readonly tables: readonly TableAnswer[] };

/** `POST /api/v1/streams`. */
export type StreamCreateBody = {
  readonly name: string;
  /** 1 unless given. */
  readonly partitions?: number | undefined;
  readonly retention_ms?: number | undefined;
  /** Budget of all partitions together; null is as much as the disk holds. */
  readonly retention_bytes?: number | null | undefined;
  /** A connection whose broker keeps the stream in a topic; absent: the embedded log keeps it. */
  readonly connection?: string | undefined;
  /** The stream's name unless given; made where there is none of the name. */
  readonly topic?: string | undefined;
};

/** `PATCH /api/v1/streams/{name}`: what is absent stays. Partitions can't become fewer. */
export type StreamPatchBody = Omit<StreamCreateBody, 'name' | 'connection' | 'topic'>;

export type StreamAnswer = {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  /** Who keeps its records; null: the embedded log. */
  readonly backing: {
    readonly kind: 'kafka' | 'kinesis';
    readonly connection: string;
    /** The topic, or the stream of Kinesis. */
    readonly topic: string;
  } | null;
  /** null: a broker keeps them for ever, or does not say. */
  readonly retention_ms: number | null;
  /** null: as much as the disk holds. */
  readonly retention_bytes: number | null;
  /**
   * What an acknowledged event survives, besides this process and a power cut: as long as its disk
   * is there, or the loss of the machine and its disk; and by what.
   */
  readonly durability: {
    readonly survives: 'disk' | 'machine';
    readonly by: 'volume' | 's3' | 'kafka' | 'kinesis';
  };
  /** null where a broker has them. */
  readonly bytes: number | null;
  /** Empty where the broker did not answer. */
  readonly partitions: readonly {
    /** Byte places in the partition's log, or records of a topic; the end is exclusive. */
    readonly start_offset: number;
    readonly end_offset: number;
    readonly bytes: number | null;
    readonly newest_arrival?: string | undefined;
  }[];
};

export type StreamListAnswer = { readonly streams: readonly StreamAnswer[] } & DamagedStreams;

/** `POST /api/v1/connections`. Secrets are references. */
export type ConnectionBody = {
  readonly name: string;
  readonly kind: 'kafka' | 'confluent' | 'kinesis';
  readonly options: Readonly<Record<string, string>>;
};

export type ConnectionAnswer = {
  readonly name: string;
  readonly kind: 'kafka' | 'kinesis';
  readonly options: Readonly<Record<string, string>>;
  readonly created_at: string;
};

export type ConnectionListAnswer = { readonly connections: readonly ConnectionAnswer[] };

/**
 * `POST /api/v1/connections/{name}/test`; with `kind` and `options`, `POST
 * /api/v1/connections/test`. The answer is NDJSON of `ConnectionStepLine`.
 */
export type ConnectionTestBody = {
  /** The topic or stream to look at; unless given, the first that has a record. */
  readonly stream?: string | undefined;
  /** For all steps; 30,000 unless given. */
  readonly timeout_ms?: number | undefined;
};

export type ConnectionStepLine =
  | {
      readonly step: ConnectionStep['step'];
      readonly outcome: ConnectionStep['outcome'];
      /** What was found, or why it failed. */
      readonly message: string;
      readonly hint?: string | undefined;
      readonly duration_ms: number;
    }
  | ErrorAnswer;
