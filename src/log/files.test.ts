import { expect, test } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import { storageError } from './files.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it went wrong`), { code });
}

test.each([
  ['ENOSPC', 'disk_full', 'The disk is full: could not append to x.'],
  ['EDQUOT', 'disk_full', 'The disk is full: could not append to x.'],
  ['EIO', 'storage_failed', 'Could not append to x: EIO: it went wrong.'],
])('%s is %s', (system, code, message) => {
  expect(storageError(systemError(system), 'append to x')).toMatchObject({ code, message });
});

test('what is told already stays as it is', () => {
  const told = new HeliosError('not_found', 'There is no x.');
  expect(storageError(told, 'append to x')).toBe(told);
});
