import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import type { PipelineDefinition } from '../catalog/catalog.ts';
import { storedSchema } from '../delta/schema-json.ts';
import type { Connection, Engine } from '../engine/engine.ts';
import type { Schema } from '../event/schema.ts';
import { createDecoder } from '../format/create-decoder.ts';
import { DeltaSink } from '../sink/delta/delta-sink.ts';
import type { AppendSink, Sink } from '../sink/sink.ts';
import type { Source } from '../source/source.ts';
import type {
  RollingPolicy,
  Script,
  ScriptError,
  SinkConnector,
  SourceTable,
} from '../sql/script.ts';
import { isRemotePath } from '../sql/connector/availability.ts';
import { parseS3Url, printS3Location } from '../storage/s3/s3-location.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import type { RollNote } from './adoption/adoption.ts';
import { EpochWork } from './epoch/epoch-work.ts';
import type { LiveSink } from './epoch/live-sink.ts';
import { ManifestStore } from './epoch/manifest-store.ts';
import type { PartStore } from './epoch/part-store.ts';
import { quarantineSchema, quarantineTable } from './epoch/quarantine.ts';
import { recover } from './epoch/recovery.ts';
import { Roller } from './epoch/roller.ts';
import { type PublishedEpoch, Runner } from './epoch/runner.ts';
import { LagWatch } from './lag-watch.ts';
import { checkedPartitionFields } from './plan/partition-fields.ts';
import { type Output, type Plan, timeColumnOf } from './plan/plan.ts';
import { planScript, scriptFailure } from './plan/planner.ts';
import type { KeptState } from './state/state-gate.ts';
import { openFilesSink } from './tables/open-files-sink.ts';
import { stagingDirectory, type TableRegistry } from './tables/table-registry.ts';

/** What a pipeline's definition refers to outside of the SQL. */
export type Scope = {
  /** Who reads; undefined for a preview, which holds nothing. */
  readonly pipelineId: string | undefined;
  /** Where relative paths start. */
  readonly baseDirectory: string;
  /** Aborts when it shall stop: nobody waits for somebody else's servers then. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Makes the sources and plain sinks that a script names: which implementations exist is main's
 * choice.
 */
export type Connectors = {
  readonly source: (table: SourceTable, scope: Scope) => Promise<Source>;
  readonly appendSink: (
    connector: Exclude<SinkConnector, { kind: 'delta' | 'filesystem' }>,
    scope: Scope,
  ) => Promise<AppendSink>;
  /** What can be told to be wrong without asking anybody: a connection that isn't there, say. */
  readonly problems: (script: Script) => readonly ScriptError[];
};

export type PipelineEnvironment = {
  readonly dataDirectory: string;
  readonly engine: Engine;
  readonly registry: TableRegistry;
  readonly connectors: Connectors;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Told of what failed without harm to the rows: a checkpoint, say. */
  readonly onProblem: (problem: HeliosError) => void;
  /** Where the state is kept besides this disk; undefined where it is nowhere else. */
  readonly state?: KeptState | undefined;
};

export type OpenRequest = {
  readonly definition: PipelineDefinition;
  readonly parts: PartStore;
  /** Pipelines of this process that are busy now. */
  readonly busyCount: () => number;
  readonly onPublished: (published: PublishedEpoch) => void;
  /**
   * Opens no sources, so that nothing of somebody else's is needed: hot rows can be queried and
   * rolled, and nothing read. Only for one that `isBegun`.
   */
  readonly isAtRest: boolean;
  readonly signal?: Scope['signal'];
  /** Names of those that opened it before, since it was started; takes that of this one. */
  readonly incarnations: Set<string>;
};

/** A pipeline that has recovered and may run. */
export type OpenPipeline = {
  readonly plan: Plan;
  readonly runner: Runner;
  readonly roller: Roller;
  readonly sources: ReadonlyMap<string, Source>;
  readonly sinks: readonly LiveSink[];
  readonly lags: LagWatch;
  readonly isAtRest: boolean;
  /** Stops what runs beside, and lets go of sources and files. May be called again. */
  readonly close: () => Promise<void>;
};

/** Folder of a pipeline's state. */
export function pipelineDirectory(dataDirectory: string, id: string): string {
  return join(dataDirectory, 'pipelines', id);
}

/** Whether it has opened since it was made or edited: before, it has nothing that could be hot. */
export async function isBegun(
  { dataDirectory }: PipelineEnvironment,
  { id, revision }: PipelineDefinition,
): Promise<boolean> {
  const storage = new FileStorage(pipelineDirectory(dataDirectory, id));
  const newest = await new ManifestStore(storage, 'manifests').newest();
  return newest?.manifest.revision === revision;
}

/**
 * Plans the SQL, opens sources and sinks, and recovers: the same after a start, a retry and a
 * crash.
 */
export async function openPipeline(
  environment: PipelineEnvironment,
  request: OpenRequest,
): Promise<OpenPipeline> {
  const { definition, signal } = request;
  const connection = await environment.engine.connect();
  const sources = new Map<string, Source>();
  try {
    const planned = await planScript(definition.sql, connection);
    if (planned.kind === 'errors') throw scriptFailure(planned.errors);
    const scope = { pipelineId: definition.id, baseDirectory: definition.baseDirectory, signal };
    for (const table of request.isAtRest ? [] : planned.plan.script.sources) {
      sources.set(table.name, await environment.connectors.source(table, scope));
    }
    const sinks = await openSinks(environment, planned.plan, scope);
    return await assemble(environment, request, { plan: planned.plan, connection, sources, sinks });
  } catch (thrown) {
    for (const source of sources.values()) await source.close();
    connection.close();
    throw thrown;
  }
}

export type NamedSink = { readonly table: string; readonly sink: Sink };

type Pieces = {
  readonly plan: Plan;
  readonly connection: Connection;
  readonly sources: ReadonlyMap<string, Source>;
  readonly sinks: readonly NamedSink[];
};

async function assemble(
  environment: PipelineEnvironment,
  request: OpenRequest,
  pieces: Pieces,
): Promise<OpenPipeline> {
  const { dataDirectory, engine, clock, newId } = environment;
  const { definition, parts } = request;
  const { plan, connection, sources } = pieces;
  const incarnation = newId();
  const root = pipelineDirectory(dataDirectory, definition.id);
  const store = new ManifestStore(new FileStorage(root), 'manifests');
  const scratchDirectory = join(dataDirectory, 'tmp', definition.id);
  await mkdir(scratchDirectory, { recursive: true });
  const earlierIncarnations = new Set(request.incarnations);
  request.incarnations.add(incarnation);
  const isAtRest = request.isAtRest;
  const { sinks } = pieces;
  const known = { definition, earlierIncarnations, incarnation, sources, sinks, store, parts };
  const gate = environment.state?.gate(definition.id);
  const state = await recover({ ...known, nowMs: clock.nowMs(), mintId: newId, isAtRest });
  for (const live of gate === undefined ? [] : state.sinks) live.sealedEpoch = state.manifest.epoch;
  const work = new EpochWork({
    pipeline: definition.name,
    connection,
    plan,
    decoders: new Map(plan.script.sources.map((table) => [table.name, createDecoder(table)])),
    sinks: pieces.sinks.map(({ sink }) => sink),
    parts,
    scratchDirectory,
    incarnation,
  });
  const roller = new Roller({
    engine,
    parts,
    sinks: state.sinks,
    policies: rollingPolicies(plan),
    clock,
    incarnation,
    note: () => noteOf(definition.name, runner),
    gate,
  });
  const runner: Runner = new Runner({
    state,
    sources,
    work,
    roller,
    store,
    parts,
    incarnation,
    clock,
    gate,
    busyCount: request.busyCount,
    onPublished: request.onPublished,
  });
  const { until } = state.manifest;
  const lags = new LagWatch({ sources, positions: () => runner.positions, until, clock });
  lags.start();
  return {
    plan,
    runner,
    roller,
    sources,
    sinks: state.sinks,
    lags,
    isAtRest: request.isAtRest,
    close: closer({ ...pieces, roller, lags }),
  };
}

/** Closes once, however often it is called. */
function closer(
  open: Omit<Pieces, 'plan'> & { readonly roller: Roller; readonly lags: LagWatch },
): () => Promise<void> {
  const { roller, lags, sources, sinks, connection } = open;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await roller.settle();
    await lags.close();
    for (const source of sources.values()) await source.close();
    for (const { sink } of sinks) if (sink.kind === 'append') await sink.close();
    connection.close();
  };
  return async () => await (closing ??= close());
}

/** Whoever adopts the tables reads from this how far each of the pipeline's sinks is. */
function noteOf(pipeline: string, runner: Runner): Omit<RollNote, 'sink' | 'to'> {
  const { manifest, sinks } = runner;
  return { pipeline, sources: manifest.sources, sinks: sinks.map((sink) => sink.facts) };
}

type OwnScope = Scope & { readonly pipelineId: string };

/** One per output of the plan, and the quarantine's last. */
export async function openSinks(
  environment: PipelineEnvironment,
  plan: Plan,
  scope: OwnScope,
): Promise<readonly NamedSink[]> {
  const sinks: NamedSink[] = [];
  for (const output of plan.outputs) {
    const { name } = output.table;
    sinks.push({ table: name, sink: await openSink(environment, plan, output, scope) });
  }
  const quarantine = await openQuarantine(environment, scope.pipelineId);
  return [...sinks, { table: quarantineTable, sink: quarantine }];
}

async function openSink(
  environment: PipelineEnvironment,
  plan: Plan,
  output: Output,
  scope: OwnScope,
): Promise<Sink> {
  const { connector } = output.table;
  switch (connector.kind) {
    case 'delta':
      return await openDeltaSink(environment, plan, output, scope);
    case 'filesystem': {
      const path = resolvePath(connector.path, scope.baseDirectory);
      const { pipelineId } = scope;
      return await openFilesSink(environment, { plan, output, connector, path, pipelineId });
    }
    default:
      return await environment.connectors.appendSink(connector, scope);
  }
}

async function openDeltaSink(
  environment: PipelineEnvironment,
  plan: Plan,
  output: Output,
  scope: OwnScope,
): Promise<Sink> {
  const { connector, name } = output.table;
  if (connector.kind !== 'delta') throw new HeliosError('internal', `${name} is no Delta table.`);
  const schema = storedSchema(output.schema);
  const partitionFields = checkedPartitionFields(name, connector.partitionFields, schema);
  const path = resolvePath(connector.path, scope.baseDirectory);
  return await deltaSink(environment, {
    name,
    path,
    staging: stagingOf(environment, path, scope.pipelineId),
    schema,
    connector: { ...connector, partitionFields },
    timeColumn: timeColumnOf(plan, output),
  });
}

/** The table of rejected records; it is there before the first of them. */
export async function openQuarantine(
  environment: PipelineEnvironment,
  pipelineId: string,
): Promise<Sink> {
  const local = join(environment.dataDirectory, 'tables', quarantineTable);
  const path = environment.state?.quarantineLocation ?? local;
  return await deltaSink(environment, {
    name: quarantineTable,
    path,
    staging: stagingOf(environment, path, pipelineId),
    schema: storedSchema(quarantineSchema),
    connector: quarantineConnector,
    timeColumn: 'rejected_at',
  });
}

function stagingOf(
  { dataDirectory }: PipelineEnvironment,
  path: string,
  pipelineId: string,
): string {
  const temporaryDirectory = join(dataDirectory, 'tmp');
  return stagingDirectory({ path, temporaryDirectory }, pipelineId);
}

type DeltaSinkRequest = {
  readonly name: string;
  readonly path: string;
  readonly staging: string;
  readonly schema: Schema;
  readonly connector: Extract<SinkConnector, { kind: 'delta' }>;
  readonly timeColumn: string | undefined;
};

async function deltaSink(
  environment: PipelineEnvironment,
  request: DeltaSinkRequest,
): Promise<DeltaSink> {
  const { registry, engine, clock } = environment;
  const table = await registry.openForSink({
    name: request.name,
    path: request.path,
    storageOptions: request.connector.storage,
    schema: request.schema,
    partitionColumns: request.connector.partitionFields,
  });
  return new DeltaSink({
    table: table.delta,
    storage: table.storage,
    engine,
    clock,
    connector: request.connector,
    schema: request.schema,
    timeColumn: request.timeColumn,
    stagingDirectory: request.staging,
    onProblem: environment.onProblem,
  });
}

const quarantineConnector: DeltaSinkRequest['connector'] = {
  kind: 'delta',
  path: quarantineTable,
  storage: {},
  partitionFields: [],
  timePartitionPattern: undefined,
  rolling: {
    intervalMs: 5 * 60 * 1000,
    fileBytes: 128 * 1024 * 1024,
    inactivityMs: undefined,
    onWatermark: false,
  },
  naming: { prefix: undefined, suffix: undefined, strategy: 'uuid_v7' },
  compression: 'zstd',
  rowGroupBytes: undefined,
};

/** Policies as written; a table without any has the default. */
function rollingPolicies(plan: Plan): ReadonlyMap<string, RollingPolicy> {
  const policies = new Map<string, RollingPolicy>();
  for (const { table } of plan.outputs) {
    if (!('rolling' in table.connector)) continue;
    const { rolling } = table.connector;
    const isGiven =
      rolling.onWatermark ||
      [rolling.intervalMs, rolling.fileBytes, rolling.inactivityMs].some(
        (value) => value !== undefined,
      );
    if (isGiven) policies.set(table.name, rolling);
  }
  return policies;
}

/** A path of the script as an absolute one; the URL of a store as it is written best. */
export function resolvePath(path: string, baseDirectory: string): string {
  if (isRemotePath(path)) return printS3Location(parseS3Url(path));
  return path.startsWith('file://') ? fileURLToPath(path) : resolve(baseDirectory, path);
}
