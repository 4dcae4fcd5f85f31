import { expect, test } from 'vitest';
import { hashKeyMax, holesIn, ShardMap, type ListedShard } from './shard-map.ts';

function shard(id: string, ...parents: string[]): ListedShard {
  return { id, parents, hashKeyStart: 0n, hashKeyEnd: hashKeyMax, isClosed: false };
}

test('a shard may be read when all its parents were', () => {
  const map = new ShardMap([shard('a'), shard('b'), shard('c', 'a'), shard('d', 'c', 'b')]);
  const readable = (): string =>
    map
      .unfinished()
      .filter((id) => map.isReadable(id))
      .join('');
  expect(readable()).toBe('ab');
  map.markEnded('a');
  expect(readable()).toBe('bc');
  map.markEnded('c');
  expect(readable()).toBe('b');
  map.markEnded('b');
  expect(readable()).toBe('d');
  expect(map.isReadable('e')).toBe(false);
});

test('a shard is succeeded once all its children may be read, or were', () => {
  const map = new ShardMap([shard('a'), shard('b')]);
  const succeeded = (): string => map.succeeded((id) => map.isReadable(id)).join('');
  map.markEnded('a');
  expect(succeeded()).toBe('');
  map.announce([shard('c', 'a'), shard('d', 'a', 'b')]);
  expect(succeeded()).toBe('');
  map.markEnded('b');
  expect(succeeded()).toBe('ab');
  map.markEnded('c');
  map.markEnded('d');
  expect(succeeded()).toBe('ab');
  map.replace([shard('c', 'a'), shard('d', 'a', 'b')]);
  map.replace([]);
  expect(succeeded()).toBe('abcd');
});

test('a parent that has expired counts as read, unless it was being read', () => {
  const map = new ShardMap([shard('c', 'a'), shard('d', 'b')]);
  map.markBegun('b');
  expect(map.isReadable('c')).toBe(true);
  expect(map.isReadable('d')).toBe(false);
  expect(map.vanished()).toEqual(['b']);
  expect([map.continues('c'), map.continues('d')]).toEqual([false, true]);
  map.markEnded('b');
  expect(map.isReadable('d')).toBe(true);
  expect(map.vanished()).toEqual([]);
});

test('children that were announced outlive a listing that is older than they are', () => {
  const map = new ShardMap([shard('a')]);
  map.announce([shard('b', 'a')]);
  map.replace([shard('a')]);
  expect(map.unfinished()).toEqual(['a', 'b']);
  map.replace([shard('a'), shard('b', 'a')]);
  map.replace([shard('b', 'a')]);
  expect(map.unfinished()).toEqual(['b']);
  map.replace([shard('c', 'b')]);
  expect(map.unfinished()).toEqual(['c']);
});

test.each<[string, readonly [bigint, bigint, boolean?][], readonly string[]]>([
  ['all of it', [[0n, hashKeyMax]], []],
  [
    'two halves',
    [
      [2n ** 127n, hashKeyMax],
      [0n, 2n ** 127n - 1n],
    ],
    [],
  ],
  [
    'an overlap',
    [
      [0n, 50n],
      [40n, hashKeyMax],
    ],
    [],
  ],
  [
    'a gap',
    [
      [0n, 9n],
      [12n, hashKeyMax],
    ],
    ['10–11'],
  ],
  ['only what is closed', [[0n, hashKeyMax, true]], [`0–${hashKeyMax}`]],
  ['no end', [[1n, 9n]], ['0–0', `10–${hashKeyMax}`]],
])('holes where shards take %s', (_, ranges, holes) => {
  const shards = ranges.map(([hashKeyStart, hashKeyEnd, isClosed = false], index) => {
    return { id: String(index), parents: [], hashKeyStart, hashKeyEnd, isClosed };
  });
  expect(holesIn(shards)).toEqual(holes);
});
