import { mkdir } from 'node:fs/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Clock } from '../../base/clock.ts';
import type { HeliosError } from '../../base/errors.ts';
import type { Batch, EpochMs, Position } from '../../event/record.ts';
import type { KinesisTable } from '../../sql/script.ts';
import type {
  PartitionLag,
  Positions,
  ReadRequest,
  RecordForm,
  Source,
  StartPoint,
} from '../source.ts';
import { ShardBatches } from './shard-batches.ts';
import { ShardWatch } from './shard-watch.ts';
import { Bell } from './shard/bell.ts';
import { BufferLimit } from './shard/buffer-limit.ts';
import { checkChildStart } from './shard/child-start.ts';
import { positionLost } from './shard/position-lost.ts';
import { ShardCursor } from './shard/shard-cursor.ts';
import { readingEnds } from './shard/reading-ends.ts';
import { ShardMap, type ListedShard } from './shard/shard-map.ts';
import {
  clockSkewMsMax,
  comparePositions,
  formatPosition,
  parsePosition,
  type ShardPosition,
} from './shard/shard-position.ts';
import { defaultPollLimits, ShardPoll, type PollLimits } from './shard/shard-poll.ts';
import { lagsOf, ShardReader, type Feed, type FeedContext } from './shard/shard-reader.ts';
import { ShardSubscription } from './shard/shard-subscription.ts';
import { ReadBudget } from './stream/read-budget.ts';
import { StreamClient, type StreamFacts } from './stream/stream-client.ts';
import { identityOf } from './stream/stream-identity.ts';

export type KinesisSourceOptions = {
  readonly table: KinesisTable;
  readonly form: RecordForm;
  /** Stays the caller's to close, after the source. */
  readonly client: KinesisClient;
  /** A folder for the batches' files; it is made. */
  readonly spoolDirectory: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Undefined for a preview, which doesn't take a pipeline's fan-out subscriptions away. */
  readonly pipelineId: string | undefined;
  /** Told of what is worth knowing and stops nothing. */
  readonly onProblem: (problem: HeliosError) => void;
  /** Shared by all sources of the process; undefined for one of its own. */
  readonly budget?: ReadBudget | undefined;
  readonly limits?: Partial<KinesisLimits> | undefined;
};

export type KinesisLimits = PollLimits & {
  /** Bytes of records that wait in memory, of all shards; pages on their way count in full. */
  readonly bufferBytesMax: number;
  /** From one listing of the shards to the next; they also tell of each other. */
  readonly listIntervalMs: number;
  /** A shard without records has its time noted in a position this often. */
  readonly asOfIntervalMs: number;
};

const defaultLimits: KinesisLimits = {
  ...defaultPollLimits,
  bufferBytesMax: 64 * 1024 * 1024,
  listIntervalMs: 120_000,
  asOfIntervalMs: 10 * 60 * 1000,
};

/** A shard that was never read before is waited for so long; the others wait with it. */
const firstAnswerMs = 1000;

/**
 * A Kinesis stream. Partitions are shards, positions those of `ShardPosition`. Shards are read
 * ahead in the background; `read` takes what has come.
 *
 * A shard is read only when all its parents are at their ends in positions that the pipeline handed
 * in, which are committed: then what has one partition key keeps its order. What the pipeline hands
 * in is also all that is known of the past: a shard whose parent has expired waits for it.
 */
export class KinesisSource implements Source {
  readonly kind = 'kinesis';
  readonly isBounded = false;
  readonly identity: string;
  readonly #options: KinesisSourceOptions;
  readonly #limits: KinesisLimits;
  readonly #stream: StreamClient;
  readonly #shards: ShardMap;
  readonly #watch: ShardWatch;
  readonly #consumerArn: string | undefined;
  readonly #openedAtMs: EpochMs;
  readonly #bell = new Bell();
  readonly #memory: BufferLimit;
  readonly #budget: ReadBudget;
  readonly #batches: ShardBatches;
  readonly #readers = new Map<string, ShardReader>();
  /** Positions that the pipeline handed in, which are committed. */
  readonly #committed = new Map<string, ShardPosition>();
  /** Readers that are closing. */
  readonly #closing = new Set<Promise<void>>();
  #isRead = false;
  /** A shard didn't answer in time: no other is waited for until one has answered. */
  #isSlow = false;
  /** All positions were handed in once. */
  #isTold = false;
  #strayCount = 0;

  private constructor(options: KinesisSourceOptions, opened: OpenedStream) {
    const { clock, onProblem } = options;
    this.identity = identityOf(opened.facts);
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#stream = opened.stream;
    this.#shards = opened.shards;
    this.#consumerArn = opened.consumerArn;
    this.#openedAtMs = opened.openedAtMs;
    this.#memory = new BufferLimit(this.#limits.bufferBytesMax);
    this.#budget = options.budget ?? new ReadBudget(clock);
    const { asOfIntervalMs } = this.#limits;
    const { openedAtMs } = opened;
    this.#batches = new ShardBatches({ ...options, openedAtMs, asOfIntervalMs });
    const onChange = (): void => this.#bell.ring();
    const { listIntervalMs } = this.#limits;
    const watched = { ...opened, clock, onProblem, onChange, listIntervalMs };
    this.#watch = new ShardWatch(watched, opened.facts);
  }

  /** `stream_missing`, `access_refused`, `unreachable` … when the stream can't be looked at. */
  static async open(options: KinesisSourceOptions): Promise<KinesisSource> {
    const { client, clock, table } = options;
    // Before the shards are listed: a child that appears later is read from its beginning.
    const openedAtMs = clock.nowMs();
    const { signal } = new AbortController();
    const stream = new StreamClient({ client, clock, stream: table.stream });
    const facts = await stream.describe(signal);
    const shards = new ShardMap(await stream.listShards(signal));
    const consumer = options.pipelineId === undefined ? undefined : table.fanOut?.consumer;
    const consumerArn =
      consumer === undefined ? undefined : await stream.consumer(consumer, signal);
    await mkdir(options.spoolDirectory, { recursive: true });
    return new KinesisSource(options, { stream, facts, shards, consumerArn, openedAtMs });
  }

  /** Records in aggregates whose hash key belongs to another shard; they were read like others. */
  get strayCount(): number {
    return this.#strayCount;
  }

  /** Shards that may be read, once reading has begun; before, all that aren't read to their end. */
  async partitions(): Promise<readonly string[]> {
    this.#throwIfFailed();
    const ids = [...new Set([...this.#shards.unfinished(), ...this.#readers.keys()])].toSorted();
    return await Promise.resolve(this.#isRead ? ids.filter((id) => this.#isReadable(id)) : ids);
  }

  endedPartitions(): readonly string[] {
    return this.#isRead ? this.#shards.succeeded((child) => this.#isReadable(child)) : [];
  }

  async startPosition(): Promise<Position | undefined> {
    const { offset } = this.#options.table;
    if (offset.kind === 'earliest') return await Promise.resolve(undefined);
    return this.#timePosition(offset.kind === 'latest' ? this.#openedAtMs : offset.atMs);
  }

  async positionsAt(point: StartPoint): Promise<ReadonlyMap<string, Position | undefined>> {
    const nowMs = this.#options.clock.nowMs();
    const at = Math.floor(typeof point === 'string' ? nowMs : point.atMs);
    // Said in words: no position at all is where the table's options begin.
    const oldest = formatPosition({ kind: 'start', asOfMs: nowMs });
    const there = point === 'earliest' ? oldest : this.#timePosition(at);
    return await Promise.resolve(new Map(this.#shards.unfinished().map((id) => [id, there])));
  }

  async readingEnds(positions: Positions): Promise<Positions> {
    return await readingEnds(positions, {
      ...this.#options,
      stream: this.#stream,
      shardOf: (id) => this.#shards.get(id),
      budget: this.#budget,
      signal: new AbortController().signal,
    });
  }

  compare(left: Position | undefined, right: Position | undefined): number {
    return comparePositions(parsePosition(left), parsePosition(right));
  }

  async read(request: ReadRequest): Promise<Batch | undefined> {
    request.signal.throwIfAborted();
    const { partition } = request;
    const after = parsePosition(request.after);
    this.#isRead = true;
    if (request.after !== undefined) this.#learn(partition, after);
    this.#throwIfFailed();
    if (after.kind === 'end') return undefined;
    const reader = this.#readerAt(partition, after, request.until !== undefined);
    if (reader === undefined) return undefined;
    await this.#firstAnswer(reader, request.signal);
    this.#throwIfReaderFailed(partition, reader);
    return await this.#batches.next(reader, request, after);
  }

  async waitForRecords(positions: Positions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#learnAll(positions);
    for (;;) {
      const heard = this.#bell.heard(signal);
      // When nothing has to be waited for, nobody hears it.
      heard.catch(() => undefined);
      if (this.#isReady(positions)) return;
      await heard;
    }
  }

  /** Never: there may always be another record, and another shard. */
  async hasEnded(positions: Positions): Promise<boolean> {
    this.#learnAll(positions);
    return await Promise.resolve(false);
  }

  /** Kinesis tells times only. */
  async bytesBehind(): Promise<undefined> {
    return await Promise.resolve(undefined);
  }

  async partitionLags(positions: Positions): Promise<readonly PartitionLag[]> {
    return await Promise.resolve(lagsOf(this.#readers, positions));
  }

  /** Kinesis keeps records by time alone. */
  async release(positions: Positions): Promise<void> {
    await Promise.resolve(this.#learnAll(positions));
  }

  async close(): Promise<void> {
    await this.#watch.close();
    for (const partition of [...this.#readers.keys()]) this.#drop(partition);
    await Promise.all(this.#closing);
  }

  /** What arrived since then is still there, and has to be when it is read; or it is gone now. */
  #timePosition(atMs: EpochMs): Position | undefined {
    const ageMs = this.#options.clock.nowMs() - atMs;
    const isKept = ageMs < this.#watch.facts.retentionMs - clockSkewMsMax;
    return formatPosition({ kind: 'time', atMs, asOfMs: isKept ? atMs : undefined });
  }

  #learnAll(positions: Positions): void {
    for (const [partition, at] of positions) this.#learn(partition, parsePosition(at));
    this.#isTold = true;
  }

  /** What the pipeline hands in is committed. */
  #learn(partition: string, at: ShardPosition): void {
    this.#committed.set(partition, at);
    this.#shards.markBegun(partition);
    if (at.kind !== 'end') return;
    this.#shards.markEnded(partition);
    this.#drop(partition);
  }

  #isReadable(partition: string): boolean {
    if (this.#readers.has(partition)) return true;
    if (this.#shards.hasEnded(partition) || !this.#shards.isReadable(partition)) return false;
    const parents = this.#shards.get(partition)?.parents ?? [];
    return this.#isTold || parents.every((parent) => this.#shards.get(parent) !== undefined);
  }

  #isReady(positions: Positions): boolean {
    if (this.#watch.failure !== undefined || this.#vanished() !== undefined) return true;
    return this.#shards.unfinished().some((partition) => {
      if (!this.#isReadable(partition)) return false;
      const reader = this.#readers.get(partition);
      const after = parsePosition(positions.get(partition));
      return reader === undefined || reader.isReady(after) || this.#batches.isDue(reader, after);
    });
  }

  #throwIfFailed(): void {
    if (this.#watch.failure !== undefined) throw this.#watch.failure;
    const shard = this.#vanished();
    if (shard === undefined) return;
    const at = this.#committed.get(shard) ?? parsePosition(undefined);
    throw positionLost({ stream: this.#stream.name, shard, at }, 'the shard has expired');
  }

  /** A shard that is gone before its end, and that nobody has ahead of the others. */
  #vanished(): string | undefined {
    return this.#shards.vanished().find((shard) => !this.#readers.has(shard));
  }

  /** A failure is told once: whoever tries again, tries anew. */
  #throwIfReaderFailed(partition: string, reader: ShardReader): void {
    const { failure } = reader;
    if (failure === undefined) return;
    this.#drop(partition);
    this.#watch.doubt();
    throw failure;
  }

  /**
   * The reader that stands there; undefined while the shard may not be read. One with an end polls:
   * it may be beside another one of the same table, which has the shard's subscription.
   */
  #readerAt(partition: string, after: ShardPosition, hasEnd: boolean): ShardReader | undefined {
    if (!this.#isReadable(partition)) return undefined;
    const known = this.#readers.get(partition);
    const isFit = this.#consumerArn === undefined || known?.hasEnd === hasEnd;
    if (isFit && known?.moveTo(after)) return known;
    this.#drop(partition);
    const reader = this.#newReader(partition, after, hasEnd);
    if (reader !== undefined) this.#readers.set(partition, reader);
    return reader;
  }

  #newReader(partition: string, after: ShardPosition, hasEnd: boolean): ShardReader | undefined {
    const { clock, form, random, onProblem } = this.#options;
    const shard = this.#shards.get(partition);
    if (shard === undefined) return undefined;
    const stream = this.#stream;
    const facts = (): StreamFacts => this.#watch.facts;
    const start = this.#startOf(partition, after);
    const cursor = new ShardCursor(partition, start, { stream, facts, clock, onProblem });
    return new ShardReader({
      shard,
      stream,
      cursor,
      clock,
      verify: async (signal) => await this.#verify(shard, cursor, signal),
      form,
      random,
      onProblem,
      after,
      memory: this.#memory,
      hasEnd,
      createFeed: (context) => this.#createFeed(context, hasEnd),
      onEnd: (id, children) => this.#watch.ended(id, children),
      onStrays: (count) => (this.#strayCount += count),
      onChange: () => this.#bell.ring(),
    });
  }

  async #verify(shard: ListedShard, cursor: ShardCursor, signal: AbortSignal): Promise<void> {
    await this.#watch.verify();
    if (cursor.received.kind !== 'start' || cursor.asOfMs !== undefined) return;
    const parents = shard.parents.flatMap((parent) => this.#committed.get(parent) ?? []);
    const context = { ...this.#options, ...this.#watch.facts, stream: this.#stream, signal };
    await checkChildStart({ ...context, shard, parents });
  }

  #createFeed(context: FeedContext, hasEnd: boolean): Feed {
    const createPoll = (): Feed => new ShardPoll(context, this.#budget, this.#limits);
    const consumerArn = this.#consumerArn;
    if (consumerArn === undefined || hasEnd) return createPoll();
    const isClosed = (): boolean => this.#shards.get(context.shard.id)?.isClosed ?? true;
    return new ShardSubscription({ ...context, consumerArn, isClosed, createPoll });
  }

  /** All of a shard is new to who has read its parents; else the table's time holds for it too. */
  #startOf(partition: string, after: ShardPosition): ShardPosition {
    const { offset } = this.#options.table;
    const isBeginning = after.kind === 'start' && after.asOfMs === undefined;
    if (!isBeginning || offset.kind !== 'timestamp') return after;
    if (this.#shards.continues(partition)) return after;
    return { kind: 'time', atMs: offset.atMs, asOfMs: undefined };
  }

  /** Waits for a new reader, unless the last one that was waited for didn't answer. */
  async #firstAnswer(reader: ShardReader, signal: AbortSignal): Promise<void> {
    if (reader.isAnswered) this.#isSlow = false;
    if (reader.isAnswered || this.#isSlow) return;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const wait = this.#options.clock.sleep(firstAnswerMs, either).catch(() => undefined);
    await Promise.race([reader.hasAnswer, wait]);
    over.abort();
    signal.throwIfAborted();
    this.#isSlow = !reader.isAnswered;
  }

  #drop(partition: string): void {
    const reader = this.#readers.get(partition);
    if (reader === undefined) return;
    this.#readers.delete(partition);
    const closing = reader.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

type OpenedStream = {
  readonly stream: StreamClient;
  readonly facts: StreamFacts;
  readonly shards: ShardMap;
  readonly consumerArn: string | undefined;
  readonly openedAtMs: EpochMs;
};
