import { expect, test } from 'vitest';
import type { LogLine } from '../../log/log.ts';
import { offsetAt } from './offset-at.ts';

const lines: readonly LogLine[] = [
  { offset: 10, arrivedAtMs: 100 },
  { offset: 12, arrivedAtMs: 100 },
  { offset: 40, arrivedAtMs: 200 },
  { offset: 41, arrivedAtMs: 300 },
  { offset: 90, arrivedAtMs: 300 },
];

test.each([
  [0, 10],
  [100, 10],
  [101, 40],
  [200, 40],
  [201, 41],
  [300, 41],
  [301, 95],
])('the first line that arrived at %i or later begins at %i', async (atMs, offset) => {
  const lineAt = async (near: number): Promise<LogLine | undefined> =>
    await Promise.resolve(lines.find((line) => line.offset >= near));
  expect(await offsetAt({ startOffset: 10, endOffset: 95 }, atMs, lineAt)).toBe(offset);
});

test('an empty partition has no other place than its end', async () => {
  const lineAt = async (): Promise<undefined> => await Promise.resolve(undefined);
  expect(await offsetAt({ startOffset: 7, endOffset: 7 }, 1, lineAt)).toBe(7);
});
