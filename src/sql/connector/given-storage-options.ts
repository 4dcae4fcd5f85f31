import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';
import { isRemotePath } from './availability.ts';
import type { StorageOptions } from '../script.ts';
import { parseSecretReference } from './secret-reference.ts';
import { storageOptionNames, storageReferenceHint, storageSecretNames } from './storage-options.ts';

/**
 * The options of a store that came with a request, not with SQL; their names with `storage.` or
 * without. `invalid_config` for a name that there isn't, and for a secret in plain text, which
 * would be stored.
 */
export function givenStorageOptions(
  given: Readonly<Record<string, string>>,
  path: string,
): StorageOptions {
  const entries = Object.entries(given).map(([name, value]) => {
    const bare = name.replace(/^storage\./, '');
    if (!storageOptionNames.includes(bare)) {
      throw new HeliosError('invalid_config', `There is no storage option ${name}.`, {
        hint:
          didYouMeanHint(bare, storageOptionNames) ?? `There are ${storageOptionNames.join(', ')}.`,
      });
    }
    if (storageSecretNames.includes(bare) && parseSecretReference(value) === undefined) {
      throw new HeliosError(
        'invalid_config',
        `${name} is given as plain text, and would be stored.`,
        { hint: storageReferenceHint },
      );
    }
    return [bare, value] as const;
  });
  if (entries.length > 0 && !isRemotePath(path)) {
    throw new HeliosError(
      'invalid_config',
      `${path} is on this machine: it has no storage options.`,
      {
        hint: 'Leave them out, or write a path such as s3://BUCKET/FOLDER.',
      },
    );
  }
  return Object.fromEntries(entries);
}
