import { expect, test } from 'vitest';
import { jumpTarget } from './jump.ts';

const nowMs = Date.parse('2026-01-31T08:00:00.000Z');

const cases: readonly (readonly [string, string])[] = [
  ['10m', '2026-01-31T07:50:00.000Z'],
  ['2 h ago', '2026-01-31T06:00:00.000Z'],
  ['1d', '2026-01-30T08:00:00.000Z'],
  [' 07:30 ', '2026-01-31T07:30Z'],
  ['07:30:01.5', '2026-01-31T07:30:01.5Z'],
  ['2026-01-30 07:30', '2026-01-30T07:30Z'],
  ['2026-01-30T07:30:00+02:00', '2026-01-30T07:30:00+02:00'],
  ['0:123', '0:123'],
  ['1:2', '1:2'],
  ['oldest', 'oldest'],
  ['nonsense', 'nonsense'],
];

test.each(cases)('%s is %s', (typed, expected) => {
  expect(jumpTarget(typed, nowMs)).toBe(expected);
});
