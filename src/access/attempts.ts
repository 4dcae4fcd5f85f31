import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { RateLimit } from './rate-limit.ts';

const failuresAtOnce = 10;
const failuresPerSecond = 10 / 60;
const addressesMax = 10_000;

/**
 * Who comes with a wrong credential again and again is told to wait. A right one always passes:
 * tokens have 256 random bits, so what this saves is work and the log, and nobody can lock out
 * those who share an address.
 */
export class FailedAttempts {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, RateLimit>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one; `too_busy` where there were too many. */
  count(address: string): void {
    const waitMs = this.#limitOf(address).take();
    if (waitMs === undefined) return;
    throw new HeliosError('too_busy', 'There were too many attempts with wrong credentials.', {
      hint: 'Wait until Retry-After has passed; a right credential is taken at any time.',
      details: { retryAfterMs: waitMs },
    });
  }

  #limitOf(address: string): RateLimit {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    this.#makeRoom();
    const limit = new RateLimit(
      { burst: failuresAtOnce, perSecond: failuresPerSecond },
      this.#clock,
    );
    this.#byAddress.set(address, limit);
    return limit;
  }

  /** Those that are as new first; the oldest where there is none. */
  #makeRoom(): void {
    if (this.#byAddress.size < addressesMax) return;
    for (const [address, limit] of this.#byAddress) {
      if (limit.isFull()) this.#byAddress.delete(address);
    }
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size >= addressesMax && oldest !== undefined) {
      this.#byAddress.delete(oldest);
    }
  }
}
