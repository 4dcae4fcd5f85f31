import type { Clock } from '../base/clock.ts';

export type RateLimitOptions = {
  /** What may be taken at once. */
  readonly burst: number;
  readonly perSecond: number;
};

/** A token bucket (RFC 2697's, with one colour). */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #left: number;
  #atMs: number;

  constructor(options: RateLimitOptions, clock: Pick<Clock, 'monotonicMs'>) {
    this.#options = options;
    this.#clock = clock;
    this.#left = options.burst;
    this.#atMs = clock.monotonicMs();
  }

  /** Takes one where there is one; else how many milliseconds it takes until there is. */
  take(): number | undefined {
    this.#fill();
    if (this.#left >= 1) {
      this.#left -= 1;
      return undefined;
    }
    return Math.ceil(((1 - this.#left) / this.#options.perSecond) * 1000);
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    const { burst, perSecond } = this.#options;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) / 1000) * perSecond);
    this.#atMs = nowMs;
  }
}
