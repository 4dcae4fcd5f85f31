import type { Clock } from '../../../base/clock.ts';

/** Kinesis allows five reads a second and shard, to all who read it together. */
const readIntervalMs = 200;
/** And this many bytes: a page of 10 MB uses up five seconds. */
const bytesPerMs = 2 * 1024 * 1024 * 0.001;

/**
 * Spaces the reads of shards out, so that Kinesis need not refuse them. All sources of a process
 * that share one budget share what a stream allows.
 */
export class ReadBudget {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** When the next read of a shard may begin. */
  readonly #nextMs = new Map<string, number>();

  constructor(clock: Clock, intervalMs: number = readIntervalMs) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Waits until it is this caller's turn. `shard` names one shard of all streams. */
  async turn(shard: string, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(nowMs, this.#nextMs.get(shard) ?? 0);
    this.#nextMs.set(shard, turnMs + this.#intervalMs);
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs, signal);
  }

  /** Counts what a read gave. */
  spend(shard: string, byteCount: number): void {
    const freeMs = this.#clock.monotonicMs() + byteCount / bytesPerMs;
    const nextMs = this.#nextMs.get(shard) ?? 0;
    this.#nextMs.set(shard, Math.max(nextMs, freeMs));
  }
}
