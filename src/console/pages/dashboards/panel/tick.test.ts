import { expect, test } from 'vitest';
import { waitMs } from './tick.ts';

const cases = [
  [{ nextMs: 300, tickMs: 1000, tookMs: 20, failures: 0 }, 300],
  [{ nextMs: 300, tickMs: 1000, tookMs: 2500, failures: 0 }, 2500],
  [{ nextMs: 4000, tickMs: 5000, tookMs: 900, failures: 0 }, 4000],
  [{ nextMs: 300, tickMs: 1000, tookMs: 20, failures: 1 }, 2000],
  [{ nextMs: 300, tickMs: 1000, tookMs: 20, failures: 50 }, 30_000],
  [{ nextMs: 300, tickMs: 60_000, tookMs: 20, failures: 1 }, 60_000],
] as const;

test.each(cases)('after %j it waits %i ms', (round, expected) => {
  expect(waitMs(round)).toBe(expected);
});
