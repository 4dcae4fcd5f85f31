import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { tooBusy } from '../commit-queue.ts';
import type { LogLimits } from '../log.ts';
import { NotYetStored } from '../not-yet-stored.ts';
import type { Lines } from '../partition/group.ts';
import type { Partition, Written } from '../partition/partition.ts';
import { decodeEntries } from './log-object.ts';
import type { PartitionObjects } from './partition-objects.ts';

/** Bytes that wait in all queues together. */
export type PendingBytes = { count: number };

export type MirroredQueueOptions = {
  readonly partition: Partition;
  readonly objects: PartitionObjects;
  readonly limits: LogLimits;
  readonly pending: PendingBytes;
  readonly clock: Clock;
  /** Requests gather so long after the put before them began. */
  readonly intervalMs: number;
  /** Aborts when the log closes. */
  readonly signal: AbortSignal;
  /** Told when the store goes away. */
  readonly onProblem: (problem: HeliosError) => void;
  /** Told when another machine has taken over. */
  readonly onFenced: (fenced: HeliosError) => void;
};

/** A request waits so long for the store: clients wait no longer for an answer, as a rule. */
const waitMsMax = 10_000;

/**
 * Group commit of one partition whose groups are acknowledged once an object store has them. One
 * group is under way at a time, so that nothing is acknowledged before all that precedes it.
 *
 *     requests   a   b c d          e f
 *     disk       [a-]       [bcd-]        [ef-]
 *     put           [a-----]      [bcd----]    [ef---…
 *
 * While the store is away the one group that is written waits for it, its requests are told that it
 * is not known whether they are stored, and other requests are refused.
 */
export class MirroredQueue {
  readonly #options: MirroredQueueOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #putBeganAtMs = -Infinity;
  /** Why nothing is taken in now. */
  #away: HeliosError | undefined;
  #turnedAway = Promise.withResolvers<void>();

  constructor(options: MirroredQueueOptions) {
    this.#options = options;
  }

  /**
   * Resolves to the request's offset once it is in the store. `too_busy`; `unavailable` where
   * nothing of it is stored; `NotYetStored` where that can't be said.
   */
  async commit(lines: Lines): Promise<number> {
    if (this.#away !== undefined) throw this.#away;
    const { limits, pending } = this.#options;
    const { byteLength } = lines;
    if (pending.count > 0 && pending.count + byteLength > limits.pendingBytesMax) {
      throw tooBusy(pending.count);
    }
    pending.count += byteLength;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.push({ lines, resolve, reject });
        this.#running ??= this.#run();
      });
    } finally {
      pending.count -= byteLength;
    }
  }

  /** Resolves when everything that waits now is answered. */
  async drain(): Promise<void> {
    while (this.#running !== undefined && this.#away === undefined) {
      await Promise.race([this.#running, this.#turnedAway.promise]);
    }
  }

  /** Resolves when nothing is under way; what the signal does not end is waited for. */
  async whenIdle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // Requests of the same turn of the event loop make one group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#gather();
      await this.#commitGroup(this.#takeGroup());
    }
    this.#running = undefined;
  }

  async #gather(): Promise<void> {
    const { clock, intervalMs, signal } = this.#options;
    const restMs = this.#putBeganAtMs + intervalMs - clock.monotonicMs();
    if (restMs > 0) await clock.sleep(restMs, signal).catch(() => undefined);
    this.#putBeganAtMs = clock.monotonicMs();
  }

  #takeGroup(): readonly Waiting[] {
    let byteLength = 0;
    let count = 0;
    for (const { lines } of this.#waiting) {
      byteLength += lines.byteLength;
      if (count > 0 && byteLength > this.#options.limits.groupBytesMax) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    let written: Written;
    try {
      written = await this.#options.partition.write(group.map(({ lines }) => lines));
    } catch (thrown) {
      for (const { reject } of group) reject(thrown);
      return;
    }
    const failed = Promise.withResolvers<string>();
    const landing = this.#land(written, (failure) => failed.resolve(failure.message));
    const late = await this.#lateness(landing, failed.promise);
    if (late !== undefined) this.#turnAway(group, landing, late);
    try {
      let offset = await landing;
      for (const { lines, resolve } of group) {
        resolve(offset);
        offset += lines.byteLength;
      }
      if (late !== undefined) this.#turnBack();
    } catch (thrown) {
      this.#end(group, asHeliosError(thrown));
    }
  }

  async #land(written: Written, onFailure: (failure: HeliosError) => void): Promise<number> {
    const { objects, partition } = this.#options;
    const { group } = written;
    const entries = decodeEntries(group.index);
    await objects.put({ entries, chunks: group.blocks }, onFailure);
    partition.accept(written);
    return written.from;
  }

  /** Why the answers can't wait for the put; undefined once it has ended. */
  async #lateness(landing: Promise<number>, failed: Promise<string>): Promise<string | undefined> {
    const ended = new AbortController();
    const ending = landing.then(
      () => undefined,
      () => undefined,
    );
    const timeUp = this.#options.clock.sleep(waitMsMax, ended.signal).then(
      () => `the object store has not answered for ${waitMsMax / 1000} s.`,
      () => undefined,
    );
    try {
      return await Promise.race([ending, failed, timeUp]);
    } finally {
      ended.abort();
    }
  }

  /** Answers all that wait, while the group goes on waiting for the store. */
  #turnAway(group: readonly Waiting[], landing: Promise<number>, reason: string): void {
    const refusal = storeAway(reason);
    this.#options.onProblem(refusal);
    this.#refuse(refusal);
    let length = 0;
    for (const { lines, reject } of group) {
      const before = length;
      length += lines.byteLength;
      const stored = landing.then((from) => from + before);
      reject(new NotYetStored(reason, stored));
    }
  }

  #turnBack(): void {
    this.#away = undefined;
    this.#turnedAway = Promise.withResolvers();
  }

  /** For good: the log closes, or another machine has taken over. */
  #end(group: readonly Waiting[], failure: HeliosError): void {
    const isFenced = failure.code === 'fenced';
    if (isFenced) this.#options.onFenced(failure);
    const refusal = isFenced ? takenOver(failure) : failure;
    for (const { reject } of group) reject(refusal);
    this.#refuse(refusal);
  }

  #refuse(refusal: HeliosError): void {
    this.#away = refusal;
    this.#turnedAway.resolve();
    for (const { reject } of this.#waiting.splice(0)) reject(refusal);
  }
}

type Waiting = {
  readonly lines: Lines;
  readonly resolve: (from: number) => void;
  readonly reject: (thrown: unknown) => void;
};

function storeAway(reason: string): HeliosError {
  return new HeliosError('unavailable', `The object store takes no events now: ${reason}`, {
    hint: 'Send again after a moment. Nothing of this request was stored.',
    details: { may_be_stored: false },
  });
}

function takenOver(fenced: HeliosError): HeliosError {
  return new HeliosError('unavailable', fenced.message, {
    hint: 'Send to the other machine. Nothing of this request was stored here.',
    details: { may_be_stored: false, is_fenced: true },
    cause: fenced,
  });
}
