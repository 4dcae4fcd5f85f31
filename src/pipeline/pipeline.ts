import type { ErrorCode } from '../base/errors.ts';
import type { ScriptError } from '../sql/script.ts';
import type { Schema } from '../event/schema.ts';
import type { StartPoint } from '../source/source.ts';
import type { EpochMs } from '../event/record.ts';
import type { BackfillPoint } from './backfill/begin-backfill.ts';
import type { EditConsequences } from './edit/consequences.ts';
import type { PipelineGraph } from './graph/graph.ts';
import type { RecentRecords } from './rates/record-rates.ts';
import type { RestartPoint, RestartRequest } from './reposition.ts';
import type { StreamFacts } from './tables/stream-facts.ts';

export type PipelineState =
  | 'running'
  /** Reads nothing; hot rows stay hot. */
  | 'paused'
  | 'stopped'
  /** All its sources ended, and everything is rolled. */
  | 'finished'
  /** Failed and waiting to try again. */
  | 'retrying'
  /** Failed for good: needs a person. */
  | 'failed';

export type PipelineInfo = {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  readonly state: PipelineState;
  readonly error:
    | {
        readonly id: string;
        readonly code: ErrorCode;
        readonly message: string;
        readonly hint: string | undefined;
      }
    | undefined;
  readonly createdAtMs: EpochMs;
  /** The newest epoch that is true; 0 before the first. */
  readonly epoch: number;
  /** Bytes of records read since the pipeline was made. */
  readonly bytesIn: number;
  readonly recordsRejected: number;
  /** Of those rejected, the ones that passed in a replay since. */
  readonly recordsReplayed: number;
  /** Rejected, and let go because the table says `bad_data = 'drop'`. */
  readonly recordsDropped: number;
  /** What was read and rejected within the last hour. */
  readonly recent: RecentRecords;
  /** How far it survives this machine, and since when that fails; absent where it doesn't. */
  readonly kept?:
    | { readonly epoch: number | undefined; readonly failingSinceMs: EpochMs | undefined }
    | undefined;
  /** Of one that keeps rows from one epoch to the next. */
  readonly stream?: StreamFacts | undefined;
  readonly sources: readonly SourceInfo[];
  readonly sinks: readonly {
    readonly table: string;
    readonly connector: string;
    readonly rowsOut: number;
    readonly hotRows: number;
    /** Last epoch whose rows are in committed files. */
    readonly rolledEpoch: number;
    /** Rows that it passed over since it opened, as its table says. */
    readonly droppedCount: number;
    /** Why a running one takes no rows although it may pass by itself: a server that is away. */
    readonly waiting: Waiting | undefined;
  }[];
};

/** Lags are what is not in the tables yet, as of some seconds ago; unknown ones are undefined. */
export type SourceInfo = {
  readonly name: string;
  readonly connector: string;
  /** Undefined where it reads files. */
  readonly reads?: StreamsRead | undefined;
  readonly bytesBehind: number | undefined;
  readonly lagRecords: number | undefined;
  /** Of the partition that is furthest behind. */
  readonly lagMs: number | undefined;
  /** Why a running one reads nothing although it may pass by itself: a broker that is away. */
  readonly waiting: Waiting | undefined;
  /** Of streams; files are not listed. */
  readonly partitions: readonly PartitionInfo[];
};

export type Waiting = {
  readonly sinceMs: EpochMs;
  readonly message: string;
  readonly hint: string | undefined;
};

export type StreamsRead = {
  /** Streams of Helios, topics, or a stream of Kinesis; none where a pattern says. */
  readonly names: readonly string[];
  /** A regular expression of topics. */
  readonly pattern?: string | undefined;
  /** The stored connection that they are read through. */
  readonly connection?: string | undefined;
};

export type PartitionInfo = {
  readonly partition: string;
  /** Read up to here; undefined is its beginning. */
  readonly position: string | undefined;
  readonly lagRecords: number | undefined;
  readonly lagBytes: number | undefined;
  /** Age of the oldest record that is not read yet. */
  readonly lagMs: number | undefined;
  /** Where the lag is not known, but was: when that was. */
  readonly lagKnownAtMs: EpochMs | undefined;
};

/** The operators of a script, and the same as text. */
export type PipelinePlan = { readonly graph: PipelineGraph; readonly plan: string };

export type Validation =
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] }
  | ({
      readonly kind: 'ok';
      readonly sinks: readonly { readonly name: string; readonly schema: Schema }[];
    } & PipelinePlan);

export type PreviewEvent =
  | {
      readonly kind: 'columns';
      readonly sink: string;
      readonly columns: readonly { readonly name: string; readonly type: string }[];
    }
  | { readonly kind: 'rows'; readonly sink: string; readonly rows: readonly (readonly unknown[])[] }
  | {
      readonly kind: 'rejected';
      readonly source: string;
      readonly code: string;
      readonly message: string;
      readonly raw: string;
    }
  | {
      readonly kind: 'end';
      readonly rowCount: number;
      readonly rejectedCount: number;
      readonly reason: 'sources_ended' | 'row_limit' | 'timeout';
    };

/** The pipelines of one data directory. Names are unique without regard to case. */
export interface Pipelines {
  create(request: {
    readonly name: string;
    readonly sql: string;
    readonly isAdopting: boolean;
    /** Of what is adopted: records that no table has may be gone from the sources. */
    readonly isAllowingSkips?: boolean;
  }): Promise<PipelineInfo>;
  list(): readonly PipelineInfo[];
  /** `not_found` with did-you-mean. */
  get(name: string): PipelineInfo;
  /** As `get`; one that reads nothing asks its sources for the lag, within a few seconds. */
  look(name: string): Promise<PipelineInfo>;
  /** By what it runs; of one that isn't open, what it would run by. */
  plan(name: string): Promise<PipelinePlan>;
  start(name: string): Promise<PipelineInfo>;
  /** Stops reading, also over restarts, and rolls nothing. `conflict` for one that doesn't run. */
  pause(name: string): Promise<PipelineInfo>;
  /**
   * Reads on elsewhere, from now on. `conflict` where records would come twice or never, and the
   * request does not allow it; its details say which partitions.
   */
  restart(name: string, request: RestartRequest): Promise<PipelineInfo>;
  /**
   * Makes `NAME_backfill`, which reads what lies before the beginning of a pipeline into the same
   * tables, each record once, and finishes.
   */
  backfill(name: string, from: BackfillPoint): Promise<PipelineInfo>;
  /** Rolls first; `isDiscarding` forgets the hot rows instead. */
  stop(name: string, options: { readonly isDiscarding: boolean }): Promise<PipelineInfo>;
  /** `conflict` where operators would lose what they keep, and the options don't allow it. */
  edit(name: string, sql: string, options: EditOptions): Promise<PipelineInfo>;
  /** What `edit` would do; fails as it would. */
  consequences(name: string, sql: string): Promise<EditConsequences>;
  delete(name: string, options: { readonly isDiscarding: boolean }): Promise<void>;
  validate(sql: string): Promise<Validation>;
  preview(sql: string, options: PreviewOptions): AsyncIterable<PreviewEvent>;
  /**
   * Resolves 'queryable' when every running pipeline that reads `stream` has published past
   * `positions` (partition → position); 'stored' when none runs or `timeoutMs` has passed.
   */
  waitUntilQueryable(
    stream: string,
    positions: ReadonlyMap<string, string>,
    timeoutMs: number,
  ): Promise<'queryable' | 'stored'>;
}

export type EditOptions = {
  /** Forgets the hot rows and all that operators keep, instead of rolling and keeping. */
  readonly isDiscarding: boolean;
  /** Operators that aren't in the new SQL as they were lose what they keep. */
  readonly isDroppingState?: boolean | undefined;
};

export type PreviewOptions = {
  readonly rowsMax: number;
  readonly timeoutMs: number;
  /** `live`: only records that arrive from now on; `history`: from the beginning. */
  readonly input: 'live' | 'history';
  /** Where reading begins instead; files are always read whole. */
  readonly from?: RestartPoint | undefined;
  /** Where it ends: what windows and groups hold then is given. Undefined: it goes on. */
  readonly until?: StartPoint | undefined;
  readonly signal: AbortSignal;
};
