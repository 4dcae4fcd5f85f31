import type { SawAnswer } from '../../../../server/api.ts';

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

/**
 * How old the newest event of all tables was; undefined where none says. Clocks that differ make
 * nothing younger than now.
 */
export function newestAgeMs(
  saw: readonly Pick<SawAnswer, 'newest_event'>[],
  nowMs: number,
): number | undefined {
  const times = saw
    .map(({ newest_event: newest }) => Date.parse(newest ?? ''))
    .filter((ms) => !Number.isNaN(ms));
  return times.length === 0 ? undefined : Math.max(0, nowMs - Math.max(...times));
}
