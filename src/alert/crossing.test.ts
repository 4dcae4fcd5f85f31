import { expect, test } from 'vitest';
import type { AlertRule, Crossing } from './alert.ts';
import { nextCrossing } from './crossing.ts';

const rule: AlertRule = {
  ...{ pipeline: 'p', sharePercent: 5, windowMinutes: 5, recordsMin: 10, url: 'env:HOOK' },
};
const above = { read: 100, rejected: 6 };
const below = { read: 100, rejected: 5 };
const over: Crossing = { kind: 'over', id: 'a', sinceMs: 1, counts: above, isTold: true };
const past: Crossing = {
  ...{ kind: 'past', id: 'a', sinceMs: 1, untilMs: 2, counts: below, isTold: false },
  isBeginningTold: true,
};
const fresh = { ...over, id: 'new', sinceMs: 500_000, isTold: false };

test.each<readonly [string, Crossing | undefined, object, object | undefined]>([
  ['nothing stays nothing below', undefined, { counts: below }, undefined],
  ['a share above begins', undefined, { counts: above }, fresh],
  ['it goes on above', over, { counts: above }, over],
  ['it goes on shortly below', over, { counts: below, quietSinceMs: 460_000 }, over],
  ['it goes on while not all is known', over, { counts: below, isComplete: false }, over],
  ['it is over', over, { counts: below }, { kind: 'past', id: 'a', isTold: false }],
  ['what was told is forgotten', { ...past, isTold: true }, { counts: below }, undefined],
  ['after that it begins anew', { ...past, isTold: true }, { counts: above }, fresh],
  ['an end that nobody knows of is none', past, { counts: above }, { ...over, id: 'a' }],
  [
    'nor is a beginning that nobody knows of told',
    { ...past, isBeginningTold: false },
    { counts: above },
    { kind: 'over', id: 'a', isTold: false },
  ],
])('%s', (_words, before, changes, after) => {
  const look = { rule, counts: below, isComplete: true, quietSinceMs: 1, nowMs: 500_000 };
  const next = nextCrossing(before, { ...look, newId: () => 'new', ...changes });
  if (after === undefined) expect(next).toBeUndefined();
  else expect(next).toMatchObject(after);
});
