import { HeliosError } from '../../base/errors.ts';
import type { PipelineDefinition } from '../../catalog/catalog.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import { pipelineDirectory, type PipelineEnvironment } from '../open-pipeline.ts';
import type { EditOptions } from '../pipeline.ts';
import type { Plan } from '../plan/plan.ts';
import { carriedStream } from '../stream/carried-stream.ts';
import { nodeIdentities } from '../stream/node-identity.ts';

/** `conflict` where edited SQL has no use for rows that the pipeline keeps, unless it may. */
export async function checkKept(
  environment: PipelineEnvironment,
  definition: PipelineDefinition,
  { plan, options }: { readonly plan: Plan; readonly options: EditOptions },
): Promise<void> {
  if (options.isDiscarding || options.isDroppingState === true) return;
  const newest = await storeOf(environment, definition).newest();
  const { stream } = newest?.manifest ?? {};
  const { dataflow } = plan;
  const identities = dataflow && nodeIdentities(plan, dataflow);
  const carried = new Set(carriedStream(stream, identities)?.nodes.map(({ identity }) => identity));
  const kept = (stream?.nodes ?? []).filter(({ parts }) => parts.length > 0);
  if (kept.every(({ identity }) => carried.has(identity))) return;
  throw new HeliosError(
    'conflict',
    `${definition.name} keeps rows of windows, groups or joins that the edited SQL computes ` +
      'otherwise: what they would have given would never come.',
    {
      hint:
        'See what of it is lost with: helios pipeline edit NAME FILE --dry-run. Then edit with ' +
        '--drop-state to give it up, or create another pipeline with this SQL beside it.',
    },
  );
}

/** The newest manifest goes on without windows, groups and joins. Only while nobody runs it. */
export async function forgetState(
  environment: PipelineEnvironment,
  definition: PipelineDefinition,
): Promise<void> {
  const store = storeOf(environment, definition);
  const newest = await store.newest();
  if (newest?.manifest.stream === undefined) return;
  const { manifest, hash } = newest;
  await store.put({
    ...manifest,
    epoch: manifest.epoch + 1,
    incarnation: environment.newId(),
    previous: hash,
    createdAtMs: environment.clock.nowMs(),
    stream: undefined,
  });
}

function storeOf(
  { dataDirectory }: PipelineEnvironment,
  { id }: PipelineDefinition,
): ManifestStore {
  return new ManifestStore(new FileStorage(pipelineDirectory(dataDirectory, id)), 'manifests');
}
