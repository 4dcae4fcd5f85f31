import { expect, test } from 'vitest';
import { thinnedPlaces } from './thinned.ts';

test('few places are all drawn', () => {
  expect(thinnedPlaces(3, [[1, 2, 3]], 3)).toEqual([0, 1, 2]);
  expect(thinnedPlaces(0, [], 3)).toEqual([]);
});

test('of many, the ends and every peak are', () => {
  const values = Array.from({ length: 10_000 }, (_, index) => Math.sin(index / 50));
  values[4_321] = 99;
  values[8_765] = -99;
  const kept = thinnedPlaces(values.length, [values], 500);
  expect(kept.length).toBeLessThanOrEqual(502);
  expect(kept.length).toBeGreaterThan(400);
  for (const place of [0, 4_321, 8_765, 9_999]) expect(kept).toContain(place);
});

test('each series keeps its own, and what is missing is no peak', () => {
  const one = Array.from({ length: 1000 }, (_, index) => (index === 500 ? 9 : null));
  const other = Array.from({ length: 1000 }, (_, index) => (index === 501 ? -9 : 0));
  const kept = thinnedPlaces(1000, [one, other], 100);
  expect(kept).toEqual(expect.arrayContaining([500, 501]));
  expect(kept.length).toBeLessThanOrEqual(102);
});
