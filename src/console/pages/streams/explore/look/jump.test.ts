import { expect, test } from 'vitest';
import { jumpTarget } from './jump.ts';

const nowMs = Date.parse('2026-01-31T08:00:00.000Z');

const cases: readonly (readonly [string, string, string])[] = [
  ['10m', 'UTC', '2026-01-31T07:50:00.000Z'],
  ['2 h ago', 'UTC', '2026-01-31T06:00:00.000Z'],
  ['1d', 'UTC', '2026-01-30T08:00:00.000Z'],
  [' 07:30 ', 'UTC', '2026-01-31T07:30:00.000Z'],
  [' 07:30 ', 'Europe/Berlin', '2026-01-31T06:30:00.000Z'],
  // There it is the evening of the day before.
  ['07:30', 'America/Los_Angeles', '2026-01-31T15:30:00.000Z'],
  ['07:30', 'Pacific/Auckland', '2026-01-30T18:30:00.000Z'],
  ['07:30:01.5', 'UTC', '2026-01-31T07:30:01.500Z'],
  ['2026-01-30 07:30', 'UTC', '2026-01-30T07:30:00.000Z'],
  ['2026-07-30 07:30', 'Europe/Berlin', '2026-07-30T05:30:00.000Z'],
  ['2026-01-30T07:30:00+02:00', 'Asia/Tokyo', '2026-01-30T05:30:00.000Z'],
  ['0:123', 'UTC', '0:123'],
  ['1:2', 'UTC', '1:2'],
  ['oldest', 'UTC', 'oldest'],
  ['nonsense', 'UTC', 'nonsense'],
];

test.each(cases)('%s typed in %s is %s', (typed, zone, expected) => {
  expect(jumpTarget(typed, { nowMs, zone })).toBe(expected);
});
