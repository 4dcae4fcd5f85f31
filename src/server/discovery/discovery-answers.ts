/**
 * What travels over HTTP of looks at streams, as the console and the CLI see it. Types only, by the
 * rules of api.ts.
 */
import type { ScriptErrorAnswer } from '../api.ts';

/** What isn't known is absent. */
export type StreamSummaryAnswer = {
  readonly name: string;
  /** Partitions, or open shards. */
  readonly partitions?: number | undefined;
  /** null: for ever. */
  readonly retention_ms?: number | null | undefined;
  /** Approximate: of about a second. */
  readonly records_per_second?: number | undefined;
  readonly bytes_per_second?: number | undefined;
  readonly bytes?: number | undefined;
};

/** `GET /api/v1/connections/{name}/streams`. */
export type ConnectionStreamsAnswer = { readonly streams: readonly StreamSummaryAnswer[] };

/** `GET /api/v1/connections/{name}/streams/{stream}`. */
export type StreamDescriptionAnswer = StreamSummaryAnswer & {
  readonly details: readonly {
    readonly partition: string;
    readonly start?: string | undefined;
    readonly end?: string | undefined;
    readonly bytes?: number | undefined;
    /** A shard that was split or merged. */
    readonly closed: boolean;
    readonly records_per_second?: number | undefined;
  }[];
};

/** Text, or base64 where it isn't UTF-8; null is a tombstone, or no key. */
export type BytesAnswer = { readonly text: string } | { readonly base64: string } | null;

export type PeekedRecordAnswer = {
  readonly partition: string;
  readonly position: string;
  readonly time?: string | undefined;
  readonly key: BytesAnswer;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly value: BytesAnswer;
};

/**
 * `GET /api/v1/connections/{name}/streams/{stream}/records`, and `GET
 * /api/v1/streams/{name}/records`.
 */
export type PeekAnswerDocument = {
  /** By time. */
  readonly records: readonly PeekedRecordAnswer[];
  /** Partitions with nothing there. */
  readonly silent: readonly string[];
  readonly problems: readonly { readonly partition: string; readonly message: string }[];
  /** Of limits that others share. */
  readonly cost?: string | undefined;
};

/** `POST …/infer`. All of it is optional. */
export type InferBody = {
  /** Records to look at, of all partitions alike; 200 unless given. */
  readonly count?: number | undefined;
  /** Name of the table; else made of the stream's. */
  readonly table?: string | undefined;
  /** `newest` unless given, `oldest`, a time. */
  readonly from?: string | undefined;
  /** Where the pipeline starts: `earliest` unless given, `latest`, a time. */
  readonly offset?: string | undefined;
  /** Keeps key, partition, time … in columns. */
  readonly metadata?: boolean | undefined;
  /** Tells the records, too: as many as there is room for. */
  readonly records?: boolean | undefined;
  readonly timeout_ms?: number | undefined;
  /** Where there is no record, one is waited for so long; 0 unless given. */
  readonly wait_ms?: number | undefined;
};

export type InferredColumnAnswer = {
  readonly name: string;
  /** As scripts write it. */
  readonly type: string;
  /** Records that have the field, and those of them that hold null. */
  readonly present_count: number;
  readonly null_count: number;
  readonly examples: readonly string[];
  readonly note?: string | undefined;
};

/** A table that fits records, and what it would do with them. */
export type DraftAnswerDocument = {
  readonly table: string;
  /** `columns`, or what records are kept whole as. */
  readonly shape: 'columns' | 'json' | 'text' | 'bytes';
  readonly columns: readonly InferredColumnAnswer[];
  /** Records that are objects: what the columns' shares are of. */
  readonly readable_count: number;
  readonly warnings: readonly string[];
  /** To edit, and to create a pipeline of. */
  readonly sql: string;
  readonly dry_run: DryRunAnswer;
};

export type DryRunAnswer = {
  readonly accepted_count: number;
  readonly rejected_count: number;
  readonly blank_count: number;
  readonly counts_by_code: Readonly<Record<string, number>>;
  /** The first of them; all of them of a trial. */
  readonly rejected: readonly {
    /** Its number among the records, from 0. */
    readonly index: number;
    readonly partition: string;
    readonly position: string;
    readonly code: string;
    readonly message: string;
    /** How it begins. */
    readonly raw: BytesAnswer;
  }[];
};

export type InferAnswerDocument = Omit<DraftAnswerDocument, 'readable_count'> & {
  readonly sample: {
    readonly record_count: number;
    /** Of these, objects: what the columns' shares are of. */
    readonly readable_count: number;
    readonly partition_counts: Readonly<Record<string, number>>;
    readonly silent: readonly string[];
    readonly problems: PeekAnswerDocument['problems'];
    readonly cost?: string | undefined;
    /** Where they were asked for: the first, as far as there is room. */
    readonly records?: readonly PeekedRecordAnswer[] | undefined;
  };
};

/** A record that was looked at before. */
export type SampleRecordBody = Pick<PeekedRecordAnswer, 'partition' | 'position' | 'value'>;

/** `POST /api/v1/pipelines/draft`. */
export type DraftBody = {
  readonly table: string;
  /** Options of the source table without the format's, `connector` first. */
  readonly source: Readonly<Record<string, string>>;
  readonly records: readonly SampleRecordBody[];
};

/** `POST /api/v1/pipelines/try`: the script's first source on these records. */
export type TryBody = { readonly sql: string; readonly records: readonly SampleRecordBody[] };

/** Errors in the script are an answer, as of `POST /api/v1/pipelines/validate`. */
export type TryAnswer =
  | { readonly valid: false; readonly errors: readonly ScriptErrorAnswer[] }
  | { readonly valid: true; readonly source: string; readonly dry_run: DryRunAnswer };
