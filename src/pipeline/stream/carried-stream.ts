import { HeliosError } from '../../base/errors.ts';
import type { Dataflow } from '../dataflow/dataflow.ts';
import type { PartStore } from '../epoch/part-store.ts';
import { type ManifestStream, statePartNames } from './manifest-stream.ts';
import { updatingIdentity } from '../updating/updating-identity.ts';
import { nodeIdentity } from './node-identity.ts';

/**
 * What edited SQL goes on with: watermarks, and the state of the nodes that it has as they were.
 * Others begin anew.
 */
export function carriedStream(
  before: ManifestStream | undefined,
  dataflow: Dataflow | undefined,
): ManifestStream | undefined {
  if (before === undefined || dataflow === undefined) return undefined;
  const nodes = new Map(
    dataflow.nodes.flatMap((node) => {
      if (node.kind === 'select') return [];
      const identity = node.kind === 'window' ? nodeIdentity(node) : updatingIdentity(node);
      return [[node.name, identity] as const];
    }),
  );
  return {
    ...before,
    nodes: before.nodes.filter((node) => nodes.get(node.name) === node.identity),
  };
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
