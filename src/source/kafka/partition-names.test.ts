import { expect, test } from 'vitest';
import { comparePartitionNames, numbersByTopic } from './partition-names.ts';

test('partitions are in the order of their topics and numbers', () => {
  const names = ['b/0', 'a/10', 'a/2', 'a.b/1'];
  expect(names.toSorted(comparePartitionNames)).toEqual(['a/2', 'a/10', 'a.b/1', 'b/0']);
});

test('numbers are known by topic', () => {
  expect(numbersByTopic(['a/1', 'b/0', 'a/0'])).toEqual(
    new Map([
      ['a', [1, 0]],
      ['b', [0]],
    ]),
  );
});
