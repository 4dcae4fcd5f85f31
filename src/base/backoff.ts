import type { Clock } from './clock.ts';

/** Bounded exponential backoff with full jitter. All durations are milliseconds. */
export type BackoffPolicy = {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Attempts in all, the first included. */
  readonly attemptsMax: number;
};

/**
 * The wait before attempt `attempt` (1 is the first retry): random in [half, whole] of the doubled
 * step.
 */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: () => number): number {
  const step = Math.min(policy.maxMs, policy.firstMs * 2 ** (attempt - 1));
  return step / 2 + (step / 2) * random();
}

type RetryOptions = {
  readonly policy: BackoffPolicy;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether this failure may be tried again. */
  readonly isRetryable: (thrown: unknown) => boolean;
  readonly signal?: AbortSignal | undefined;
};

/** Runs `action` until it succeeds, fails for good, or the policy's attempts are used up. */
export async function retry<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (thrown) {
      if (attempt >= options.policy.attemptsMax || !options.isRetryable(thrown)) throw thrown;
      await options.clock.sleep(backoffMs(options.policy, attempt, options.random), options.signal);
    }
  }
}
