import { HeliosError } from '../../base/errors.ts';
import type { PipelineDefinition } from '../../catalog/catalog.ts';
import { type EpochMs, type Position, position } from '../../event/record.ts';
import type { Source } from '../../source/source.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Manifest, ManifestSource } from '../epoch/manifest.ts';
import { ManifestStore } from '../epoch/manifest-store.ts';
import { pipelineDirectory, type PipelineEnvironment } from '../open-pipeline.ts';
import type { Plan } from '../plan/plan.ts';
import { resolveTargets } from '../reposition.ts';

/** Where a backfill begins; it ends where the live pipeline began. */
export type BackfillPoint = 'earliest' | { readonly atMs: EpochMs };

export type BackfillRequest = {
  readonly live: PipelineDefinition;
  /** The pipeline that shall read what came before; nobody knows it yet. */
  readonly definition: PipelineDefinition;
  readonly plan: Plan;
  readonly from: BackfillPoint;
};

/**
 * Writes the first manifest of a pipeline that reads what lies before another one's beginning, and
 * no record of it twice: its sinks have ids of their own in the same tables. `conflict` where there
 * is nothing to read, or where it isn't known where the other one began.
 */
export async function beginBackfill(
  environment: PipelineEnvironment,
  { live, definition, plan, from }: BackfillRequest,
): Promise<void> {
  checkSinks(plan);
  if (plan.dataflow !== undefined) throw keepsState(live.name);
  const newest = await storeOf(environment, live.id).newest();
  const { begin, sources: known } = newest?.manifest ?? {};
  if (begin === undefined || known === undefined) throw unknownBeginning(live.name);
  const sources = new Map<string, Source>();
  try {
    const scope = { pipelineId: definition.id, baseDirectory: definition.baseDirectory };
    for (const table of plan.script.sources) {
      if (Object.keys(begin[table.name] ?? {}).length === 0) continue;
      sources.set(table.name, await environment.connectors.source(table, scope));
    }
    for (const [name, source] of sources) checkSource(name, source, known);
    const done = await readDone(environment, live.id);
    const before = withoutDone(begin, done, sources);
    const { positions, until } = await rangesOf(before, sources, from, environment.clock.nowMs());
    if (positions.length === 0) throw nothingEarlier(live.name);
    await hold(sources, positions);
    await storeOf(environment, definition.id).put(
      firstManifest(environment, definition, { positions, until }),
    );
    await storageOf(environment, live.id).put(doneFile, encodeDone([...done, ...positions]));
  } finally {
    for (const source of sources.values()) await source.close();
  }
}

/** A window over the place where the live one began would come twice, each time in part. */
function keepsState(name: string): HeliosError {
  return new HeliosError(
    'not_allowed',
    `${name} can't be backfilled: its SQL keeps rows from one epoch to the next (windows, ` +
      'groups, joins), and what lies on both sides of its beginning would be given twice, in part.',
    { hint: 'Create a pipeline with other tables that reads from the earliest position.' },
  );
}

function storageOf({ dataDirectory }: PipelineEnvironment, id: string): FileStorage {
  return new FileStorage(pipelineDirectory(dataDirectory, id));
}

function storeOf(environment: PipelineEnvironment, id: string): ManifestStore {
  return new ManifestStore(storageOf(environment, id), 'manifests');
}

/** Beside a live pipeline's manifests: where its backfills began. None reads that again. */
const doneFile = 'backfilled.json';

async function readDone(
  environment: PipelineEnvironment,
  id: string,
): Promise<readonly ManifestSource[]> {
  const storage = storageOf(environment, id);
  if ((await storage.stat(doneFile)) === undefined) return [];
  const value: unknown = JSON.parse(Buffer.from(await storage.read(doneFile)).toString('utf8'));
  return value as readonly ManifestSource[];
}

function encodeDone(done: readonly ManifestSource[]): Uint8Array {
  return Buffer.from(`${JSON.stringify(done)}\n`, 'utf8');
}

/** What was backfilled already counts as read from there on. */
function withoutDone(
  begin: NonNullable<Manifest['begin']>,
  done: readonly ManifestSource[],
  sources: ReadonlyMap<string, Source>,
): NonNullable<Manifest['begin']> {
  const before: Record<string, Record<string, string>> = {};
  for (const [name, source] of sources) {
    const own = done.filter((one) => one.name === name && one.identity === source.identity);
    for (const [partition, end] of Object.entries(begin[name] ?? {})) {
      // One that began at a partition's beginning left nothing.
      if (own.some(({ positions }) => positions[partition] === null)) continue;
      const ends = own.flatMap(({ positions }) => positions[partition] ?? []);
      const [first = end] = [...ends, end].toSorted((left, right) =>
        source.compare(position(left), position(right)),
      );
      before[name] = { ...before[name], [partition]: first };
    }
  }
  return before;
}

/** Two pipelines can write one table, but not one file; and what a topic got can't be told. */
function checkSinks(plan: Plan): void {
  const other = plan.outputs.find(({ table }) => table.connector.kind !== 'delta');
  if (other === undefined) return;
  throw new HeliosError(
    'not_allowed',
    `${other.table.name} can't be backfilled: only Delta tables take rows of two pipelines.`,
    { hint: 'Write a pipeline of its own for the earlier records, with another sink.' },
  );
}

function checkSource(name: string, source: Source, known: readonly ManifestSource[]): void {
  const identity = known.find((one) => one.name === name)?.identity;
  if (identity === source.identity) return;
  throw new HeliosError(
    'source_replaced',
    `${name} is not what the pipeline began to read: it was "${identity ?? 'nothing'}", now it ` +
      `is "${source.identity}".`,
    { hint: 'What came before is gone with the old one.' },
  );
}

type Ranges = {
  readonly positions: readonly ManifestSource[];
  readonly until: Record<string, Record<string, string>>;
};

/** Partitions in which something lies before the beginning. */
async function rangesOf(
  begin: NonNullable<Manifest['begin']>,
  sources: ReadonlyMap<string, Source>,
  from: BackfillPoint,
  nowMs: EpochMs,
): Promise<Ranges> {
  const targets = await resolveTargets(from, sources, nowMs);
  const positions: ManifestSource[] = [];
  const until: Record<string, Record<string, string>> = {};
  for (const [name, source] of sources) {
    const starts: Record<string, string | null> = {};
    const ends = new Map<string, Position>();
    for (const [partition, end] of Object.entries(begin[name] ?? {})) {
      const start = targets.get(name)?.get(partition);
      if (source.compare(start, position(end)) < 0) ends.set(partition, position(end));
    }
    for (const [partition, end] of (await source.readingEnds?.(ends)) ?? ends) {
      starts[partition] = targets.get(name)?.get(partition) ?? null;
      until[name] = { ...until[name], [partition]: end };
    }
    if (Object.keys(starts).length === 0) continue;
    positions.push({ name, identity: source.identity, positions: starts });
  }
  return { positions, until };
}

/** Retention keeps what will be read, and no more of the partitions that won't. */
async function hold(
  sources: ReadonlyMap<string, Source>,
  ranges: readonly ManifestSource[],
): Promise<void> {
  for (const [name, source] of sources) {
    // A broker keeps records by itself; a consumer group is told by the live pipeline alone.
    if (source.kind !== 'http') continue;
    const held = new Map<string, Position>();
    for (const [partition, at] of (await source.positionsAt?.('latest')) ?? []) {
      if (at !== undefined) held.set(partition, at);
    }
    const starts = ranges.find((one) => one.name === name)?.positions ?? {};
    for (const [partition, at] of Object.entries(starts)) {
      if (at === null) held.delete(partition);
      else held.set(partition, position(at));
    }
    await source.release(held);
  }
}

/** Of a revision before the first, so that it opens as SQL does that was edited: with new sinks. */
function firstManifest(
  { clock, newId }: PipelineEnvironment,
  { id }: PipelineDefinition,
  { positions, until }: Ranges,
): Manifest {
  return {
    format: 1,
    pipeline: id,
    revision: 0,
    epoch: 0,
    incarnation: newId(),
    previous: null,
    createdAtMs: clock.nowMs(),
    watermarkMs: null,
    bytesIn: 0,
    recordsRejected: 0,
    recordsDropped: 0,
    sources: positions,
    sinks: [],
    until,
  };
}

function unknownBeginning(name: string): HeliosError {
  return new HeliosError('conflict', `It isn't known where ${name} began to read.`, {
    hint: 'It has not begun yet, was adopted, or is a backfill itself.',
  });
}

function nothingEarlier(name: string): HeliosError {
  return new HeliosError('conflict', `Nothing lies before what ${name} has read from its start.`, {
    hint:
      'Its sources keep nothing earlier, no record that arrived since the time given, or a ' +
      'backfill has read it before.',
  });
}
