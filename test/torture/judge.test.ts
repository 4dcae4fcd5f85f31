import { expect, test } from 'vitest';
import { countIds, isGood, judgeCounts } from './judge.ts';
import type { Entry } from './ledger.ts';

const entries: readonly Entry[] = [
  { request: { number: 0, key: 'a', goodIds: [1, 2], badIds: [] }, isAcknowledged: true },
  { request: { number: 1, key: undefined, goodIds: [3, 4], badIds: [] }, isAcknowledged: false },
];

test.each([
  ['all that was acknowledged is good', [1, 2], {}],
  ['what was not acknowledged may be there', [1, 2, 3, 4], {}],
  ['a missing event is lost', [1], { lost: 1 }],
  ['an event twice is doubled', [1, 1, 2], { doubled: 1 }],
  ['one that is doubled though not acknowledged counts', [1, 2, 3, 3, 4], { doubled: 1 }],
  ['what was never sent is a phantom', [1, 2, 5], { phantom: 1 }],
  ['a part of a request is torn', [1, 2, 3], { torn: 1 }],
])('%s', (_name, ids, wrong) => {
  const verdict = judgeCounts('events', entries, ({ goodIds }) => goodIds, countIds(ids));
  expect(verdict).toMatchObject({
    expected: 2,
    lost: 0,
    doubled: 0,
    phantom: 0,
    torn: 0,
    ...wrong,
  });
  expect(isGood(verdict)).toBe(Object.keys(wrong).length === 0);
});
