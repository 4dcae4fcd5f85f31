import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/base/clock.ts';

/** Time passes only while somebody sleeps, and then at once. */
export class FakeClock implements Clock {
  #passedMs = 0;
  readonly #startMs = Date.now();

  nowMs(): number {
    return this.#startMs + this.#passedMs;
  }

  monotonicMs(): number {
    return this.#passedMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#passedMs += durationMs;
    // Others get their turn, as they would while one really sleeps.
    await setImmediate();
    signal?.throwIfAborted();
  }
}
