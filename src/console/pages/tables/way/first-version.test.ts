import { expect, test } from 'vitest';
import { firstVersionWith } from './first-version.ts';

async function find(first: number, range: { oldest: number; newest: number }) {
  const asked: number[] = [];
  const found = await firstVersionWith(range, async (version) => {
    asked.push(version);
    return version >= first;
  });
  return { found, asked: asked.length };
}

test.each([0, 1, 7, 8, 99, 100])('finds version %i, asking few', async (first) => {
  const { found, asked } = await find(first, { oldest: 0, newest: 100 });
  expect(found).toBe(first);
  expect(asked).toBeLessThanOrEqual(9);
});

test('what the newest lacks has none, and nothing older than the oldest is asked for', async () => {
  expect(await find(101, { oldest: 0, newest: 100 })).toEqual({ found: undefined, asked: 1 });
  expect((await find(3, { oldest: 90, newest: 100 })).found).toBe(90);
});
