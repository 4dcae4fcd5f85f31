import { expect, test } from 'vitest';
import { ServerClock } from './clock.ts';

const askedMs = Date.parse('2026-01-31T08:00:00.200Z');
const answeredMs = askedMs + 100;

const cases: readonly (readonly [string, string | null, number])[] = [
  ['the same', 'Sat, 31 Jan 2026 08:00:00 GMT', 0],
  ['a second early', 'Sat, 31 Jan 2026 07:59:59 GMT', 0],
  ['an hour ahead', 'Sat, 31 Jan 2026 09:00:00 GMT', 3_600_250],
  ['an hour behind', 'Sat, 31 Jan 2026 07:00:00 GMT', -3_599_750],
  ['not told', null, 0],
  ['nonsense', 'tomorrow', 0],
];

test.each(cases)('a server whose date is %s', (_what, date, expected) => {
  const clock = new ServerClock();
  clock.note(date, askedMs, answeredMs);
  expect(clock.aheadMs).toBe(expected);
});

test('what was told last counts', () => {
  const clock = new ServerClock();
  clock.note('Sat, 31 Jan 2026 09:00:00 GMT', askedMs, answeredMs);
  clock.note(null, askedMs, answeredMs);
  expect(clock.aheadMs).not.toBe(0);
  clock.note('Sat, 31 Jan 2026 08:00:00 GMT', askedMs, answeredMs);
  expect(clock.aheadMs).toBe(0);
});
