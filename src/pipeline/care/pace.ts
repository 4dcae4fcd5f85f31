import type { Clock } from '../../base/clock.ts';

export type PaceOptions = {
  readonly clock: Clock;
  /** Requests to a store in a second at most. */
  readonly requestsPerSecond: number;
  /** Pipelines that are busy now. */
  readonly busyCount: () => number;
  /** The longest wait after a piece of work. */
  readonly restMsMax: number;
};

/** Keeps what nobody waits for out of the way of what somebody does. */
export class Pace {
  readonly #options: PaceOptions;
  #nextRequestMs = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Waits for its turn to ask a store for something. */
  async request(signal: AbortSignal): Promise<void> {
    const { clock, requestsPerSecond } = this.#options;
    const nowMs = clock.monotonicMs();
    const atMs = Math.max(nowMs, this.#nextRequestMs);
    this.#nextRequestMs = atMs + 1000 / requestsPerSecond;
    if (atMs > nowMs) await clock.sleep(atMs - nowMs, signal);
  }

  /**
   * Rests as long as the work took while pipelines are busy: half a thread is the most that they
   * lose.
   */
  async rest(workedMs: number, signal: AbortSignal): Promise<void> {
    const { clock, busyCount, restMsMax } = this.#options;
    if (busyCount() === 0 || signal.aborted) return;
    await clock.sleep(Math.min(workedMs, restMsMax), signal);
  }
}
