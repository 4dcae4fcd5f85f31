import type { EpochMs, RawValue } from '../event/record.ts';

/** A topic or stream in a list. What can't be known cheaply, or may not be asked, is undefined. */
export type StreamSummary = {
  readonly name: string;
  /** Partitions, or shards that are open. */
  readonly partitions: number | undefined;
  /** Infinity: kept for ever. */
  readonly retentionMs: number | undefined;
  /** Of about one second: an approximation. */
  readonly recordsPerSecond: number | undefined;
  /** As they are stored, so after compression. */
  readonly bytesPerSecond: number | undefined;
  readonly bytes: number | undefined;
};

export type PartitionSummary = {
  readonly partition: string;
  /** The first position that is kept, and the next one to be written. */
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly bytes: number | undefined;
  /** It takes no more records: a shard that was split or merged. */
  readonly isClosed: boolean;
  readonly recordsPerSecond: number | undefined;
};

export type StreamDescription = StreamSummary & {
  readonly details: readonly PartitionSummary[];
};

/** Where a look at records begins. */
export type PeekStart =
  /** The last records, up to now. */
  | { readonly kind: 'newest' }
  | { readonly kind: 'oldest' }
  | { readonly kind: 'time'; readonly atMs: EpochMs }
  /** The record at this position of one partition, and those after it. */
  | { readonly kind: 'position'; readonly partition: string; readonly position: string };

export type PeekRequest = {
  /** Its name, or an ARN. */
  readonly stream: string;
  /** Undefined: all of them. */
  readonly partitions?: readonly string[] | undefined;
  readonly from: PeekStart;
  /** Records in all. */
  readonly count: number;
  /**
   * `time`: the first, or last, of all partitions together; `even`: as many of each partition as
   * of any other, as far as it has them.
   */
  readonly spread: 'time' | 'even';
  /** What was found until then is the answer, and what is missing is told. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

export type PeekedRecord = {
  readonly partition: string;
  /** For `from: position`. Records that came together in one, as aggregates, share it. */
  readonly position: string;
  readonly timestampMs: EpochMs | undefined;
  readonly key: Uint8Array | null;
  /** Name → text, or base64 where it isn't UTF-8, or null, or a list of these. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly value: RawValue;
  /** All metadata that a table of this connector may declare, by key, as an `Envelope` holds it. */
  readonly metadata: Readonly<Record<string, unknown>>;
};

export type PeekAnswer = {
  /** By time, and by position within a partition. */
  readonly records: readonly PeekedRecord[];
  /** Partitions that were looked at and have nothing there. */
  readonly silent: readonly string[];
  /** Partitions that could not be looked at, or not to their end, and why. */
  readonly problems: readonly { readonly partition: string; readonly message: string }[];
  /** What it took of a limit that others share, in words. */
  readonly cost: string | undefined;
};

/**
 * Looks at streams of somebody else's without reading them for a pipeline: nothing is committed,
 * held or subscribed to. Fails with Helios's own errors.
 */
export interface StreamLook {
  readonly kind: 'kafka' | 'kinesis' | 'http';
  /** By name. Streams that the service keeps for itself are left out. */
  streams(signal: AbortSignal): Promise<readonly StreamSummary[]>;
  /** `stream_missing`. */
  describe(name: string, signal: AbortSignal): Promise<StreamDescription>;
  /**
   * `stream_missing`; `invalid_request` for a partition or a position that isn't one. A partition
   * that fails is a problem in the answer, unless all of them do.
   */
  peek(request: PeekRequest): Promise<PeekAnswer>;
  close(): Promise<void>;
}
