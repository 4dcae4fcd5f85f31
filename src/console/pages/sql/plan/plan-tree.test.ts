import { expect, test } from 'vitest';
import { planTree } from './plan-tree.ts';

const joined = `┌───────────────────────────┐
│         HASH_JOIN         │
│    ────────────────────   │
│      Join Type: INNER     │
│    Conditions: id = id    ├──────────────┐
│                           │              │
│          ~5 rows          │              │
└─────────────┬─────────────┘              │
┌─────────────┴─────────────┐┌─────────────┴─────────────┐
│         TABLE_SCAN        ││           FILTER          │
│    ────────────────────   ││    ────────────────────   │
│        Projections:       ││           (a > 1)         │
│             id            ││                           │
│                           ││                           │
│        ~1,000 rows        ││          ~2 rows          │
└───────────────────────────┘└─────────────┬─────────────┘
                             ┌─────────────┴─────────────┐
                             │         DUMMY_SCAN        │
                             └───────────────────────────┘
`;

test('boxes side by side are the children of the one above', () => {
  const plan = planTree(joined);
  expect(plan?.totalSeconds).toBeUndefined();
  expect(plan?.root).toMatchObject({
    name: 'HASH_JOIN',
    rows: '~5',
    details: ['Join Type: INNER Conditions: id = id'],
    children: [
      { name: 'TABLE_SCAN', rows: '~1,000', details: ['Projections: id'], children: [] },
      { name: 'FILTER', details: ['(a > 1)'], children: [{ name: 'DUMMY_SCAN' }] },
    ],
  });
});

const measured = `┌────────────────────────────────────────────────┐
│┌──────────────────────────────────────────────┐│
││              Total Time: 0.0045s             ││
│└──────────────────────────────────────────────┘│
└────────────────────────────────────────────────┘
┌───────────────────────────┐
│           QUERY           │
└─────────────┬─────────────┘
┌─────────────┴─────────────┐
│      EXPLAIN_ANALYZE      │
│    ────────────────────   │
│           0 rows          │
│           0.00s           │
└─────────────┬─────────────┘
┌─────────────┴─────────────┐
│         TABLE_SCAN        │
│    ────────────────────   │
│        Filename(s):       │
│   /tmp/x/queries/f0.parq  │
│                           │
│         1,799 rows        │
│           0.01s           │
└───────────────────────────┘`;

test('a measured plan has times, and begins below what measured it', () => {
  expect(planTree(measured)).toEqual({
    totalSeconds: 0.0045,
    root: { name: 'TABLE_SCAN', rows: '1,799', seconds: 0.01, details: [], children: [] },
  });
});

test('what is no plan has no tree', () => {
  expect(planTree('nothing')).toBeUndefined();
});
