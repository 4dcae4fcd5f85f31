import { HeliosError } from '../base/errors.ts';
import type { EpochMs } from '../event/record.ts';
import { keyAgeMaxMs } from './log.ts';
import type { Retention, StreamInfo } from './log.ts';
import type { Idempotency } from './idempotency.ts';
import { Partition } from './partition/partition.ts';
import type { LogParts } from './partition/partition.ts';
import { readSegmentIndex } from './partition/segment-index.ts';
import type { Segment } from './partition/segment.ts';
import { Turns } from './partition/turns.ts';
import { readDefinition, readHolds, writeDefinition, writeHolds } from './stream-files.ts';
import type { Holds, StreamDefinition } from './stream-files.ts';

/** Smallest segment: below it, files would outnumber what they hold. */
const segmentBytesMin = 64 * 1024;

/** Closed segments that a size budget has to consist of at least, so that the oldest can go. */
const segmentsPerBudget = 4;

/** One stream that is open: its partitions, who holds what, and what may be deleted. */
export class Stream {
  readonly directory: string;
  readonly #parts: LogParts;
  readonly #partitions: Partition[] = [];
  readonly #holds: Map<string, Map<number, number>>;
  readonly #changes = new Turns();
  #definition: StreamDefinition;
  #areHoldsSaved = true;
  #isDeleted = false;
  #pendingBytes = 0;
  #partitionNext = 0;
  readonly #waiters = new Set<() => void>();

  private constructor(
    directory: string,
    parts: LogParts,
    definition: StreamDefinition,
    holds: Map<string, Map<number, number>>,
  ) {
    this.directory = directory;
    this.#parts = parts;
    this.#definition = definition;
    this.#holds = holds;
  }

  static async open(directory: string, parts: LogParts): Promise<Stream> {
    const definition = await readDefinition(parts.files, directory);
    const holds = await readHolds(parts.files, directory);
    const stream = new Stream(directory, parts, definition, holds);
    try {
      await stream.#openPartitions();
      return stream;
    } catch (thrown) {
      await stream.close();
      throw thrown;
    }
  }

  get id(): string {
    return this.#definition.id;
  }

  get definition(): StreamDefinition {
    return this.#definition;
  }

  get holds(): Holds {
    return this.#holds;
  }

  get name(): string {
    return this.#definition.name;
  }

  get partitions(): readonly Partition[] {
    return this.#partitions;
  }

  get readers(): readonly string[] {
    return [...this.#holds.keys()];
  }

  info(): StreamInfo {
    const { id, name, createdAtMs, retention } = this.#definition;
    const partitions = this.#partitions.map((partition) => partition.info());
    const { durability } = this.#parts;
    return { id, name, createdAtMs, retention, durability, partitions, bytes: this.#bytes() };
  }

  /** `not_found` once the stream has been deleted. */
  checkExists(): void {
    if (!this.#isDeleted) return;
    throw new HeliosError('not_found', `The stream "${this.name}" has been deleted.`, {
      hint: 'Create it again, or name another one.',
    });
  }

  /** The partition for the next request: in turn, or by the key's hash. */
  pick(keyHash: Uint8Array | undefined): number {
    const count = this.#partitions.length;
    if (keyHash) return (keyHash[0] ?? 0) % count;
    this.#partitionNext = (this.#partitionNext + 1) % count;
    return this.#partitionNext;
  }

  partition(number: number): Partition {
    const partition = this.#partitions[number];
    if (partition !== undefined) return partition;
    throw new HeliosError('not_found', `The stream "${this.name}" has no partition ${number}.`, {
      hint: `It has ${this.#partitions.length}, counted from 0.`,
    });
  }

  hasRoom(byteLength: number): boolean {
    return !this.#isOver(byteLength);
  }

  /** Deletes what may be deleted so that the size budget has room; `stream_full` otherwise. */
  async makeRoom(byteLength: number): Promise<void> {
    await this.enforceRetention(byteLength);
    if (this.#isOver(byteLength) && this.#isDeletionHeld()) throw this.#full();
  }

  /** Counts bytes as coming, until `giveBackRoom`. `not_found` once the stream is deleted. */
  takeRoom(byteLength: number): void {
    this.checkExists();
    this.#pendingBytes += byteLength;
  }

  giveBackRoom(byteLength: number): void {
    this.#pendingBytes -= byteLength;
    this.#notify();
  }

  /** Whether any partition has records after its offset; one not named is read from its start. */
  hasRecordsAfter(offsets: ReadonlyMap<number, number>): boolean {
    return this.#partitions.some(
      (partition, number) => partition.endOffset > (offsets.get(number) ?? partition.startOffset),
    );
  }

  /** Resolves once no append is under way; call after `markDeleted`. */
  async whenIdle(): Promise<void> {
    const { signal } = new AbortController();
    while (this.#pendingBytes > 0) await this.nextChange(signal);
  }

  /** Resolves when an append ends; rejects with the signal's reason. */
  async nextChange(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    function abort(): void {
      reject(signal.reason);
    }
    signal.addEventListener('abort', abort, { once: true });
    this.#waiters.add(resolve);
    try {
      await promise;
    } finally {
      this.#waiters.delete(resolve);
      signal.removeEventListener('abort', abort);
    }
  }

  hold(reader: string): ReadonlyMap<number, number> | undefined {
    return this.#holds.get(reader);
  }

  /** On disk before this resolves if it is new or goes back; else before the next deletion. */
  async setHold(reader: string, offsets: ReadonlyMap<number, number>): Promise<void> {
    const old = this.#holds.get(reader);
    this.#holds.set(reader, new Map(offsets));
    this.#areHoldsSaved = false;
    const isAhead =
      old?.entries().every(([number, offset]) => offset <= (offsets.get(number) ?? 0)) ?? false;
    if (!isAhead) await this.#changes.run(async () => await this.#saveHoldsEverywhere());
  }

  /** What another machine noted of this stream's readers counts instead of what is here. */
  async takeHolds(holds: Holds): Promise<void> {
    await this.#changes.run(async () => {
      this.#holds.clear();
      for (const [reader, offsets] of holds) this.#holds.set(reader, new Map(offsets));
      this.#areHoldsSaved = false;
      await this.#saveHolds();
    });
  }

  async removeHold(reader: string): Promise<void> {
    if (!this.#holds.delete(reader)) return;
    this.#areHoldsSaved = false;
    await this.#changes.run(async () => await this.#saveHoldsEverywhere());
  }

  async alter(partitions: number, retention: Retention): Promise<void> {
    await this.#changes.run(async () => {
      const definition = { ...this.#definition, partitions, retention };
      for (let number = this.#partitions.length; number < partitions; number++) {
        await this.#parts.files.makeDirectory(`${this.directory}/${number}`);
      }
      await this.#parts.files.syncDirectory(this.directory);
      await writeDefinition(this.#parts.files, this.directory, definition);
      this.#definition = definition;
      await this.#openPartitions();
    });
  }

  /** Deletes what is too old, or too much if `byteLength` is added, and nobody holds. */
  async enforceRetention(byteLength = 0): Promise<void> {
    await this.#changes.run(async () => {
      if (this.#isDeleted) return;
      // After a crash no hold may lie before what is deleted now.
      await this.#saveHolds();
      const nowMs = this.#parts.clock.nowMs();
      const expiresBeforeMs = nowMs - this.#definition.retention.ageMs;
      for (const [number, partition] of this.#partitions.entries()) {
        await partition.rollIfOlder(expiresBeforeMs);
        for (const segment of this.#deletable(number)) {
          if (!isOlder(segment, expiresBeforeMs)) break;
          await partition.deleteUpTo(segment.end);
        }
        await partition.deleteOldIndexes();
      }
      await this.#deleteToBudget(byteLength);
    });
  }

  /** Feeds the keys of the last 24 hours that the indexes remember. */
  async rememberKeys(idempotency: Idempotency): Promise<void> {
    const sinceMs = this.#parts.clock.nowMs() - keyAgeMaxMs;
    for (const [number, partition] of this.#partitions.entries()) {
      for (const segment of partition.indexedSegments) {
        if (segment.end === segment.base || isOlder(segment, sinceMs)) continue;
        const index = await readSegmentIndex(this.#parts.files, partition.directory, segment);
        for (let entry = 0; entry < index.entryCount; entry++) {
          const { kind, keyHash, bodyHash, offset, ...rest } = index.entry(entry);
          if (kind !== 'keyed' || !keyHash || !bodyHash) continue;
          idempotency.remember({ ...rest, keyHash, bodyHash, partition: number, from: offset });
        }
      }
    }
  }

  /** Refuses appends from now on, and wakes who waits. */
  markDeleted(): void {
    this.#isDeleted = true;
    this.#notify();
  }

  async close(): Promise<void> {
    await this.#changes.run(async () => {
      const closing = this.#partitions.map(async (partition) => await partition.close());
      await Promise.allSettled(closing);
      if (!this.#isDeleted) await this.#saveHolds();
      await Promise.all(closing);
    });
  }

  async #openPartitions(): Promise<void> {
    while (this.#partitions.length < this.#definition.partitions) {
      const directory = `${this.directory}/${this.#partitions.length}`;
      const place = { directory, segmentBytes: () => this.#segmentBytes() };
      this.#partitions.push(await Partition.open(place, this.#parts));
    }
  }

  #segmentBytes(): number {
    const { partitions, retention } = this.#definition;
    const share = (retention.bytes ?? Infinity) / segmentsPerBudget / partitions;
    return Math.min(this.#parts.limits.segmentBytes, Math.max(share, segmentBytesMin));
  }

  async #saveHoldsEverywhere(): Promise<void> {
    await this.#saveHolds();
    await this.#parts.saveHolds?.(this.name, this.#holds);
  }

  async #saveHolds(): Promise<void> {
    if (this.#areHoldsSaved || this.#isDeleted) return;
    this.#areHoldsSaved = true;
    try {
      await writeHolds(this.#parts.files, this.directory, this.#holds);
    } catch (thrown) {
      this.#areHoldsSaved = false;
      throw thrown;
    }
  }

  #notify(): void {
    for (const wake of this.#waiters) wake();
  }

  #bytes(): number {
    return this.#partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  }

  #isOver(byteLength: number): boolean {
    const budget = this.#definition.retention.bytes ?? Infinity;
    return this.#bytes() + this.#pendingBytes + byteLength > budget;
  }

  /** Closed segments of a partition that no reader needs, oldest first. */
  #deletable(number: number): readonly Segment[] {
    const needed = Math.min(...[...this.#holds.values()].map((hold) => hold.get(number) ?? 0));
    return this.partition(number).closedSegments.filter((segment) => segment.end <= needed);
  }

  #isDeletionHeld(): boolean {
    return this.#partitions.some(
      (partition, number) => partition.closedSegments.length > this.#deletable(number).length,
    );
  }

  async #deleteToBudget(byteLength: number): Promise<void> {
    while (this.#isOver(byteLength)) {
      const oldest = this.#partitions
        .map((partition, number) => ({ partition, segment: this.#deletable(number)[0] }))
        .filter(({ segment }) => segment !== undefined)
        .toSorted((a, b) => arrivalOf(a.segment) - arrivalOf(b.segment))[0];
      if (oldest?.segment === undefined) return;
      await oldest.partition.deleteUpTo(oldest.segment.end);
    }
  }

  #full(): HeliosError {
    const readers = this.readers.map((reader) => `"${reader}"`).join(', ');
    return new HeliosError(
      'stream_full',
      `The stream "${this.name}" has reached its ${this.#definition.retention.bytes} bytes, and ` +
        `${readers} still needs its oldest records.`,
      { hint: 'Let the reader catch up, delete it, or raise the retention in bytes.' },
    );
  }
}

function isOlder(segment: Segment, thanMs: EpochMs): boolean {
  return arrivalOf(segment) < thanMs;
}

function arrivalOf(segment: Segment | undefined): EpochMs {
  return segment?.newestArrivedAtMs ?? 0;
}
