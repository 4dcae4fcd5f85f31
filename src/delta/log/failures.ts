import { type ErrorCode, HeliosError } from '../../base/errors.ts';
import type { TableVersion } from '../delta.ts';

/** Failures after which the same attempt may succeed, or may have succeeded. */
export const passingCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'storage_failed',
  'unavailable',
  'unreachable',
  'throttled',
]);

export function replaced(message: string): HeliosError {
  return new HeliosError('table_replaced', message, {
    hint: 'Decide whether to go on with the new table, and open it.',
  });
}

export function lostRace(version: TableVersion): HeliosError {
  return new HeliosError('table_conflict', `Version ${version} was committed by another writer.`, {
    hint: 'Too many writers commit to this table at once; it is tried again.',
  });
}
