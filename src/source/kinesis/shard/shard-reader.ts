import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../../base/errors.ts';
import type { PartitionLag, Positions, RecordForm } from '../../source.ts';
import { PageQueue, type Bound, type FirstRecords } from '../record/page-queue.ts';
import { PageBuilder, type StreamRecord } from '../record/record-page.ts';
import type { StreamClient } from '../stream/stream-client.ts';
import type { BufferLimit } from './buffer-limit.ts';
import type { AnswerFacts, ShardCursor } from './shard-cursor.ts';
import type { ListedShard } from './shard-map.ts';
import { isSamePlace, parsePosition, type ShardPosition } from './shard-position.ts';

/** How records come from a shard, one answer at a time. */
export interface Feed {
  /**
   * Takes the next answer, if there is one soon: the shard's children at its end, else undefined.
   * After a failure it may be called again.
   */
  next(signal: AbortSignal): Promise<readonly ListedShard[] | undefined>;
}

export type FeedContext = {
  readonly shard: ListedShard;
  readonly stream: StreamClient;
  readonly cursor: ShardCursor;
  readonly clock: Clock;
  /** Before a reading begins: what stands against that, such as another stream of this name. */
  readonly verify: (signal: AbortSignal) => Promise<void>;
  /** What the shards of the source hold in memory together. */
  readonly memory: BufferLimit;
  /** Takes what came; gives the bytes of the lines that it made of it. */
  readonly receive: (records: readonly StreamRecord[], answer: AnswerFacts) => number;
};

export type ReaderContext = Omit<FeedContext, 'receive'> & {
  readonly form: RecordForm;
  readonly after: ShardPosition;
  /** It is read up to a place, and no further. */
  readonly hasEnd: boolean;
  readonly random: () => number;
  readonly createFeed: (context: FeedContext) => Feed;
  readonly onProblem: (problem: HeliosError) => void;
  /** Told of the children at the shard's end, before the end can be seen. */
  readonly onEnd: (shard: string, children: readonly ListedShard[]) => void;
  readonly onStrays: (count: number) => void;
  /** Something changed that a waiting reader may be glad of. */
  readonly onChange: () => void;
};

/** Full jitter, so that readers that were refused together don't come back together. */
const retries: BackoffPolicy = { firstMs: 200, maxMs: 10_000, attemptsMax: Infinity };
/** What heals by itself is tried so long before the pipeline is told. */
const patienceMs = 30_000;
/** A limit that is reached is told once in this time. */
const throttleNoteMs = 60_000;

/**
 * Reads one shard ahead, from one position on, and keeps what came until it is known to be
 * committed. Bytes that wait are bounded by `memory`, which all shards share.
 *
 * ```
 * feed ─▶ page ─▶ queue ─▶ first() … dropThrough(committed)
 * ```
 */
export class ShardReader {
  readonly #context: ReaderContext;
  readonly #queue = new PageQueue();
  readonly #stop = new AbortController();
  readonly #hasAnswer: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Everything up to here is committed. */
  #base: ShardPosition;
  #isAnswered = false;
  #isEnded = false;
  #failure: HeliosError | undefined;
  #throttleNotedMs = Number.NEGATIVE_INFINITY;
  readonly #running: Promise<void>;

  constructor(context: ReaderContext) {
    this.#context = context;
    this.#base = context.after;
    this.#running = this.#run();
  }

  /** The first answer, or a failure, has come. */
  get hasAnswer(): Promise<void> {
    return this.#hasAnswer.promise;
  }

  get failure(): HeliosError | undefined {
    return this.#failure;
  }

  get hasEnd(): boolean {
    return this.#context.hasEnd;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** The shard's end was received; what waits is all there is. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get cursor(): ShardCursor {
    return this.#context.cursor;
  }

  /** Whether `read` from this position has something to give, or to tell. */
  isReady(after: ShardPosition): boolean {
    if (this.#failure !== undefined || this.#isEnded) return true;
    if (isSamePlace(this.#base, after)) return !this.#queue.isEmpty;
    return !isSamePlace(this.cursor.received, after);
  }

  /** Lets go of what is at or before a position; false where this reader can't go on from there. */
  moveTo(after: ShardPosition): boolean {
    if (isSamePlace(this.#base, after)) {
      this.#base = after;
      return true;
    }
    if (after.kind !== 'record') return false;
    const freed = this.#queue.dropThrough(after.sequenceNumber);
    if (freed === undefined) return false;
    this.#base = after;
    this.#context.memory.release(freed);
    return true;
  }

  /** Records after the position it was moved to; see `PageQueue.first`. */
  first(bytesMax: number, bound: Bound | undefined): FirstRecords {
    return this.#queue.first(bytesMax, bound);
  }

  get isEmpty(): boolean {
    return this.#queue.isEmpty;
  }

  /** Age of what was not read after a position, as far as it is known. */
  behindMs(after: ShardPosition): number | undefined {
    if (!this.isReady(after)) return this.cursor.behindMs;
    const number = after.kind === 'record' ? after.sequenceNumber : undefined;
    const oldestAtMs = this.#queue.oldestAtMs(number);
    if (oldestAtMs === undefined) return this.cursor.behindMs;
    return Math.max(0, this.#context.clock.nowMs() - oldestAtMs);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the reader was closed'));
    await this.#running;
    this.#context.memory.release(this.#queue.byteLength);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { createFeed, onChange } = this.#context;
    try {
      await this.#follow(
        createFeed({ ...this.#context, receive: this.#receive.bind(this) }),
        signal,
      );
    } catch (thrown) {
      if (!signal.aborted) this.#failure = asHeliosError(thrown);
    } finally {
      this.#answered();
      onChange();
    }
  }

  async #follow(feed: Feed, signal: AbortSignal): Promise<void> {
    let attempt = 0;
    let failingSinceMs = 0;
    while (!this.#isEnded) {
      try {
        const children = await feed.next(signal);
        attempt = 0;
        if (children !== undefined) this.#end(children);
      } catch (thrown) {
        signal.throwIfAborted();
        const nowMs = this.#context.clock.monotonicMs();
        if (attempt++ === 0 || isThrottled(thrown)) failingSinceMs = nowMs;
        this.#judge(thrown, nowMs - failingSinceMs);
        await this.#context.clock.sleep(backoffMs(retries, attempt, this.#context.random), signal);
      }
    }
  }

  /** Throws what waiting can't mend, or hasn't mended for long. */
  #judge(thrown: unknown, failingMs: number): void {
    const { onProblem, clock } = this.#context;
    const failure = asHeliosError(thrown);
    if (isThrottled(failure)) {
      if (clock.monotonicMs() - this.#throttleNotedMs < throttleNoteMs) return;
      this.#throttleNotedMs = clock.monotonicMs();
      onProblem(failure);
      return;
    }
    const canHeal = failure.code === 'unreachable' || failure.code === 'unavailable';
    if (!canHeal || failingMs >= patienceMs) throw failure;
  }

  #receive(records: readonly StreamRecord[], answer: AnswerFacts): number {
    const { cursor, form, shard, memory, onStrays, onChange } = this.#context;
    const fresh = cursor.accept(records, answer);
    const hint = fresh.reduce((sum, { data }) => sum + data.length, 0);
    const builder = new PageBuilder(form, shard, hint);
    for (const record of fresh) builder.add(record);
    const page = builder.finish();
    this.#queue.push(page);
    if (page.ends.length > 0) memory.hold(page.bytes.length);
    if (builder.strayCount > 0) onStrays(builder.strayCount);
    this.#answered();
    onChange();
    return page.bytes.length;
  }

  #answered(): void {
    this.#isAnswered = true;
    this.#hasAnswer.resolve();
  }

  #end(children: readonly ListedShard[]): void {
    this.#context.onEnd(this.#context.shard.id, children);
    this.#isEnded = true;
    this.#answered();
    this.#context.onChange();
  }
}

function isThrottled(thrown: unknown): boolean {
  return thrown instanceof HeliosError && thrown.code === 'throttled';
}
/** How far each shard is behind the positions; those of which nothing is known are left out. */
export function lagsOf(
  readers: ReadonlyMap<string, ShardReader>,
  positions: Positions,
): readonly PartitionLag[] {
  return [...readers].flatMap(([partition, reader]) => {
    const ms = reader.behindMs(parsePosition(positions.get(partition)));
    return ms === undefined ? [] : [{ partition, records: undefined, bytes: undefined, ms }];
  });
}
