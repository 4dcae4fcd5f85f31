import { HeliosError, systemCode } from '../base/errors.ts';

/** A failure of the file system as a HeliosError, with what to do about the common ones. */
export function fileFailure(thrown: unknown, path: string): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const cause = thrown;
  switch (systemCode(thrown)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return new HeliosError('not_found', `There is no file ${path}.`, { cause });
    case 'ENOSPC':
    case 'EDQUOT':
      return new HeliosError('disk_full', `The disk is full: ${path} could not be written.`, {
        cause,
        hint: 'Free some space; what failed is tried again.',
      });
    default:
      return new HeliosError('storage_failed', `${path}: ${messageOf(thrown)}.`, {
        cause,
        hint: 'Check that the disk is healthy and that this user may read and write there.',
      });
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
