import type { HeliosError } from '../base/errors.ts';
import type { EpochMs } from '../event/record.ts';

/**
 * The embedded event log: streams of lines, in partitions, on this machine's disk.
 *
 * An offset is a byte's place in its partition's log, counted from the stream's creation, so that
 * nothing ever counts lines; ranges are end exclusive. Whatever has an offset below a partition's
 * end is durable. Layout under the data directory:
 *
 *     log/<stream>/stream.json                      what the stream is
 *     log/<stream>/holds.json                       who still reads it, and from where
 *     log/<stream>/<partition>/<base>.ndjson        event bytes, one event a line, nothing else
 *     log/<stream>/<partition>/<base>.index         what was committed: ranges, checksums, keys
 *     tmp/spool/                                    batches that are being read
 */
export type StreamInfo = {
  /** Minted when the stream is created; a stream made anew under the same name has another. */
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: EpochMs;
  readonly retention: Retention;
  readonly durability: Durability;
  readonly partitions: readonly PartitionInfo[];
  readonly bytes: number;
};

/** A stream whose files are not what Helios wrote. Whatever asks for it fails with the error. */
export type DamagedStream = { readonly name: string; readonly error: HeliosError };

/**
 * What an acknowledged record survives, besides this process and a power cut: as long as its disk
 * is there, or the loss of the machine and its disk too; and by what.
 */
export type Durability = {
  readonly survives: 'disk' | 'machine';
  readonly by: 'volume' | 's3' | 'kafka' | 'kinesis';
};

export type PartitionInfo = {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly bytes: number;
  readonly newestArrivedAtMs: EpochMs | undefined;
  /** Bytes that a crash left half written, cut when the log was opened. None was acknowledged. */
  readonly cutBytes: number;
};

/** How long records are kept at least. Whole old segments go, never what a reader still needs. */
export type Retention = {
  readonly ageMs: number;
  /** Of all partitions together; undefined is as much as the disk holds. */
  readonly bytes: number | undefined;
};

export type StreamRequest = {
  readonly name: string;
  /** 1 unless given: more serve producers in parallel, and give up order between requests. */
  readonly partitions?: number | undefined;
  readonly retentionMs?: number | undefined;
  /** Infinity lifts the limit. */
  readonly retentionBytes?: number | undefined;
};

export type AppendRequest = {
  /**
   * Framed lines; the last chunk ends in a newline. They are the log's from the call on: it frees
   * their memory when it needs them no more, so don't write to them or append them again.
   */
  readonly lines: readonly Uint8Array[];
  readonly idempotencyKey?: string | undefined;
  /** At least 16 bytes of a hash of the request's body; computed from `lines` where absent. */
  readonly bodyHash?: Uint8Array | undefined;
};

/** Where a request's lines are: [from, to) of `partition`. */
export type Appended = {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** The key was seen before with this body: this is the first request's answer. */
  readonly isDuplicate: boolean;
};

/** Whole lines [from, to) as a file of their own, which is the caller's until `release`. */
export type LogBatch = {
  readonly from: number;
  readonly to: number;
  readonly path: string;
  readonly byteLength: number;
  readonly arrivedAtMs: EpochMs;
  readonly release: () => Promise<void>;
};

/** Where a line begins, and when it arrived. */
export type LogLine = { readonly offset: number; readonly arrivedAtMs: EpochMs };

export type LogLimits = {
  /** Largest request: one body of lines is held in memory as a whole until it is durable. */
  readonly requestBytesMax: number;
  /** Bytes that may wait for their commit; beyond it requests are `too_busy`. */
  readonly pendingBytesMax: number;
  /** Bytes that one group commit takes at most (at least one request): bounds a sync's time. */
  readonly groupBytesMax: number;
  /** A segment is closed when it has reached this size: what retention deletes at once. */
  readonly segmentBytes: number;
  /** … or this age, so that a quiet stream's old records can be deleted too. */
  readonly segmentAgeMs: number;
  /** Newest bytes kept in memory, over all streams, so that readers at the end touch no disk. */
  readonly tailBytesMax: number;
  /** Idempotency keys of the last 24 h (some 45 bytes of memory each). */
  readonly keysMax: number;
};

export const defaultLimits: LogLimits = {
  requestBytesMax: 64 * 1024 * 1024,
  pendingBytesMax: 64 * 1024 * 1024,
  groupBytesMax: 16 * 1024 * 1024,
  segmentBytes: 64 * 1024 * 1024,
  segmentAgeMs: 3_600_000,
  tailBytesMax: 32 * 1024 * 1024,
  keysMax: 10_000_000,
};

/** How long a key is remembered, whatever the stream's retention. */
export const keyAgeMaxMs = 86_400_000;

/** Seven days: longer than a long weekend without anybody who looks. */
export const retentionMsDefault: number = 7 * 86_400_000;

/** Each partition costs two open files and two syncs a commit. */
export const partitionsMax = 64;

/** Below this a size budget could not be kept with whole segments. */
export const retentionBytesMin: number = 1024 * 1024;

/** The stream that `POST /ingest` writes to; always exists. */
export const defaultStream = 'events';
