import { expect, test } from 'vitest';
import { addedUp, rejectedText } from './rejected-text.ts';

function counts(read: number, rejected: number) {
  return { records_read: read, records_rejected: rejected };
}

test('a share is of the records that were read', () => {
  const recent = { last_5_minutes: counts(0, 0), last_hour: counts(12_000, 3) };
  expect(rejectedText(recent, 'last_5_minutes')).toEqual({
    short: '–',
    long: 'No record was read in the last 5 minutes',
    isBad: false,
  });
  expect(rejectedText(recent, 'last_hour')).toEqual({
    short: '0.03 %',
    long: '3 of 12,000 records read in the last hour',
    isBad: true,
  });
});

test('sources add up', () => {
  const one = { last_5_minutes: counts(1, 1), last_hour: counts(10, 2) };
  expect(addedUp([one, one])).toEqual({ last_5_minutes: counts(2, 2), last_hour: counts(20, 4) });
  expect(addedUp([]).last_hour).toEqual(counts(0, 0));
});
