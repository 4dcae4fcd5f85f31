import { expect, test } from 'vitest';
import { bindParameters } from './parameters.ts';

test.each([
  [2 ** 31 - 1, 'INTEGER'],
  [-(2 ** 31), 'BIGINT'],
  [Number.MAX_SAFE_INTEGER, 'BIGINT'],
  [1.5, 'DOUBLE'],
  [1e21, 'DOUBLE'],
  [-1e300, 'DOUBLE'],
  ['\u{1f600}\0', 'VARCHAR'],
  [true, 'BOOLEAN'],
])('%j is a value of the type %s', (value, type) => {
  const { types } = bindParameters([value]);
  expect(String(Array.isArray(types) ? types[0] : undefined)).toBe(type);
});

test.each([
  [JSON.parse('9007199254740993'), 'beyond 2^53'],
  [JSON.parse('-12345678901234567890'), 'beyond 2^53'],
  ['\ud800', 'half of a surrogate pair'],
  [[1], 'is a list'],
  [{}, 'is an object'],
])('%j is refused: it would become another value', (value, message) => {
  expect(() => bindParameters({ x: value })).toThrow(message);
});
