import { expect, test } from 'vitest';
import { isCounted } from './table-name.ts';

const columns = [{ name: 'id', type: 'BIGINT' }];
const error = { code: 'unavailable', message: 'It has not been read yet.' } as const;

test.each([
  ['a Delta table', { kind: 'delta', columns } as const, true],
  ['one whose store is away', { kind: 'delta', columns, error } as const, true],
  ['one that was never read', { kind: 'delta', columns: [], error } as const, false],
  ['an attached folder', { kind: 'attached', columns } as const, false],
])('whether rows are known of %s', (_, table, expected) => {
  expect(isCounted(table)).toBe(expected);
});
