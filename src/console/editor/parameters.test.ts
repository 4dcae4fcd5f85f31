import { expect, test } from 'vitest';
import { parameterKind, parameterValue } from './parameters.ts';

test.each([
  ['', undefined, 'no value'],
  ['  ', undefined, 'no value'],
  ['5', 5, 'number'],
  ['-0.25', -0.25, 'number'],
  ['12345678901234567890', '12345678901234567890', 'text'],
  ["'5'", '5', 'text'],
  ["''", '', 'text'],
  ["'it''s'", "it's", 'text'],
  ['null', null, 'NULL'],
  ['true', true, 'yes or no'],
  ['two words', 'two words', 'text'],
])('%j is %j, a %s', (typed, value, kind) => {
  expect(parameterValue(typed)).toBe(value);
  expect(parameterKind(typed)).toBe(kind);
});
