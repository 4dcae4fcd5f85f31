import { expect, test } from 'vitest';
import { disorder, disorderByPlace, type Found } from './verdicts.ts';

test.each([
  [
    'one key after the other',
    [
      [1, 'a'],
      [3, 'a'],
      [2, 'b'],
    ],
    0,
  ],
  [
    'keys between each other',
    [
      [1, 'a'],
      [5, 'b'],
      [2, 'a'],
    ],
    0,
  ],
  [
    'a later event first',
    [
      [2, 'a'],
      [1, 'a'],
    ],
    1,
  ],
] as const)('order of keys: %s', (_name, rows, faults) => {
  expect(
    disorder(
      'rows',
      rows.map(([id, key]) => ({ id, key })),
    ),
  ).toHaveLength(faults);
});

test('rows are in the order of their places, each partition for itself', () => {
  const row = (id: number, part: string, place: bigint): Found => ({ id, key: 'k', part, place });
  expect(disorderByPlace([row(2, '0', 10n), row(1, '0', 9n)])).toEqual([]);
  expect(disorderByPlace([row(2, '0', 10n), row(1, '1', 11n)])).toEqual([]);
  expect(disorderByPlace([row(2, '0', 9n), row(1, '0', 10n)])).toHaveLength(1);
});
