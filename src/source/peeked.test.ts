import { describe, expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import type { PeekedRecord } from './look.ts';
import { chosenPartitions, keptRecords, mergeByTime, peekAnswer, peekEach } from './peeked.ts';

const newest = { kind: 'newest' } as const;
const oldest = { kind: 'oldest' } as const;

/** `a1@5`: position 1 of partition a, at the time 5. */
function records(text: string): PeekedRecord[] {
  return text.split(' ').flatMap((word) => {
    const [, partition = '', position = '', time] = /^([a-z])(\d+)(?:@(\d+))?$/.exec(word) ?? [];
    const timestampMs = time === undefined ? undefined : Number(time);
    const empty = { key: null, headers: {}, value: null, metadata: {} };
    return partition === '' ? [] : [{ partition, position, timestampMs, ...empty }];
  });
}

function places(found: readonly PeekedRecord[]): string {
  return found.map(({ partition, position }) => `${partition}${position}`).join(' ');
}

describe('records of several partitions', () => {
  const merges = [
    ['come by time', ['a1@1 a2@4', 'b1@2 b2@3'], 'a1 b1 b2 a2'],
    ['keep their order within one, whatever its times are', ['a1@5 a2@1', 'b1@3'], 'b1 a1 a2'],
    ['come by partition where times are the same', ['a1@1', 'b1@1'], 'a1 b1'],
    ['without a time come after the one before', ['a1@4 a2', 'b1@3 b2@5'], 'b1 a1 a2 b2'],
  ] as const;
  test.each(merges)('%s', (_, lists, expected) => {
    expect(places(mergeByTime(lists.map(records)))).toBe(expected);
  });

  const a = 'a1@1 a2@2 a3@3 a4@4';
  const choices = [
    ['time', newest, 3, 'a4 b1 b2'],
    ['time', oldest, 3, 'a1 a2 a3'],
    ['even', newest, 3, 'a3 a4 b2'],
    ['even', oldest, 4, 'a1 a2 b1 b2'],
    ['even', oldest, 5, 'a1 a2 a3 b1 b2'],
    ['even', newest, 100, 'a1 a2 a3 a4 b1 b2'],
  ] as const;
  test.each(choices)('spread by %s, %o, %d of them', (spread, from, count, expected) => {
    const peeks = [a, 'b1@5 b2@6', ''].map((text, index) => ({
      partition: 'abc'[index] ?? '',
      records: records(text),
      failure: undefined,
    }));
    const answer = peekAnswer(peeks, { spread, from, count });
    expect(places(answer.records)).toBe(expected);
    expect(answer.silent).toEqual(['c']);
  });
});

describe('a partition that fails', () => {
  const failure = new HeliosError('unreachable', 'nobody leads it');
  const failed = { partition: 'b', records: [], failure };
  const request = { spread: 'time', from: oldest, count: 9 } as const;

  test('is a problem, not silent, while others answer', () => {
    const good = { partition: 'a', records: [], failure: undefined };
    const answer = peekAnswer([failed, good], request);
    expect(answer).toMatchObject({
      silent: ['a'],
      problems: [{ partition: 'b', message: 'nobody leads it' }],
    });
  });

  test('is the failure of all where it is all there is', () => {
    expect(() => peekAnswer([failed], request)).toThrow(failure);
  });

  test('does not keep from the others, but the signal does', async () => {
    const controller = new AbortController();
    const partitions = Array.from({ length: 40 }, (_, number) => String(number));
    const look = async (partition: string) => {
      if (partition === '7') throw failure;
      return await Promise.resolve({ partition, records: [], failure: undefined });
    };
    const found = await peekEach(partitions, controller, look);
    expect(found.filter((one) => one.failure === failure)).toHaveLength(1);
    expect(found).toHaveLength(40);
    controller.abort(new HeliosError('cancelled', 'Enough.'));
    await expect(peekEach(partitions, controller, look)).rejects.toThrow('Enough.');
  });
});

describe('of records that are large', () => {
  const three = records('a1@1 a2@2 a3@3').map((record) => ({ ...record, value: Buffer.alloc(10) }));
  const cases = [
    ['first', 9, 25, 'a1 a2', true],
    ['last', 9, 25, 'a2 a3', true],
    ['last', 9, 1, 'a3', true],
    ['first', 2, 1000, 'a1 a2', false],
    ['last', 3, 30, 'a1 a2 a3', false],
  ] as const;
  test.each(cases)('the %s of %d are kept in %d bytes', (keep, countMax, bytesMax, left, isCut) => {
    const kept = keptRecords(three, { keep, countMax, bytesMax });
    expect([places(kept.records), kept.isCut]).toEqual([left, isCut]);
  });
});

test('partitions that are not there are refused', () => {
  const request = { stream: 's', partitions: ['1', '1', '0'], from: newest };
  expect(chosenPartitions(['0', '1'], request)).toEqual(['1', '0']);
  expect(() => chosenPartitions(['0'], request)).toThrow('s has no partition 1.');
  const from = { kind: 'position', partition: '3', position: '0' } as const;
  expect(chosenPartitions(['0', '3'], { stream: 's', from })).toEqual(['3']);
});
