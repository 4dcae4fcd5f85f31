import { expect, test } from 'vitest';
import { duckdbType, parseDuckdbType } from '../../engine/types.ts';
import { commonType } from './common-type.ts';

test.each([
  ['TINYINT', 'BIGINT', 'BIGINT'],
  ['UTINYINT', 'TINYINT', 'SMALLINT'],
  ['UINTEGER', 'INTEGER', 'BIGINT'],
  ['UBIGINT', 'BIGINT', 'DECIMAL(20,0)'],
  ['UINTEGER', 'USMALLINT', 'UINTEGER'],
  ['INTEGER', 'DECIMAL(5,2)', 'DECIMAL(12,2)'],
  ['DECIMAL(5,2)', 'DECIMAL(8,4)', 'DECIMAL(8,4)'],
  ['DECIMAL(38,0)', 'DECIMAL(3,1)', undefined],
  ['FLOAT', 'DOUBLE', 'DOUBLE'],
  ['INTEGER', 'FLOAT', 'DOUBLE'],
  ['BIGINT', 'DOUBLE', undefined],
  ['DECIMAL(5,2)', 'DOUBLE', undefined],
  ['INTEGER', 'VARCHAR', undefined],
  ['BOOLEAN', 'INTEGER', undefined],
  ['DATE', 'TIMESTAMP', undefined],
  ['JSON', 'VARCHAR', 'VARCHAR'],
  ['INTEGER[]', 'BIGINT[]', 'BIGINT[]'],
  ['INTEGER[]', 'INTEGER', undefined],
  ['MAP(VARCHAR, INTEGER)', 'MAP(VARCHAR, DOUBLE)', 'MAP(VARCHAR, DOUBLE)'],
  ['STRUCT(a INTEGER)', 'STRUCT(a BIGINT, b DATE)', 'STRUCT("a" BIGINT, "b" DATE)'],
  ['STRUCT(a INTEGER)', 'STRUCT(b INTEGER)', undefined],
  ['STRUCT(a INTEGER)', 'STRUCT(a DATE)', undefined],
])('%s and %s of Parquet are %s', (one, other, common) => {
  const types = [parseDuckdbType(one), parseDuckdbType(other)] as const;
  for (const [left, right] of [types, types.toReversed()]) {
    const found = left && right && commonType(left, right);
    expect(found && duckdbType(found)).toBe(common);
  }
});

test.each([
  ['BIGINT', 'DOUBLE', 'DOUBLE'],
  ['BIGINT', 'VARCHAR', 'JSON'],
  ['DATE', 'VARCHAR', 'VARCHAR'],
  ['BOOLEAN', 'BIGINT', 'JSON'],
  ['STRUCT(a BIGINT)', 'STRUCT(b VARCHAR)', 'STRUCT("a" BIGINT, "b" VARCHAR)'],
  ['STRUCT(a BIGINT)', 'STRUCT(a VARCHAR)', 'STRUCT("a" JSON)'],
  ['BIGINT[]', 'BIGINT', 'JSON'],
])('%s and %s of JSON are %s', (one, other, common) => {
  const found = commonType(parseDuckdbType(one), parseDuckdbType(other), { kind: 'json' });
  expect(found && duckdbType(found)).toBe(common);
});
