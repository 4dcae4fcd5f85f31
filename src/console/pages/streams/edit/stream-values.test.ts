import { expect, test } from 'vitest';
import type { ErrorBody } from '../../../../server/api.ts';
import { createBodyOf, fieldOf, noValues, patchBodyOf, valuesOf } from './stream-values.ts';

test('what was left empty is left to the server', () => {
  expect(createBodyOf({ ...noValues, name: 'clicks' })).toEqual({ name: 'clicks' });
  expect(
    createBodyOf({ ...noValues, name: 'c', partitions: '4', age: '1.5', budget: '2', topic: 't' }),
  ).toEqual({ name: 'c', partitions: 4, retention_ms: 129_600_000, retention_bytes: 2e9 });
  expect(createBodyOf({ ...noValues, name: 'c', connection: 'prod', topic: 't' })).toEqual({
    name: 'c',
    connection: 'prod',
    topic: 't',
  });
});

test('a change is of what was changed', () => {
  const before = valuesOf({ partitions: 2, retention_ms: 604_800_000, retention_bytes: 5e8 });
  expect(before).toMatchObject({ age: '7', ageUnit: 'days', budget: '500', budgetUnit: 'MB' });
  expect(patchBodyOf(before, before)).toEqual({});
  expect(patchBodyOf({ ...before, ageUnit: 'hours' }, before)).toEqual({
    retention_ms: 25_200_000,
  });
  expect(patchBodyOf({ ...before, budget: '', partitions: '3' }, before)).toEqual({
    partitions: 3,
    retention_bytes: null,
  });
});

const error: ErrorBody = { code: 'invalid_request', message: '', id: '' };
const cases: readonly (readonly [Partial<ErrorBody>, string | undefined])[] = [
  [{ code: 'invalid_name', message: '"1" can\'t be a stream\'s name.' }, 'name'],
  [{ code: 'already_exists', message: 'The stream "a" exists already.' }, 'name'],
  [{ message: "A stream can't have 99 partitions." }, 'partitions'],
  [{ message: "A stream can't be kept to 5 bytes." }, 'budget'],
  [{ message: "Records can't be kept for 0 ms." }, 'age'],
  [{ message: 'must be integer', details: { field: 'retention_ms' } }, 'age'],
  [{ code: 'unavailable', message: 'Helios does not answer.' }, undefined],
];

test.each(cases)('%j is about %s', (about, field) => {
  expect(fieldOf({ ...error, ...about })).toBe(field);
});
