type Round = {
  /** Until the server's next tick. */
  readonly nextMs: number;
  readonly tickMs: number;
  readonly tookMs: number;
  /** In a row. */
  readonly failures: number;
};

const longestPauseMs = 30_000;

/**
 * How long until the next question: the server's next tick; as long again as the answer took, where
 * that is more than a tick; and longer with each failure.
 */
export function waitMs({ nextMs, tickMs, tookMs, failures }: Round): number {
  if (failures > 0) return Math.max(tickMs, Math.min(1000 * 2 ** failures, longestPauseMs));
  return tookMs > tickMs ? Math.max(nextMs, tookMs) : nextMs;
}
