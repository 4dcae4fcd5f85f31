import type { ListedShard } from './shard-map.ts';
import type { ReadBudget } from '../stream/read-budget.ts';
import { errorName } from '../stream/stream-client.ts';
import { isRefusal, RestartReading } from './shard-cursor.ts';
import type { Feed, FeedContext } from './shard-reader.ts';

export type PollLimits = {
  /** From one read to the next of a shard that has nothing new. */
  readonly idleIntervalMs: number;
  /** Most records of a page: Kinesis gives 10,000, and 10 MB, at most. */
  readonly recordsMax: number;
};

export const defaultPollLimits: PollLimits = { idleIntervalMs: 1000, recordsMax: 10_000 };

/** The largest page is 10 MB, or one record of 10 MiB. */
const pageBytesMax = 10 * 1024 * 1024;
/** Kinesis forgets an iterator after five minutes: one that was kept longer isn't used. */
const iteratorAgeMsMax = 4 * 60 * 1000;
/** So often in a row an iterator that was just made may be refused. */
const refusalsMax = 3;

/**
 * Reads a shard page by page. Between two reads lies what all readers of the shard may share; an
 * iterator that is too old, or refused, is made anew after the last record that was received.
 */
export class ShardPoll implements Feed {
  readonly #context: FeedContext;
  readonly #budget: ReadBudget;
  readonly #limits: PollLimits;
  #iterator: { readonly text: string; readonly madeAtMs: number } | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #isBehind = true;
  #refusals = 0;

  constructor(context: FeedContext, budget: ReadBudget, limits: PollLimits) {
    this.#context = context;
    this.#budget = budget;
    this.#limits = limits;
  }

  async next(signal: AbortSignal): Promise<readonly ListedShard[] | undefined> {
    await this.#pause(signal);
    const { memory } = this.#context;
    await memory.reserve(pageBytesMax, signal);
    try {
      return await this.#read(signal);
    } finally {
      memory.release(pageBytesMax);
    }
  }

  async #read(signal: AbortSignal): Promise<readonly ListedShard[] | undefined> {
    const { shard, stream, clock, receive } = this.#context;
    const iterator = await this.#currentIterator(signal);
    if (iterator === undefined) return undefined;
    const shardName = `${stream.id} ${shard.id}`;
    await this.#budget.turn(shardName, signal);
    this.#readAtMs = clock.monotonicMs();
    const askedAtMs = clock.nowMs();
    try {
      const answer = await stream.records(iterator, this.#limits.recordsMax, signal);
      const { behindMs } = answer;
      const isLast = answer.nextIterator === undefined;
      const byteCount = receive(answer.records, { behindMs, askedAtMs, isLast });
      this.#budget.spend(shardName, byteCount);
      this.#refusals = 0;
      this.#isBehind = behindMs > 0 || answer.records.length >= this.#limits.recordsMax;
      this.#keep(answer.nextIterator, this.#readAtMs);
      return answer.nextIterator === undefined ? answer.children : undefined;
    } catch (thrown) {
      this.#afterFailure(thrown);
      return undefined;
    }
  }

  /** An iterator that is of no use is made anew; everything else is the reader's to judge. */
  #afterFailure(thrown: unknown): void {
    const isRestart = thrown instanceof RestartReading;
    if (!isRestart && !isExpired(thrown) && !isRefusal(thrown)) throw thrown;
    this.#iterator = undefined;
    this.#isBehind = true;
    if (!isRestart && ++this.#refusals > refusalsMax) throw thrown;
  }

  /** Undefined where the place to begin was refused and another has to be tried. */
  async #currentIterator(signal: AbortSignal): Promise<string | undefined> {
    const { shard, stream, cursor, clock, verify } = this.#context;
    const ageMs = clock.monotonicMs() - (this.#iterator?.madeAtMs ?? 0);
    if (this.#iterator !== undefined && ageMs < iteratorAgeMsMax) return this.#iterator.text;
    await verify(signal);
    const start = cursor.startingPoint();
    await this.#budget.turn(`${stream.id} ${shard.id} iterator`, signal);
    const madeAtMs = clock.monotonicMs();
    try {
      this.#keep(await stream.iterator(shard.id, start, signal), madeAtMs);
    } catch (thrown) {
      await cursor.afterRefusal(thrown, signal);
    }
    return this.#iterator?.text;
  }

  #keep(text: string | undefined, madeAtMs: number): void {
    this.#iterator = text === undefined ? undefined : { text, madeAtMs };
  }

  /**
   * Only the budget spaces the reads of a shard that has more. Shards without more are read at the
   * same moments, so that what they give can be taken on together.
   */
  async #pause(signal: AbortSignal): Promise<void> {
    if (this.#isBehind) return;
    const { clock } = this.#context;
    const { idleIntervalMs } = this.#limits;
    const nextMs = (Math.floor(this.#readAtMs / idleIntervalMs) + 1) * idleIntervalMs;
    const leftMs = nextMs - clock.monotonicMs();
    if (leftMs > 0) await clock.sleep(leftMs, signal);
  }
}

function isExpired(thrown: unknown): boolean {
  return errorName(thrown) === 'ExpiredIteratorException';
}
