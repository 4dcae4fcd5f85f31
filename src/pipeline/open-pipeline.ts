import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { HeliosError } from '../base/errors.ts';
import type { PipelineDefinition } from '../catalog/catalog.ts';
import type { Connection, Engine } from '../engine/engine.ts';
import { createDecoder } from '../format/create-decoder.ts';
import type { Decoder } from '../format/format.ts';
import type { AppendSink } from '../sink/sink.ts';
import type { Batch } from '../event/record.ts';
import type { Source } from '../source/source.ts';
import type {
  RollingPolicy,
  Script,
  ScriptError,
  SinkConnector,
  SourceTable,
} from '../sql/script.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import type { RollNote } from './adoption/adoption.ts';
import { EpochWork } from './epoch/epoch-work.ts';
import type { LiveSink } from './epoch/live-sink.ts';
import type { Manifest } from './epoch/manifest.ts';
import { ManifestStore } from './epoch/manifest-store.ts';
import type { PartStore } from './epoch/part-store.ts';
import { recover } from './epoch/recovery.ts';
import { Roller } from './epoch/roller.ts';
import { type PublishedEpoch, Runner } from './epoch/runner.ts';
import { LagWatch } from './lag-watch.ts';
import { lookupCopies } from './lookup/lookup-copies.ts';
import type { LookupTables } from './lookup/lookup-tables.ts';
import { rememberedTables, rememberTables } from './lookup/remembered-tables.ts';
import type { Plan } from './plan/plan.ts';
import { planScript, scriptFailure } from './plan/planner.ts';
import { ReplayFeed } from './replay/replay-feed.ts';
import { type NamedSink, openSinks } from './sinks/open-sinks.ts';
import type { KeptState } from './state/state-gate.ts';
import { DataflowWork } from './stream/dataflow-work.ts';
import { nodeIdentities } from './stream/node-identity.ts';
import { StateMerger } from './stream/state-merger.ts';
import type { TableRegistry } from './tables/table-registry.ts';
import { placeViews } from './views/view-places.ts';

/** What a pipeline's definition refers to outside of the SQL. */
export type Scope = {
  /** Who reads; undefined for a preview, which holds nothing. */
  readonly pipelineId: string | undefined;
  /** Where relative paths start. */
  readonly baseDirectory: string;
  /** Aborts when it shall stop: nobody waits for somebody else's servers then. */
  readonly signal?: AbortSignal | undefined;
};

/** Makes another batch of one, which it then releases; what it throws leaves that to the caller. */
export type Alter = (batch: Batch, signal: AbortSignal) => Promise<Batch>;

/**
 * Makes the sources and plain sinks that a script names: which implementations exist is main's
 * choice.
 */
export type Connectors = {
  readonly source: (table: SourceTable, scope: Scope) => Promise<Source>;
  readonly appendSink: (
    connector: Exclude<SinkConnector, { kind: 'delta' | 'filesystem' }>,
    /** With the name of the sink's table. */
    scope: Scope & { readonly table: string },
  ) => Promise<AppendSink>;
  /** What is done to batches of a source before they are decoded, where anything is. */
  readonly alter?: (table: SourceTable) => Promise<Alter | undefined>;
  /** What can be told to be wrong without asking anybody: a connection that isn't there, say. */
  readonly problems: (script: Script) => readonly ScriptError[];
};

export type PipelineEnvironment = {
  readonly dataDirectory: string;
  readonly engine: Engine;
  readonly registry: TableRegistry;
  readonly connectors: Connectors;
  /** The tables that scripts may join with; none unless given. */
  readonly lookups?: LookupTables | undefined;
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
  environment: PipelineEnvironment,
  definition: PipelineDefinition,
): Promise<boolean> {
  return (await newestManifest(environment, definition))?.revision === definition.revision;
}

/** Undefined before it has opened for the first time. */
export async function newestManifest(
  { dataDirectory }: PipelineEnvironment,
  { id }: PipelineDefinition,
): Promise<Manifest | undefined> {
  const storage = new FileStorage(pipelineDirectory(dataDirectory, id));
  return (await new ManifestStore(storage, 'manifests').newest())?.manifest;
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
    const { lookups } = environment;
    const storage = new FileStorage(pipelineDirectory(environment.dataDirectory, definition.id));
    const tables = request.isAtRest ? await rememberedTables(storage, lookups) : lookups;
    const planned = await planScript(definition.sql, connection, tables);
    if (planned.kind === 'errors') throw scriptFailure(planned.errors);
    if (!request.isAtRest) await rememberTables(storage, planned.plan);
    const plan = placeViews(planned.plan, environment);
    const scope = { pipelineId: definition.id, baseDirectory: definition.baseDirectory, signal };
    for (const table of request.isAtRest ? [] : planned.plan.script.sources) {
      sources.set(table.name, await environment.connectors.source(table, scope));
    }
    const { replays = [] } = (await newestManifest(environment, definition)) ?? {};
    const sinks = await openSinks(environment, plan, scope, replays.length > 0);
    return await assemble(environment, request, { plan, connection, sources, sinks });
  } catch (thrown) {
    for (const source of sources.values()) await source.close();
    connection.close();
    throw thrown;
  }
}

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
  const { plan, connection, sources, sinks } = pieces;
  const incarnation = newId();
  const root = pipelineDirectory(dataDirectory, definition.id);
  const store = new ManifestStore(new FileStorage(root), 'manifests');
  const scratchDirectory = join(dataDirectory, 'tmp', definition.id);
  await mkdir(scratchDirectory, { recursive: true });
  const earlierIncarnations = new Set(request.incarnations);
  request.incarnations.add(incarnation);
  const { isAtRest } = request;
  const known = { definition, earlierIncarnations, incarnation, sources, sinks, store, parts };
  const gate = environment.state?.gate(definition.id);
  const { dataflow } = plan;
  const identities = dataflow && nodeIdentities(plan, dataflow);
  const now = { nowMs: clock.nowMs(), mintId: newId, isAtRest, identities };
  const state = await recover({ ...known, ...now });
  const { baseDirectory } = definition;
  const lookups = lookupCopies(plan, {
    ...{ connection, clock, baseDirectory },
    tables: environment.lookups,
  });
  const streaming = dataflow && new DataflowWork({ ...known, connection, plan, dataflow, lookups });
  if (!isAtRest) await lookups?.refresh();
  if (!isAtRest) await streaming?.open(state.manifest.stream);
  for (const live of gate === undefined ? [] : state.sinks) live.sealedEpoch = state.manifest.epoch;
  const work = new EpochWork({
    ...{ plan, connection, parts, incarnation, scratchDirectory },
    pipeline: definition.name,
    decoders: decodersOf(plan),
    sinks: sinks.map(({ sink }) => sink),
    memoryBytes: engine.memoryBytes,
    dataflow: streaming,
  });
  const roller = new Roller({
    ...{ engine, parts, clock, incarnation },
    sinks: state.sinks,
    policies: rollingPolicies(plan),
    note: () => noteOf(definition.name, runner),
    gate,
    merger: streaming && new StateMerger({ engine, parts, incarnation, streaming }),
  });
  const runner: Runner = new Runner({
    ...{ state, sources, work, roller, store, parts, incarnation, clock, gate },
    dataflow: streaming,
    lookups,
    replays: new ReplayFeed({ ...environment, definition, plan, connection, scratchDirectory }),
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
    isAtRest,
    close: closer({ ...pieces, roller, lags }),
  };
}

function decodersOf({ script }: Plan): ReadonlyMap<string, Decoder> {
  return new Map(script.sources.map((table) => [table.name, createDecoder(table)]));
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
