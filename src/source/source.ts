import type { HeliosError } from '../base/errors.ts';
import type { Batch, EpochMs, Position } from '../event/record.ts';

/** How much of a partition is not read yet; what a source can't know is undefined. */
export type PartitionLag = {
  readonly partition: string;
  readonly records: bigint | undefined;
  readonly bytes: number | undefined;
  /** Age of the oldest record that is not read yet. */
  readonly ms: number | undefined;
  /** Where nothing is known now, but was: when that was. */
  readonly lastKnownAtMs?: EpochMs | undefined;
};

/** Why a source gives nothing although there may be records, since when. */
export type SourceWait = { readonly sinceMs: EpochMs; readonly error: HeliosError };

/**
 * What a source writes for a table: `lines`, where a record's bytes are a line; `envelopes`, where
 * the table needs more than that. `metadata` names the keys that envelopes carry.
 */
export type RecordForm = {
  readonly kind: 'lines' | 'envelopes';
  /** Values go in base64 whether they are UTF-8 or not. */
  readonly isBinary: boolean;
  readonly metadata: readonly string[];
};

/** Where reading may begin in all partitions: at records that arrived at a time, or later. */
export type StartPoint = 'earliest' | 'latest' | { readonly atMs: EpochMs };

/** Where a source's partitions stand: partition name → position read up to. */
export type Positions = ReadonlyMap<string, Position>;

export type ReadRequest = {
  readonly partition: string;
  /**
   * Read what follows; undefined reads from the partition's start (as the table's options define
   * it).
   */
  readonly after: Position | undefined;
  /** Never reads past it: the position after a record, at or after `after`, or a reading's end. */
  readonly until?: Position | undefined;
  /**
   * Soft limit: a batch ends at the record that reaches it; one that was made ahead had the limit
   * of the request before. It holds a record, or moves on.
   */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
};

/**
 * Records that a pipeline reads, in partitions. Holds no truth of its own: the pipeline's manifest
 * says how far it has read, and hands that in. The same (partition, after, bytesMax) may be read
 * again at any time, and yields the same records from there on, though perhaps fewer or more of
 * them.
 */
export interface Source {
  readonly kind: string;
  /** It ends: how soon its records are seen matters less than how fast all of them are. */
  readonly isBounded: boolean;
  /**
   * What is read, as text: a stream that was made anew under the same name has another. Positions
   * mean something only together with it.
   */
  readonly identity: string;
  /** All partitions that exist now, in a stable order. New ones may appear between calls. */
  partitions(): Promise<readonly string[]>;
  /**
   * Partitions that will never give another record, read to their ends by positions that were
   * handed in; whatever continues them is among `partitions()` when it is asked next. Absent: none
   * ends before the source does.
   */
  endedPartitions?(): readonly string[];
  /**
   * Where a new pipeline starts in `partition` by the table's options (`source.offset`): undefined
   * is its beginning. Asked once, then fixed in the first manifest, so that a crash cannot move it.
   */
  startPosition(partition: string): Promise<Position | undefined>;
  /** Where a point lies in each partition now; undefined is its beginning. Files have none. */
  positionsAt?(point: StartPoint): Promise<ReadonlyMap<string, Position | undefined>>;
  /** `invalid_request` for a position that a person gave and at which reading can't begin. */
  checkPosition?(partition: string, at: Position): Promise<void>;
  /**
   * Where a reading has to end that another one continues from these positions: places to read
   * `until`, in partitions that may hold something before. Absent: such positions are places.
   */
  readingEnds?(positions: Positions): Promise<Positions>;
  /**
   * Negative where `left` comes before `right` in a partition; undefined is its beginning.
   * `conflict` where it can't be known which does.
   */
  compare(left: Position | undefined, right: Position | undefined): number;
  /** The next records, or undefined when there are none now. Never waits for records to arrive. */
  read(request: ReadRequest): Promise<Batch | undefined>;
  /**
   * Resolves when a partition may have records after its position; rejects when the signal aborts.
   */
  waitForRecords(positions: Positions, signal: AbortSignal): Promise<void>;
  /** True when nothing more can come after these positions: a bounded source read to its end. */
  hasEnded(positions: Positions): Promise<boolean>;
  /** Bytes that lie after these positions, for lag and progress; undefined where it isn't known. */
  bytesBehind(positions: Positions): Promise<number | undefined>;
  /**
   * How far each partition is behind; partitions of which nothing is known are left out. What isn't
   * read at the time is asked for, within some seconds.
   */
  partitionLags?(positions: Positions): Promise<readonly PartitionLag[]>;
  /** What keeps it from reading for longer than it takes to notice, though it may pass. */
  waiting?(): SourceWait | undefined;
  /** The pipeline needs nothing at or before these positions any more: retention may pass them. */
  release(positions: Positions): Promise<void>;
  close(): Promise<void>;
}
