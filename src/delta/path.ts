import { HeliosError } from '../base/errors.ts';
import type { PartitionValues } from './delta.ts';

/** Characters that a URI path may not hold bare; `/` is kept, as it separates folders. */
const uriUnsafe = /[\0-\x20\x7f"#%<>?[\\\]^`{|}]|[^\0-\x7f]+/g;

/** What Hive writes as %XX in the names of partition folders. */
const hiveUnsafe = /[\p{Cc}"#%'*/:=?\\{[\]^]/gu;

/** The folder of NULL, and of the empty text, which Delta can't tell from it. */
const hiveNull = '__HIVE_DEFAULT_PARTITION__';

/** A path relative to the table's root, as `add.path` has it. */
export function encodePath(path: string): string {
  return path.replace(uriUnsafe, (unsafe) => percentEncode(unsafe));
}

/**
 * The file that an `add.path` names, relative to the table's root. Fails with `unsupported_table`
 * when it lies elsewhere (an absolute URI, as shallow clones have), `corrupt_data` when it is no
 * URI.
 */
export function decodePath(uri: string): string {
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\//.test(uri) || uri.startsWith('/')) {
    throw new HeliosError(
      'unsupported_table',
      `The table refers to the file ${uri} outside its own folder, as shallow clones do.`,
      { hint: 'Copy the table instead (a deep clone).' },
    );
  }
  const path = decodeUri(uri);
  if (path.split('/').includes('..')) {
    throw new HeliosError('corrupt_data', `The table refers to the file ${uri} above its folder.`);
  }
  return path;
}

/**
 * The folder for a file with these partition values, `a=1/b=x`, in the order of `columns`; empty
 * for none. Escaped as Hive does it; the values in the log are what counts, the folder is for
 * people.
 */
export function partitionFolder(columns: readonly string[], values: PartitionValues): string {
  return columns.map((name) => `${hiveEscape(name)}=${hiveValue(values[name])}`).join('/');
}

function hiveValue(value: string | null | undefined): string {
  return value === null || value === undefined || value === '' ? hiveNull : hiveEscape(value);
}

function hiveEscape(text: string): string {
  return text.replace(hiveUnsafe, (unsafe) => percentEncode(unsafe));
}

function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function decodeUri(uri: string): string {
  if (!uri.includes('%')) return uri;
  try {
    return decodeURIComponent(uri);
  } catch (thrown) {
    throw new HeliosError('corrupt_data', `The table's file path ${uri} is not a URI.`, {
      cause: thrown,
    });
  }
}
