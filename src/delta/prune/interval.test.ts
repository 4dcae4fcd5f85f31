import { expect, test } from 'vitest';
import { intervalMs } from './interval.ts';

test.each([
  ['interval 30 days', 30 * 86_400_000],
  ['INTERVAL 1 week', 7 * 86_400_000],
  ['2 hours 30 minutes', 9_000_000],
  ['interval 1 second 500 milliseconds', 1500],
  ['interval 0 days', 0],
])('%j is %d ms', (text, ms) => {
  expect(intervalMs(text)).toBe(ms);
});

test.each(['', 'interval', '30', 'interval 1 month', 'interval -1 days', '1.5 days', 'days 3'])(
  '%j is refused',
  (text) => {
    expect(() => intervalMs(text)).toThrow(/which is not one/);
  },
);
