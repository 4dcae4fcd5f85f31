import type { RejectionCode } from '../../event/rejected.ts';

/**
 * Which rejected records of a pipeline: those that all of the given conditions hold for. Records
 * that were replayed already are never meant.
 */
export type QuarantineFilter = {
  readonly pipeline: string;
  /** Name of the source table. */
  readonly source?: string | undefined;
  readonly code?: RejectionCode | undefined;
  /** The column that the message names; '' is those whose message names none. */
  readonly column?: string | undefined;
  /** Rejected at or after this time, and before that one. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** These alone: at most 1,000. */
  readonly records?: readonly RecordPlace[] | undefined;
};

/** What a record is known by, within its pipeline. */
export type RecordPlace = {
  readonly source: string;
  readonly partition: string;
  readonly position: string;
};

/**
 * `POST /api/v1/quarantine/trial`: what would become of records now. Nothing is written.
 */
export type QuarantineTrialBody = QuarantineFilter & {
  /** Tries with this script in place of the pipeline's own. */
  readonly sql?: string | undefined;
};

export type QuarantineTrialAnswer = {
  readonly pipeline: string;
  /** Records that the filter means, that were not replayed, and that can be: those tried or not. */
  readonly selected: number;
  /** As many of them, the oldest first, as a trial takes; fewer than `selected` where it is cut. */
  readonly tried: number;
  readonly passing: number;
  readonly failing: number;
  /** Why the others still fail; the most frequent first. */
  readonly reasons: readonly {
    readonly source: string;
    readonly code: RejectionCode;
    /** The column that the message names. */
    readonly column?: string | undefined;
    readonly records: number;
    /** The first of them. */
    readonly examples: readonly QuarantineExample[];
  }[];
  readonly refused: readonly RefusedRecords[];
  /** Records that the filter means and that were replayed before. */
  readonly replayed: number;
};

export type QuarantineExample = RecordPlace & {
  /** Why it fails now. */
  readonly message: string;
  /** The record's beginning, as text, or in base64 where it is none. */
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
  readonly bytes: number;
};

/** Records that no replay can take, whatever the SQL is. */
export type RefusedRecords = {
  readonly source: string;
  readonly reason:
    /** Rejected by a pipeline that had the name before and was deleted. */
    | 'pipeline_gone'
    /** The pipeline's SQL has no such source any more. */
    | 'source_gone'
    /** Rows of Parquet files: their bytes are not kept. */
    | 'bytes_missing'
    /** The table has METADATA columns, whose values are not kept with the bytes. */
    | 'metadata_missing'
    /** Rejected before the source was read anew, from an earlier place or from another stream. */
    | 'read_again';
  readonly records: number;
  /** For a person: why, and what to do. */
  readonly message: string;
};

/**
 * `POST /api/v1/quarantine/replay`: status 202. Sends the records once more through the pipeline,
 * each at most once: those that become rows are `replayed`, for good; the others stay rejected,
 * with their new reason. The same `key` again answers the same replay and does nothing more.
 */
export type QuarantineReplayBody = QuarantineFilter & {
  /** Made by whoever asks: at most 100 printable characters of ASCII. */
  readonly key?: string | undefined;
};

/**
 * Also of `GET /api/v1/quarantine/replays/{id}`. Goes on over restarts, one after another in a
 * pipeline.
 */
export type ReplayAnswer = {
  readonly id: string;
  readonly key?: string | undefined;
  readonly pipeline: string;
  /** `waiting`: behind another one, or for its pipeline to run. */
  readonly state: 'waiting' | 'running' | 'done';
  readonly requested_at: string;
  readonly finished_at?: string | undefined;
  /** What was asked for, without the records that were chosen one by one. */
  readonly filter: Omit<QuarantineFilter, 'records'>;
  /** How many were chosen one by one; absent where none were. */
  readonly chosen?: number | undefined;
  /** How many it takes; absent until it runs. */
  readonly selected?: number | undefined;
  /** Done so far: those that passed, and those that failed again. */
  readonly replayed: number;
  readonly failed: number;
  readonly refused: readonly RefusedRecords[];
  /** The epochs that it was in; absent before the first. */
  readonly first_epoch?: number | undefined;
  readonly last_epoch?: number | undefined;
};

/** `GET /api/v1/quarantine/replays?pipeline=NAME`: the newest first; some of each pipeline. */
export type ReplayListAnswer = { readonly replays: readonly ReplayAnswer[] };

/**
 * `GET /api/v1/quarantine?pipeline=NAME`: how many rejected records there are, by pipeline, source
 * and state. Open ones are `open + failed_again`.
 */
export type QuarantineAnswer = {
  readonly counts: readonly {
    readonly pipeline: string;
    readonly source: string;
    readonly open: number;
    readonly failed_again: number;
    readonly replayed: number;
  }[];
};
