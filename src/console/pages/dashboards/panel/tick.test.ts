import { expect, test } from 'vitest';
import { newestAgeMs, waitMs } from './tick.ts';

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

test('the newest event of all tables counts, and none is younger than now', () => {
  const at = (second: number): object => ({
    newest_event: `1970-01-01T00:00:0${second}.500000Z`,
  });
  expect(newestAgeMs([at(1), {}, at(3)], 5000)).toBe(1500);
  expect(newestAgeMs([at(9)], 5000)).toBe(0);
  expect(newestAgeMs([{}], 5000)).toBeUndefined();
});
