import { expect, test } from 'vitest';
import { columnsMax, columnsOfText, columnsText, withColumn } from './chosen-columns.ts';

test.each([[[]], [['type', 'user.name']], [['a,b', '100%', '%2C']]])(
  'the columns %j come back from an address',
  (columns: readonly string[]) => {
    expect(columnsOfText(columnsText(columns) ?? null)).toEqual(columns);
  },
);

test('an address by hand is read as far as it goes', () => {
  expect(columnsOfText(',a,,a,50%,')).toEqual(['a', '50%']);
  const many = Array.from({ length: 99 }, (_, index) => `c${index}`);
  expect(columnsOfText(many.join(','))).toHaveLength(columnsMax);
});

test('a column comes and goes', () => {
  expect(withColumn(['a'], 'b')).toEqual(['a', 'b']);
  expect(withColumn(['a', 'b'], 'a')).toEqual(['b']);
});
