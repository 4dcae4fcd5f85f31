import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { EpochMs } from '../../event/record.ts';
import { storageError } from '../files.ts';
import type { LogFiles } from '../files.ts';
import { keyAgeMaxMs } from '../log.ts';
import type { Durability, LogBatch, LogLimits, LogLine, PartitionInfo } from '../log.ts';
import type { Spool } from '../spool.ts';
import type { Holds } from '../stream-files.ts';
import { closingEntry, groupOf, planGroup } from './group.ts';
import type { Group, Lines } from './group.ts';
import type { IndexEntry } from './index-entry.ts';
import { recoverPartition } from './recovery.ts';
import type { Recovered } from './recovery.ts';
import { SegmentReader } from './segment-reader.ts';
import { dataPath, indexPath, SegmentWriter } from './segment.ts';
import type { Segment } from './segment.ts';
import { Tail } from './tail.ts';
import type { TailBudget } from './tail.ts';
import { Turns } from './turns.ts';

/** What the partitions of a log have in common. */
export type LogParts = {
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly limits: LogLimits;
  readonly spool: Spool;
  readonly tailBudget: TailBudget;
  readonly durability: Durability;
  /** Where else holds are kept, before they count. */
  readonly saveHolds?: ((stream: string, holds: Holds) => Promise<void>) | undefined;
};

/** Bounds the memory and time that reading a segment's index takes (18 MB). */
const segmentEntriesMax = 250_000;

/**
 * One partition: segments without gaps, of which the last is written.
 * `endOffset` is what is durable; a reader never sees further, so a crash takes back nothing seen.
 */
export class Partition {
  readonly directory: string;
  readonly #parts: LogParts;
  readonly #segmentBytes: () => number;
  readonly #segments: Segment[];
  readonly #keptIndexes: Segment[];
  #cutBytes: number;
  readonly #reader: SegmentReader;
  readonly #tail: Tail;
  /** Changes of the files, one at a time. */
  readonly #changes = new Turns();
  #writer: SegmentWriter | undefined;
  /** Durable here, and not yet in the log. */
  #written: Written | undefined;
  #writerSinceMs: number;

  private constructor(place: PartitionPlace, parts: LogParts, recovered: Recovered) {
    this.directory = place.directory;
    this.#segmentBytes = place.segmentBytes;
    this.#parts = parts;
    this.#segments = [...recovered.segments];
    this.#keptIndexes = [...recovered.keptIndexes];
    this.#cutBytes = recovered.cutBytes;
    this.#writer = recovered.writer;
    this.#writerSinceMs = recovered.writerSinceMs ?? parts.clock.nowMs();
    this.#reader = new SegmentReader(parts.files, place.directory, parts.spool);
    this.#tail = new Tail(parts.tailBudget);
  }

  static async open(place: PartitionPlace, parts: LogParts): Promise<Partition> {
    return new Partition(place, parts, await recoverPartition(parts.files, place.directory));
  }

  get startOffset(): number {
    return this.#segments[0]?.base ?? 0;
  }

  get endOffset(): number {
    return this.#segments.at(-1)?.end ?? 0;
  }

  /** All segments, oldest first. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get bytes(): number {
    return this.endOffset - this.startOffset;
  }

  /** All segments but the one that is written, oldest first: what retention may delete. */
  get closedSegments(): readonly Segment[] {
    return this.#segments.slice(0, -1);
  }

  /** Every index that exists, those whose data is deleted included, oldest first. */
  get indexedSegments(): readonly Segment[] {
    return [...this.#keptIndexes, ...this.#segments];
  }

  info(): PartitionInfo {
    return {
      startOffset: this.startOffset,
      endOffset: this.endOffset,
      bytes: this.bytes,
      newestArrivedAtMs: this.#segments.findLast((segment) => segment.newestArrivedAtMs)
        ?.newestArrivedAtMs,
      cutBytes: this.#cutBytes,
    };
  }

  /**
   * Appends requests one after the other and resolves to the first one's offset once all are
   * durable. If it rejects (`disk_full`, `storage_failed`), none of them is in the log.
   */
  async append(requests: readonly Lines[]): Promise<number> {
    return await this.#changes.run(async () => {
      const written = await this.#write(requests);
      this.#accept(written);
      return written.from;
    });
  }

  /**
   * The first half of an append: durable here, and not in the log before `accept`. Only one write
   * may wait for that. After a crash in between, the log is opened with what was written.
   */
  async write(requests: readonly Lines[]): Promise<Written> {
    return await this.#changes.run(async () => {
      assert(this.#written === undefined, 'what was written before is in the log');
      this.#written = await this.#write(requests);
      return this.#written;
    });
  }

  accept(written: Written): void {
    assert(this.#written === written, 'what comes into the log was written last');
    this.#written = undefined;
    this.#accept(written);
  }

  /** An empty partition begins at `offset`, as one whose records before it are deleted. */
  async beginAt(offset: number): Promise<void> {
    assert(this.endOffset === 0, 'only an empty partition begins elsewhere');
    await this.#changes.run(async () => {
      await this.#abandonWriter();
      for (const { base } of this.#segments.splice(0)) {
        await this.#parts.files.remove(dataPath(this.directory, base));
        await this.#parts.files.remove(indexPath(this.directory, base));
      }
      this.#segments.push({ base: offset, end: offset, newestArrivedAtMs: undefined });
      await this.#roll();
    });
  }

  /** Appends what another machine's log held at this place, as it was there. */
  async takeIn(entries: readonly IndexEntry[], data: Buffer): Promise<void> {
    assert(entries[0]?.offset === this.endOffset, 'what is taken in follows what is there');
    await this.#changes.run(async () => {
      const arrivedAtMs = entries.at(-1)?.arrivedAtMs ?? 0;
      const writer = await this.#writerFor(this.#parts.clock.nowMs());
      const group = groupOf(entries, data, writer.entryCount);
      await writer.write(group);
      this.#accept({ from: this.endOffset, group, arrivedAtMs });
    });
  }

  /** Cuts off what is durable here and was never acknowledged. */
  async cutTo(offset: number): Promise<void> {
    await this.#changes.run(async () => {
      const newest = this.#segments.pop();
      assert(newest !== undefined && newest.base <= offset, 'the newest group is in one segment');
      this.#cutBytes += newest.end - offset;
      const isEmpty = newest.base === offset;
      const newestArrivedAtMs = isEmpty ? undefined : newest.newestArrivedAtMs;
      this.#segments.push({ ...newest, end: offset, newestArrivedAtMs });
      await this.#roll();
    });
  }

  /** Whole lines after `after`, about `bytesMax` bytes, or undefined at the end. */
  async read(after: number | undefined, bytesMax: number): Promise<LogBatch | undefined> {
    const from = after ?? this.startOffset;
    if (from === this.endOffset) return undefined;
    const segment = this.#segmentAt(from);
    const target = from + Math.max(1, bytesMax);
    const isClosed = segment !== this.#segments.at(-1);
    const range = { from, target: Math.min(target, this.endOffset) };
    const cached = await this.#tail.read(range, async ({ chunks, to, arrivedAtMs }) => {
      const file = await this.#parts.spool.write(chunks);
      return { from, to, byteLength: to - from, arrivedAtMs, ...file };
    });
    return cached ?? (await this.#reader.read({ segment, isClosed, from, target }));
  }

  /** The first line that begins at `near` or after it; undefined at the end. */
  async lineAt(near: number): Promise<LogLine | undefined> {
    const from = Math.max(near, this.startOffset);
    if (from >= this.endOffset) return undefined;
    const found = await this.#reader.lineAt(this.#segmentAt(from), from);
    // The line that holds `near` may be the last of its segment.
    return found ?? (await this.lineAt(this.#segmentAt(from).end));
  }

  /** Begins a new segment if the current one holds anything older than `arrivedBeforeMs`. */
  async rollIfOlder(arrivedBeforeMs: number): Promise<void> {
    await this.#changes.run(async () => {
      const newest = this.#segments.at(-1);
      const isOld = (newest?.newestArrivedAtMs ?? Infinity) < arrivedBeforeMs;
      // What waits to be accepted is in the segment behind the log's end.
      if (this.#written !== undefined) return;
      if (newest && newest.end > newest.base && isOld) await this.#roll();
    });
  }

  /** Deletes closed segments that end at or before `offset`; indexes stay while keys may count. */
  async deleteUpTo(offset: number): Promise<void> {
    await this.#changes.run(async () => {
      for (const segment of this.closedSegments) {
        if (segment.end > offset) return;
        // One after the other, each made durable: a power failure must not leave a gap.
        await this.#parts.files.remove(dataPath(this.directory, segment.base));
        await this.#parts.files.syncDirectory(this.directory);
        this.#segments.shift();
        this.#keptIndexes.push(segment);
      }
    });
  }

  /** Deletes indexes of deleted segments whose keys are all past their time. */
  async deleteOldIndexes(): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    await this.#changes.run(async () => {
      for (;;) {
        const oldest = this.#keptIndexes[0];
        if (oldest === undefined) return;
        if ((oldest.newestArrivedAtMs ?? 0) + keyAgeMaxMs > nowMs) return;
        await this.#parts.files.remove(indexPath(this.directory, oldest.base));
        this.#keptIndexes.shift();
      }
    });
  }

  async close(): Promise<void> {
    await this.#changes.run(async () => {
      const writer = this.#writer;
      this.#writer = undefined;
      if (writer === undefined) return;
      const offset = this.endOffset + (this.#written?.group.byteLength ?? 0);
      const place = { offset, entry: writer.entryCount };
      try {
        await writer.seal(closingEntry({ ...place, arrivedAtMs: this.#parts.clock.nowMs() }));
      } finally {
        await writer.close();
      }
    });
  }

  async #writerFor(nowMs: number): Promise<SegmentWriter> {
    const writer = this.#writer;
    if (writer === undefined) return await this.#roll();
    const isFull =
      writer.dataBytes >= this.#segmentBytes() || writer.entryCount >= segmentEntriesMax;
    const isOld = nowMs - this.#writerSinceMs >= this.#parts.limits.segmentAgeMs;
    if (isFull || (isOld && writer.dataBytes > 0)) return await this.#roll();
    return writer;
  }

  async #roll(): Promise<SegmentWriter> {
    const base = this.endOffset;
    const old = this.#writer;
    this.#writer = undefined;
    await old?.close();
    const writer = await SegmentWriter.create(this.#parts.files, this.directory, base);
    if (this.#segments.at(-1)?.base === base) this.#segments.pop();
    this.#segments.push({ base, end: base, newestArrivedAtMs: undefined });
    this.#writer = writer;
    this.#writerSinceMs = this.#parts.clock.nowMs();
    return writer;
  }

  async #abandonWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.abandon();
  }

  async #write(requests: readonly Lines[]): Promise<Written> {
    const from = this.endOffset;
    const arrivedAtMs = this.#parts.clock.nowMs();
    try {
      const writer = await this.#writerFor(arrivedAtMs);
      const group = planGroup(requests, { offset: from, entry: writer.entryCount, arrivedAtMs });
      await writer.write(group);
      return { from, group, arrivedAtMs };
    } catch (thrown) {
      await this.#abandonWriter();
      throw storageError(thrown, `append to ${this.directory}`);
    }
  }

  #accept({ group, arrivedAtMs }: Written): void {
    const segment = this.#segments.pop();
    assert(segment !== undefined, 'what is written to is a segment');
    let offset = segment.end;
    this.#segments.push({
      ...segment,
      end: offset + group.byteLength,
      newestArrivedAtMs: arrivedAtMs,
    });
    for (const bytes of group.blocks) {
      this.#tail.add({ offset, bytes, arrivedAtMs });
      offset += bytes.byteLength;
    }
  }

  #segmentAt(offset: number): Segment {
    const segment = this.#segments.findLast((candidate) => candidate.base <= offset);
    if (segment !== undefined && offset < segment.end) return segment;
    const isPast = offset > this.endOffset;
    throw new HeliosError(
      isPast ? 'corrupt_data' : 'not_found',
      isPast
        ? `Offset ${offset} lies after the end of the log in ${this.directory} (${this.endOffset}).`
        : `Offset ${offset} of ${this.directory} is deleted; it begins at ${this.startOffset}.`,
      { hint: `Read from offset ${this.startOffset} on.`, details: { offset } },
    );
  }
}

/** A group that is durable on this machine. */
export type Written = {
  readonly from: number;
  readonly group: Group;
  readonly arrivedAtMs: EpochMs;
};

export type PartitionPlace = {
  readonly directory: string;
  /** Size at which a segment is closed. */
  readonly segmentBytes: () => number;
};
