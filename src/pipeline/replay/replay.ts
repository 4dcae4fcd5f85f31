import type { EpochMs } from '../../event/record.ts';
import type { RejectionCode } from '../../event/rejected.ts';
import type { Schema } from '../../event/schema.ts';

/** What a rejected record is known by, within its pipeline. */
export type RecordPlace = {
  readonly source: string;
  readonly partition: string;
  readonly position: string;
};

/** Which rejected records of a pipeline: those that all of these hold for. */
export type ReplayFilter = {
  readonly source?: string | undefined;
  readonly code?: string | undefined;
  /** The column that the message names; '' is those whose message names none. */
  readonly column?: string | undefined;
  /** Rejected at or after this. */
  readonly fromMs?: EpochMs | undefined;
  /** Rejected before this. */
  readonly untilMs?: EpochMs | undefined;
  /** These alone. */
  readonly records?: readonly RecordPlace[] | undefined;
};

/** Records that a request may name one by one: its manifest holds them until they are done. */
export const recordsChosenMax = 1000;

/** Why no replay can take a record, whatever the SQL is. */
export type RefusalReason =
  /** Rejected by a pipeline that had the name before. */
  'pipeline_gone' | 'source_gone' | 'bytes_missing' | 'metadata_missing' | 'read_again';

export type Refusal = {
  readonly source: string;
  readonly reason: RefusalReason;
  readonly recordCount: number;
};

/**
 * A request for a replay and how far it is, as manifests hold it: from the one that accepts it on,
 * in that of each epoch that does some of it, for as long as it is among the last.
 */
export type Replay = {
  /** Never used before: what its outcomes are told apart by. */
  readonly id: string;
  /** By whoever asked: the same key is the same replay. */
  readonly key?: string | undefined;
  /** Without its records once it is done. */
  readonly filter: ReplayFilter;
  /** How many records the filter names. */
  readonly chosenCount?: number | undefined;
  readonly requestedAtMs: EpochMs;
  readonly finishedAtMs?: EpochMs | undefined;
  /** How many records it takes; known from its first epoch on. */
  readonly selectedCount?: number | undefined;
  readonly passedCount: number;
  readonly failedCount: number;
  readonly refusals: readonly Refusal[];
  readonly firstEpoch?: number | undefined;
  readonly lastEpoch?: number | undefined;
};

export type ReplayInfo = Replay & {
  readonly pipeline: string;
  readonly state: 'waiting' | 'running' | 'done';
};

export type ReplayRequest = { readonly filter: ReplayFilter; readonly key: string | undefined };

export type TrialRequest = {
  readonly filter: ReplayFilter;
  /** In place of the pipeline's own. */
  readonly sql?: string | undefined;
  readonly signal: AbortSignal;
};

export type TrialExample = RecordPlace & {
  readonly message: string;
  readonly raw: Uint8Array;
};

export type Trial = {
  /** Records that the filter means and a replay would take. */
  readonly selectedCount: number;
  /** Fewer where there are more than a trial takes. */
  readonly triedCount: number;
  readonly passingCount: number;
  /** The most frequent first. */
  readonly reasons: readonly {
    readonly source: string;
    readonly code: RejectionCode;
    readonly column: string | undefined;
    readonly recordCount: number;
    readonly examples: readonly TrialExample[];
  }[];
  readonly refusals: readonly Refusal[];
  /** Records that the filter means and that were replayed before. */
  readonly replayedCount: number;
};

/** Records that were rejected, by what became of them since. */
export type RejectedCount = {
  readonly pipeline: string;
  readonly source: string;
  readonly openCount: number;
  /** Replayed, and rejected again. */
  readonly failedCount: number;
  readonly replayedCount: number;
};

/** Rejected records once more through their pipelines. */
export interface Replays {
  /** Of all pipelines, those included that are gone; or of one. */
  counts(pipeline?: string): Promise<readonly RejectedCount[]>;
  /** What a replay would do now. Writes nothing. `not_found`, and errors of the SQL. */
  trial(pipeline: string, request: TrialRequest): Promise<Trial>;
  /**
   * Accepts a replay, durably; it goes on by itself. A key that was given before is answered with
   * its replay. `conflict` where the pipeline doesn't run, or too many replays wait;
   * `idempotency_mismatch` where the key came with another filter.
   */
  replay(pipeline: string, request: ReplayRequest): Promise<ReplayInfo>;
  /** Those that wait or run, and the last that are done, the newest first. */
  replays(): readonly ReplayInfo[];
}

/** Name of the table of what replays made of records, of all pipelines. */
export const replayTable = 'quarantine_replays';

/**
 * The first seven columns say which row of `quarantine`: `raw_md5` and `copy`, which counts from 1,
 * tell apart records that share a position, as those of one aggregate do.
 */
export const replaySchema: Schema = [
  { name: 'pipeline', type: { kind: 'text' } },
  { name: 'source', type: { kind: 'text' } },
  { name: 'partition', type: { kind: 'text' } },
  { name: 'position', type: { kind: 'text' } },
  { name: 'rejected_at', type: { kind: 'timestamp' } },
  { name: 'raw_md5', type: { kind: 'text' } },
  { name: 'copy', type: { kind: 'integer', bits: 32, isUnsigned: false } },
  { name: 'replay_id', type: { kind: 'text' } },
  { name: 'replay_epoch', type: { kind: 'integer', bits: 64, isUnsigned: false } },
  { name: 'replayed_at', type: { kind: 'timestamp' } },
  { name: 'passed', type: { kind: 'boolean' } },
  { name: 'replay_code', type: { kind: 'text' } },
  { name: 'replay_message', type: { kind: 'text' } },
];
