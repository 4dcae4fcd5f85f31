import { expect, test } from 'vitest';
import { timeBucket } from './time-bucket.ts';

test.each([
  ['%Y/%m/%d/%H', '2024-01-01T10:00:00Z', '2024-01-01T10:59:59Z', '2024-01-01T11:00:00Z'],
  ['%Y-%m-%d', '2024-01-01T00:00:00Z', '2024-01-01T23:59:59Z', '2024-01-02T00:00:00Z'],
  ['%H%M', '2024-01-01T10:00:00Z', '2024-01-01T10:00:59Z', '2024-01-01T10:01:00Z'],
  ['%Y/%j', '2024-01-01T00:00:00Z', '2024-01-01T23:59:59Z', '2024-01-02T00:00:00Z'],
  ['%Y/%m', '2024-01-01T00:00:00Z', '2024-01-31T23:59:59Z', '2024-02-01T00:00:00Z'],
  ['year=%Y', '2024-01-01T00:00:00Z', '2024-12-31T23:59:59Z', '2025-01-01T00:00:00Z'],
])('%s has one number a folder', (pattern, first, last, next) => {
  const [one, same, other] = [first, last, next].map((at) => timeBucket(pattern, Date.parse(at)));
  expect(same).toBe(one);
  expect(other).toBe((one ?? 0) + 1);
});
