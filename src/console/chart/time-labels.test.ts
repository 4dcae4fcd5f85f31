import { describe, expect, test } from 'vitest';
import { axisClock, axisSeconds, axisTime, timeLabels } from './time-labels.ts';
import { markStep, markSteps, timeMarks } from './time-marks.ts';

const seconds = (iso: string): number => Date.parse(iso) / 1000;
const midnight = seconds('2026-11-24T00:00:00Z');
const utc = { zone: 'UTC', isPlain: false };
const berlin = { zone: 'Europe/Berlin', isPlain: false };

test.each([
  [
    [midnight - 60, midnight, midnight + 60],
    60,
    ['23:59\n2026-11-23\nUTC', '00:00\n2026-11-24', '00:01'],
  ],
  [[midnight, midnight + 1], 1, ['00:00:00\n2026-11-24\nUTC', '00:00:01']],
  [[midnight + 0.5, midnight + 1], 0.5, ['00:00:00.500\n2026-11-24\nUTC', '00:00:01.000']],
  [[midnight, midnight + 86_400], 86_400, ['2026-11-24', '2026-11-25']],
  [[seconds('2026-11-01T00:00:00Z')], markStep.month, ['2026-11']],
  [[seconds('2026-01-01T00:00:00Z')], markStep.year, ['2026']],
])('%j each %d s', (marks, stepSeconds, expected) => {
  expect(timeLabels(marks, stepSeconds, utc)).toEqual(expected);
});

test('times that say no zone are on no clock but their own', () => {
  const clock = axisClock(['2026-11-23T23:59:00'], 'Europe/Berlin');
  const at = axisSeconds('2026-11-23T23:59:00') ?? 0;
  expect(timeLabels([at], 60, clock)).toEqual(['23:59\n2026-11-23']);
  expect(axisTime(at, clock)).toBe('2026-11-23 23:59:00');
  expect(axisTime(at, axisClock(['2026-11-23T23:59:00Z'], 'Europe/Berlin'))).toBe(
    '2026-11-24 00:59:00+01:00',
  );
});

describe('a day when clocks change', () => {
  const marksOf = (from: string, to: string, step: number): string[] => {
    const marks = timeMarks({ from: seconds(from), to: seconds(to), step }, 'Europe/Berlin');
    return timeLabels(marks, step, berlin).map((label) => label.replaceAll('\n', ' '));
  };

  test('hours that come twice say which they are', () => {
    expect(marksOf('2026-10-24T23:10:00Z', '2026-10-25T02:10:00Z', 3600)).toEqual([
      '02:00 2026-10-25 +02:00',
      '02:00 +01:00',
      '03:00',
    ]);
  });

  test('an hour that is not there has no mark', () => {
    expect(marksOf('2026-03-28T23:10:00Z', '2026-03-29T02:10:00Z', 3600)).toEqual([
      '01:00 2026-03-29 +01:00',
      '03:00 +02:00',
      '04:00',
    ]);
  });

  test('marks further apart stay at round hours, and days at midnight', () => {
    expect(marksOf('2026-03-28T22:00:00Z', '2026-03-29T22:30:00Z', 6 * 3600)).toEqual([
      '00:00 2026-03-29 +01:00',
      '06:00 +02:00',
      '12:00',
      '18:00',
      '00:00 2026-03-30',
    ]);
    const days = timeMarks(
      { from: seconds('2026-10-24T12:00:00Z'), to: seconds('2026-10-26T12:00:00Z'), step: 86_400 },
      'Europe/Berlin',
    );
    expect(days).toEqual([seconds('2026-10-24T22:00:00Z'), seconds('2026-10-25T23:00:00Z')]);
  });
});

test('weeks begin on Monday, months and years on their first day', () => {
  const range = { from: seconds('2025-12-20T00:00:00Z'), to: seconds('2026-02-02T00:00:00Z') };
  const daysOf = (step: number): string[] =>
    timeMarks({ ...range, step }, 'UTC').map((at) => axisTime(at, utc).slice(0, 10));
  expect(daysOf(7 * 86_400).slice(0, 2)).toEqual(['2025-12-22', '2025-12-29']);
  expect(daysOf(markStep.month)).toEqual(['2026-01-01', '2026-02-01']);
  expect(daysOf(markStep.year)).toEqual(['2026-01-01']);
});

test.each(markSteps)('marks each %d s go up, and are within', (step) => {
  const [from, to] = [midnight - step * 7.3, midnight + step * 7.3];
  const marks = timeMarks({ from, to, step }, 'America/St_Johns');
  expect(marks.length).toBeGreaterThan(11);
  expect(marks.length).toBeLessThan(17);
  expect(
    marks.every(
      (mark, index) => mark >= from && mark <= to && mark > (marks[index - 1] ?? from - 1),
    ),
  ).toBe(true);
});
