import { expect, test } from 'vitest';
import { markText, marksOf, valueText } from './scale.ts';

const cases = [
  [
    [3, 97],
    [0, 50, 100],
  ],
  [[0.3], [0, 0.2, 0.4]],
  [
    [-5, 12],
    [-10, 0, 10, 20],
  ],
  [[], [0, 1]],
  [
    [0, 0],
    [0, 1],
  ],
] as const;

test.each(cases)('marks around %j are %j', (values, marks) => {
  expect(marksOf(values, 2)).toEqual(marks);
});

test('numbers are written short on an axis and whole where they are read', () => {
  expect([1204, 12_040, 1_250_000].map(markText)).toEqual(['1,204', '12K', '1.3M']);
  expect(valueText(1_250_000.5)).toBe('1,250,000.5');
});
