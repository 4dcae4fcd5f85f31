import { type ErrorCode, HeliosError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { TableVersion } from '../delta.ts';

/** Failures after which the same attempt may succeed, or may have succeeded. */
const passingCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'storage_failed',
  'unavailable',
  'unreachable',
  'throttled',
]);

/** Gives such a failure, and throws any other. */
export function passing(thrown: unknown): HeliosError {
  if (thrown instanceof HeliosError && passingCodes.has(thrown.code)) return thrown;
  throw thrown;
}

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

/** The store has something of a table's log, which its listing does not show. */
export function unlisted({ location }: Storage, version: TableVersion): HeliosError {
  return new HeliosError(
    'unavailable',
    `The Delta table in ${location} is at version ${version} at least, but its log is not listed.`,
    {
      hint:
        'It is tried again. Where the log was deleted, delete _delta_log/_last_checkpoint too; ' +
        'else the store is none for Delta, which needs listings that are true at once.',
    },
  );
}
