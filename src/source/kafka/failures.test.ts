import { expect, test } from 'vitest';
import { isWithin, outOfRange } from './failures.ts';

test.each([
  [5, { start: 6, end: 9 }, 'the record up to there was deleted before it was read.'],
  [5, { start: 8, end: 9 }, 'the 3 records up to there were deleted before they were read.'],
  [5, { start: 0, end: 4 }, 'the record up to the position is gone.'],
  [5, { start: 0, end: 0 }, 'the 5 records up to the position are gone.'],
])('a position at %i of %j is lost', (offset, log, expected) => {
  const at = { offset, leaderEpoch: undefined, topicId: undefined };
  const error = outOfRange({ topic: 't', partition: 0, at }, log);
  expect(error).toMatchObject({ code: 'position_lost' });
  expect(error.message.endsWith(expected)).toBe(true);
  expect(isWithin(offset, log)).toBe(false);
});

test.each([5, 7, 9])('a position at %i of 5 to 9 is not', (offset) => {
  expect(isWithin(offset, { start: 5, end: 9 })).toBe(true);
});
