import { expect, test } from 'vitest';
import { givenStorageOptions } from './given-storage-options.ts';

const path = 's3://bucket/table';

test('options are taken by either name, secrets as references', () => {
  const given = { 'storage.aws_region': 'x', aws_secret_access_key: 'env:KEY', path_style: 'true' };
  expect(givenStorageOptions(given, path)).toEqual({
    aws_region: 'x',
    aws_secret_access_key: 'env:KEY',
    path_style: 'true',
  });
  expect(givenStorageOptions({}, '/on/disk')).toEqual({});
});

test.each([
  [{ aws_regoin: 'x' }, path, 'There is no storage option aws_regoin.'],
  [{ aws_secret_access_key: 'AKIA' }, path, 'is given as plain text, and would be stored.'],
  [{ aws_region: 'x' }, '/on/disk', '/on/disk is on this machine: it has no storage options.'],
])('%j for %s is refused', (given, place, message) => {
  expect(() => givenStorageOptions(given, place)).toThrow(message);
});
