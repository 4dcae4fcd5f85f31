import { HeliosError } from '../../base/errors.ts';
import type { PartStore } from '../epoch/part-store.ts';
import { type ManifestStream, statePartNames } from './manifest-stream.ts';

/**
 * What edited SQL goes on with: watermarks, and the state of the nodes that it has as they were,
 * under the names that they have now. Others begin anew. `identities` are those of the edited
 * script's nodes by name; undefined where it keeps nothing.
 */
export function carriedStream(
  before: ManifestStream | undefined,
  identities: ReadonlyMap<string, string> | undefined,
): ManifestStream | undefined {
  if (before === undefined || identities === undefined) return undefined;
  const free = new Set(before.nodes);
  const nodes = [...identities].flatMap(([name, identity]) => {
    const same = [...free].filter((node) => node.identity === identity);
    const found = same.find((node) => node.name === name) ?? same[0];
    if (found === undefined) return [];
    free.delete(found);
    return [{ ...found, name }];
  });
  return { ...before, nodes };
}

/** `corrupt_data` where a part of the state is gone. */
export async function checkStateParts(
  stream: ManifestStream | undefined,
  parts: PartStore,
): Promise<void> {
  for (const name of statePartNames(stream)) {
    if (await parts.exists(name)) continue;
    throw new HeliosError(
      'corrupt_data',
      `Part ${name} with rows of open windows is missing in ${parts.directory}.`,
      {
        hint: 'Restore the file, or stop the pipeline with --discard to give up these windows.',
      },
    );
  }
}
