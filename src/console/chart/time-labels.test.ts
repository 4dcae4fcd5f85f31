import { expect, test } from 'vitest';
import { timeLabels } from './time-labels.ts';

const midnight = Date.parse('2026-11-24T00:00:00Z') / 1000;

test.each([
  [
    [midnight - 60, midnight, midnight + 60],
    60,
    ['23:59\n2026-11-23', '00:00\n2026-11-24', '00:01'],
  ],
  [[midnight, midnight + 1], 1, ['00:00:00\n2026-11-24', '00:00:01']],
  [[midnight + 0.5], 0.5, ['00:00:00.500\n2026-11-24']],
  [[midnight, midnight + 86_400], 86_400, ['2026-11-24', '2026-11-25']],
])('%j each %d s', (marks, stepSeconds, expected) => {
  expect(timeLabels(marks, stepSeconds)).toEqual(expected);
});
