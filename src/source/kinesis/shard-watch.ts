import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { Bell } from './shard/bell.ts';
import { holesIn, type ListedShard, type ShardMap } from './shard/shard-map.ts';
import type { StreamClient, StreamFacts } from './stream/stream-client.ts';
import { checkIdentity } from './stream/stream-identity.ts';

export type WatchContext = {
  readonly stream: StreamClient;
  readonly shards: ShardMap;
  readonly clock: Clock;
  /** Shards tell of their children; what nobody told of is found this often. */
  readonly listIntervalMs: number;
  readonly onProblem: (problem: HeliosError) => void;
  /** There may be other shards now, or the watch has failed. */
  readonly onChange: () => void;
};

/** While something is missing in the list it may just be young. */
const soonMs = 2000;
const soonMax = 10;
/** Shards that begin to be read together ask once which stream it is. */
const verifiedMs = 1000;

/**
 * Keeps a source's picture of its stream: which shards there are, how long records are kept, and
 * whether it is still the same stream.
 */
export class ShardWatch {
  readonly #context: WatchContext;
  readonly #stop = new AbortController();
  readonly #wish = new Bell();
  /** Shards that ended without a word of their children. */
  readonly #childless = new Set<string>();
  #facts: StreamFacts;
  #failure: HeliosError | undefined;
  #soonCount = 0;
  #verifiedAtMs: number;
  #verifying: Promise<void> | undefined;
  readonly #running: Promise<void>;

  constructor(context: WatchContext, facts: StreamFacts) {
    this.#context = context;
    this.#facts = facts;
    this.#verifiedAtMs = context.clock.monotonicMs();
    this.#running = this.#run();
  }

  get facts(): StreamFacts {
    return this.#facts;
  }

  /** The stream is not the one that was opened. */
  get failure(): HeliosError | undefined {
    return this.#failure;
  }

  /** A shard has ended; where it didn't tell of its children, they are looked for. */
  ended(shard: string, children: readonly ListedShard[]): void {
    this.#context.shards.announce(children);
    if (children.length > 0) return;
    this.#childless.add(shard);
    this.#soonCount = 0;
    this.#wish.ring();
  }

  /** `source_replaced` unless it still is the same stream, as of a moment ago. */
  async verify(): Promise<void> {
    if (this.#context.clock.monotonicMs() - this.#verifiedAtMs < verifiedMs) return;
    this.#verifying ??= this.#describe(this.#stop.signal).finally(() => {
      this.#verifying = undefined;
    });
    await this.#verifying;
  }

  /** Something has failed: what was verified a moment ago may no longer be so. */
  doubt(): void {
    this.#verifiedAtMs = Number.NEGATIVE_INFINITY;
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the source was closed'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (;;) {
        await this.#wait(signal);
        await this.#look(signal);
      }
    } catch (thrown) {
      if (!signal.aborted) this.#failure = asHeliosError(thrown);
      this.#context.onChange();
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { clock, listIntervalMs } = this.#context;
    const isSoon = this.#soonCount > 0 && this.#soonCount < soonMax;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const waits = [clock.sleep(isSoon ? soonMs : listIntervalMs, either), this.#wish.heard(either)];
    try {
      await Promise.race(waits);
    } finally {
      over.abort();
      await Promise.allSettled(waits);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { stream, shards, onProblem, onChange } = this.#context;
    try {
      await this.#describe(signal);
      const listed = await stream.listShards(signal);
      shards.replace(listed);
      this.#checkWhole(listed);
      onChange();
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = asHeliosError(thrown);
      if (failure.code === 'source_replaced' || failure.code === 'internal') throw failure;
      onProblem(failure);
      this.#soonCount = Math.min(this.#soonCount + 1, soonMax);
    }
  }

  async #describe(signal: AbortSignal): Promise<void> {
    const { stream, clock } = this.#context;
    const facts = await stream.describe(signal);
    checkIdentity(stream.name, this.#facts, facts);
    this.#facts = facts;
    this.#verifiedAtMs = clock.monotonicMs();
  }

  /** What is missing while a stream is being resharded comes soon; then it is a problem. */
  #checkWhole(listed: readonly ListedShard[]): void {
    for (const { parents } of listed) {
      for (const parent of parents) this.#childless.delete(parent);
    }
    const missing = [
      ...holesIn(listed).map((hole) => `no open shard takes the hash keys ${hole}`),
      ...[...this.#childless].map((shard) => `${shard} has ended and nothing follows it`),
    ];
    this.#soonCount = missing.length === 0 ? 0 : Math.min(this.#soonCount + 1, soonMax + 1);
    if (this.#soonCount !== soonMax) return;
    const { stream, onProblem } = this.#context;
    const message = `The shards of ${stream.name} are not whole: ${missing.join('; ')}.`;
    onProblem(
      new HeliosError('unavailable', message, {
        hint: 'Look at the stream with aws kinesis list-shards. It is looked at again.',
      }),
    );
  }
}
