import { HeliosError } from '../base/errors.ts';

/** The folder under a root where unfinished files lie; no object's path has such a part. */
export const temporaryFolder = '.helios-tmp';

const partBytesMax = 255;

/**
 * Refuses a path that is not plain: relative, `/` between parts that are neither empty, `.` nor
 * `..`, nor longer than 255 bytes, without NUL. Fails with `invalid_name`.
 */
export function checkPath(path: string): void {
  const problem = problemOf(path);
  if (problem === undefined) return;
  throw new HeliosError('invalid_name', `The storage path ${JSON.stringify(path)} ${problem}.`, {
    hint: 'Use a relative path of plain names with "/" between them.',
  });
}

/** Refuses a prefix that could not begin a plain path. Empty means everything. */
export function checkPrefix(prefix: string): void {
  const folder = prefix.slice(0, prefix.lastIndexOf('/'));
  if (prefix.includes('/')) checkPath(folder);
  if (prefix.includes('\0')) checkPath(prefix);
}

/** Order of two paths by their UTF-8 bytes; JavaScript's `<` differs above U+FFFF. */
export function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function problemOf(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.startsWith('/')) return 'is absolute';
  if (path.includes('\0')) return 'holds a NUL';
  for (const part of path.split('/')) {
    if (part === '') return 'has an empty part';
    if (part === '.' || part === '..') return `has the part "${part}"`;
    if (part === temporaryFolder) return `uses the reserved name "${temporaryFolder}"`;
    if (Buffer.byteLength(part) > partBytesMax) return `has a part over ${partBytesMax} bytes`;
  }
  return undefined;
}
