import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRemotePath } from '../../sql/connector/availability.ts';
import { parseS3Url, printS3Location } from '../../storage/s3/s3-location.ts';

/** A path of the script as an absolute one; the URL of a store as it is written best. */
export function resolvePath(path: string, baseDirectory: string): string {
  if (isRemotePath(path)) return printS3Location(parseS3Url(path));
  return path.startsWith('file://') ? fileURLToPath(path) : resolve(baseDirectory, path);
}
