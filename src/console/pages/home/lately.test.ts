import { expect, test } from 'vitest';
import { latelyOf, together } from './lately.ts';

const answer = [
  { pipeline: 'a', seconds: '120', steps_ago: '0', rows: '5' },
  { pipeline: 'a', seconds: '120', steps_ago: '59', rows: '7' },
  { pipeline: 'a', seconds: '120', steps_ago: '60', rows: '2' },
  { pipeline: 'b', seconds: '120', steps_ago: '-1', rows: '3' },
];

test('now is at the end; what lies on the edge counts as the oldest', () => {
  const { seconds, rows } = latelyOf(answer);
  expect(seconds).toBe(120);
  expect(rows.get('a')).toHaveLength(60);
  expect([rows.get('a')?.[0], rows.get('a')?.at(-1), rows.get('b')?.at(-1)]).toEqual([9, 5, 3]);
  expect(latelyOf([])).toEqual({ seconds: 0, rows: new Map() });
});

test('the lines of several pipelines are added', () => {
  expect(together([...latelyOf(answer).rows.values()])?.at(-1)).toBe(8);
  expect(together([])).toBeUndefined();
});
