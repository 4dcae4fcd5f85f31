import { expect, test } from 'vitest';
import { rowsText, sawParts } from './saw-text.ts';

const seen = { table: 'raw', hot_rows: 0, files_read: 1, files_pruned: 0 };
const text = (saw: Parameters<typeof sawParts>[0]) =>
  sawParts(saw, { nowMs: Date.parse('2026-11-23T14:00:00Z'), zone: 'UTC' }).map((parts) =>
    parts.map((part) => part.text).join(''),
  );

test.each([
  [{ ...seen }, 'raw'],
  [{ ...seen, version: 418 }, 'raw v418'],
  [
    { ...seen, version: 0, hot_rows: 3112, newest_event: '2026-11-23T12:03:04.211Z' },
    'raw v0 + 3,112 hot rows up to 12:03:04.211Z',
  ],
  [{ ...seen, newest_event: '2026-11-22T12:03:04Z' }, 'raw up to 2026-11-22 12:03:04Z'],
  [{ ...seen, hot_rows: 1 }, 'raw + 1 hot row'],
  [{ ...seen, hot_rows_missing_of: ['p', 'q'] }, 'raw without hot rows of p, q'],
])('%j is said as %j', (saw, expected) => {
  expect(text([saw])).toEqual([expected]);
});

test.each([
  [1, false, '1 row'],
  [10_000, true, 'first 10,000 rows; there are more'],
])('%i rows, truncated: %s', (row_count, truncated, expected) => {
  expect(rowsText({ columns: [], rows: [], row_count, truncated, saw: [], ms: 1 })).toBe(expected);
});
