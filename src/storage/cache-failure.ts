import { HeliosError } from '../base/errors.ts';
import type { CachedObject } from './file-cache.ts';

/** A failure to fetch an object, in words where the disk is too full for it. */
export function cacheFailure(
  failure: HeliosError,
  { location, path, byteLength }: CachedObject,
): HeliosError {
  if (failure.code !== 'disk_full') return failure;
  return new HeliosError(
    'disk_full',
    `The disk is too full to fetch the ${byteLength} bytes of ${location}/${path}.`,
    {
      hint:
        'Free some space, ask for less at once (fewer partitions or columns to filter by), or ' +
        'put the data directory on a larger disk.',
      cause: failure,
    },
  );
}

/** Fails with `corrupt_data` where an object doesn't have the length that is known of it. */
export function checkLength({ location, path, byteLength }: CachedObject, found: number): void {
  if (found === byteLength) return;
  throw new HeliosError(
    'corrupt_data',
    `${location}/${path} has ${found} bytes; its table says ${byteLength}.`,
    { hint: 'Something else has replaced the file: restore the table to an earlier version.' },
  );
}
