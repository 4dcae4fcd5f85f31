import { HeliosError } from '../../base/errors.ts';
import type { PipelineDefinition } from '../../catalog/catalog.ts';
import type { Source } from '../../source/source.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import { type Adoption, type AdoptedTable, adopt } from './adoption.ts';
import type { Manifest } from '../epoch/manifest.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import { position } from '../../event/record.ts';
import { pipelineDirectory, type PipelineEnvironment } from '../open-pipeline.ts';
import type { Plan } from '../plan/plan.ts';
import { type NamedSink, openSinks } from '../sinks/open-sinks.ts';
import { committed } from '../tables/pinned-views.ts';

/**
 * Writes the first manifest of a pipeline that goes on where a lost one stood. To be called before
 * anything else knows the pipeline: it then opens as one that was here all along, or never was.
 */
export async function adoptPipeline(
  environment: PipelineEnvironment,
  definition: PipelineDefinition,
  { plan, isAllowingSkips }: { readonly plan: Plan; readonly isAllowingSkips: boolean },
): Promise<void> {
  if (plan.dataflow !== undefined) throw keepsState(definition.name);
  const scope = { pipelineId: definition.id, baseDirectory: definition.baseDirectory };
  const sources = new Map<string, Source>();
  try {
    for (const table of plan.script.sources) {
      sources.set(table.name, await environment.connectors.source(table, scope));
    }
    const sinks = await openSinks(environment, plan, scope);
    const { name: pipeline } = definition;
    const tables = tablesOf(environment, sinks);
    const { newId } = environment;
    const adoption = await adopt({ pipeline, tables, sources, newId, isAllowingSkips });
    const root = pipelineDirectory(environment.dataDirectory, definition.id);
    const store = new ManifestStore(new FileStorage(root), 'manifests');
    await store.put(firstManifest(environment, definition, { adoption, sinks }));
    await holdFrom(adoption, sources);
  } finally {
    for (const source of sources.values()) await source.close();
  }
}

function keepsState(name: string): HeliosError {
  return new HeliosError(
    'not_allowed',
    `${name} can't adopt tables: its SQL keeps rows from one epoch to the next (windows, groups, ` +
      'joins), and those of the pipeline that is gone are gone with it.',
    {
      hint:
        'Restore the data directory, or start on its --state. Or create it without --adopt and ' +
        'with other paths: it then reads from the beginning.',
    },
  );
}

function tablesOf(
  { registry }: PipelineEnvironment,
  sinks: readonly NamedSink[],
): readonly AdoptedTable[] {
  return sinks.map(({ table: name, sink }) => {
    const table = registry.written(name);
    if (sink.kind === 'table' && table !== undefined) {
      return { name, storage: table.storage, delta: committed(table) };
    }
    throw new HeliosError(
      'not_allowed',
      `${name} can't be adopted: nothing in ${sink.location} says ` +
        'which records its rows came from.',
      {
        hint:
          'Only tables can (Delta, or files in a folder). Create it without --adopt: it is then ' +
          'written anew.',
      },
    );
  });
}

type Adopted = { readonly adoption: Adoption; readonly sinks: readonly NamedSink[] };

function firstManifest(
  { clock, newId }: PipelineEnvironment,
  { id, revision }: PipelineDefinition,
  { adoption, sinks }: Adopted,
): Manifest {
  return {
    format: 1,
    pipeline: id,
    revision,
    epoch: adoption.epoch,
    incarnation: newId(),
    previous: null,
    createdAtMs: clock.nowMs(),
    watermarkMs: null,
    bytesIn: 0,
    recordsRejected: 0,
    recordsDropped: 0,
    sources: adoption.sources,
    sinks: adoption.sinks.map((adopted, index) => ({
      id: adopted.id,
      table: sinks[index]?.table ?? '',
      tableId: sinks[index]?.sink.tableId ?? '',
      sinceEpoch: adoption.epoch,
      rowsOut: 0,
      parts: [],
      fileBytes: null,
      rolledEpoch: adopted.rolledEpoch ?? null,
      skip: adopted.skip,
      start: adopted.start,
      newestAtMs: 0,
    })),
  };
}

/** Retention keeps what is read from now on. */
async function holdFrom(adoption: Adoption, sources: ReadonlyMap<string, Source>): Promise<void> {
  for (const { name, positions } of adoption.sources) {
    const known = Object.entries(positions).flatMap(([partition, at]) =>
      at === null ? [] : [[partition, position(at)] as const],
    );
    await sources.get(name)?.release(new Map(known));
  }
}
