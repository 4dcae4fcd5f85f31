import { expect, test } from 'vitest';
import { type Position, position } from '../../event/record.ts';
import type { Source } from '../../source/source.ts';
import { retainedStarts } from './retained-starts.ts';

type Places = Readonly<Record<string, number | undefined>>;

/** Knows only where its partitions begin. */
function sourceFrom(oldest: Places | undefined): Source {
  const source: Pick<Source, 'compare' | 'positionsAt'> = {
    compare: (left, right) => Number(left ?? 0) - Number(right ?? 0),
    ...(oldest === undefined ? {} : { positionsAt: async () => await Promise.resolve(at(oldest)) }),
  };
  return source as Source;
}

function at(places: Places): ReadonlyMap<string, Position | undefined> {
  return new Map(
    Object.entries(places).map(([partition, place]) => [
      partition,
      place === undefined ? undefined : position(String(place)),
    ]),
  );
}

type Case = readonly [
  what: string,
  start: Readonly<Record<string, string | null>>,
  oldest: Places | undefined,
  retained: Readonly<Record<string, string | null>> | RegExp,
];

const cases: readonly Case[] = [
  ['all is there', { 0: '40', 1: '7' }, { 0: 40, 1: 0 }, { 0: '40', 1: '7' }],
  ['the beginning is wherever it is', { 0: null }, { 0: 40 }, { 0: null }],
  ['a partition that is gone is not judged', { 0: '5' }, {}, { 0: '5' }],
  ['a source that does not know is asked when it is read', { 0: '5' }, undefined, { 0: '5' }],
  ['one is past', { 0: '39', 1: '50' }, { 0: 40, 1: 0 }, /are gone from s 0 from 39 to 40\.$/],
  [
    'many are past',
    { 0: '1', 1: '2', 2: '3', 3: '4', 4: '5', 5: '6', 6: '7' },
    { 0: 9, 1: 9, 2: 9, 3: 9, 4: 9, 5: 9, 6: 9 },
    /s 4 from 5 to 9 and 2 more\.$/,
  ],
];

test.each(cases)('%s', async (_, start, oldest, retained) => {
  const sources = new Map([['s', sourceFrom(oldest)]]);
  const starts = [{ name: 's', identity: 'i', positions: start }];
  const request = { pipeline: 'p', sources };
  const strict = retainedStarts(starts, { ...request, isAllowingSkips: false });
  if (!(retained instanceof RegExp)) {
    expect(await strict).toEqual([{ name: 's', identity: 'i', positions: retained }]);
    return;
  }
  await expect(strict).rejects.toMatchObject({
    code: 'position_lost',
    message: expect.stringMatching(retained),
    details: { needs: ['allow_skipping'] },
  });
  const [allowed] = await retainedStarts(starts, { ...request, isAllowingSkips: true });
  for (const [partition, text] of Object.entries(allowed?.positions ?? {})) {
    expect(Number(text)).toBe(Math.max(Number(start[partition]), oldest?.[partition] ?? 0));
  }
});
