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
