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
    const options = { burst: failuresAtOnce, perSecond: failuresPerSecond };
    const limit = this.#byAddress.get(address) ?? new RateLimit(options, this.#clock);
    // Whoever tried last is last: the first has waited longest. Looking at them all would let
    // strangers with many addresses take the machine's time.
    this.#byAddress.delete(address);
    this.#byAddress.set(address, limit);
    const oldest = this.#byAddress.keys().next().value;
    if (this.#byAddress.size > addressesMax && oldest !== undefined) {
      this.#byAddress.delete(oldest);
    }
    return limit;
  }
}
