import { join } from 'node:path';
import { HeliosError } from '../../base/errors.ts';
import { takesLocalTimes, withLocalTimes, withTimesOf } from '../../delta/local-times.ts';
import { storedSchema } from '../../delta/schema-json.ts';
import { checkReplaceable } from '../../delta/replaced-files.ts';
import type { DeltaTable } from '../../delta/table.ts';
import type { Schema } from '../../event/schema.ts';
import { DeltaSink } from '../../sink/delta/delta-sink.ts';
import type { Sink } from '../../sink/sink.ts';
import type { SinkConnector } from '../../sql/script.ts';
import { quarantineSchema, quarantineTable } from '../epoch/quarantine.ts';
import type { PipelineEnvironment, Scope } from '../open-pipeline.ts';
import { checkedPartitionFields } from '../plan/partition-fields.ts';
import { replaySchema, replayTable } from '../replay/replay.ts';
import { type Output, type Plan, timeColumnOf } from '../plan/plan.ts';
import { checkOnlyFeeder } from '../tables/only-feeder.ts';
import { stagingDirectory } from '../tables/table-registry.ts';
import { openFilesSink } from './open-files-sink.ts';
import { resolvePath } from './resolve-path.ts';

export type NamedSink = { readonly table: string; readonly sink: Sink };

type OwnScope = Scope & { readonly pipelineId: string };

/**
 * One per output of the plan, then the quarantine's, and that of replays' outcomes where there were
 * replays.
 */
export async function openSinks(
  environment: PipelineEnvironment,
  plan: Plan,
  scope: OwnScope,
  hasReplays = false,
): Promise<readonly NamedSink[]> {
  const sinks: NamedSink[] = [];
  for (const output of plan.outputs) {
    const { name } = output.table;
    sinks.push({ table: name, sink: await openSink(environment, plan, output, scope) });
  }
  const quarantine = await openQuarantine(environment, scope.pipelineId);
  sinks.push({ table: quarantineTable, sink: quarantine });
  if (!hasReplays) return sinks;
  const outcomes = await openOutcomes(environment, scope.pipelineId);
  return [...sinks, { table: replayTable, sink: outcomes }];
}

async function openSink(
  environment: PipelineEnvironment,
  plan: Plan,
  output: Output,
  scope: OwnScope,
): Promise<Sink> {
  const { connector, name: table } = output.table;
  switch (connector.kind) {
    case 'delta':
      return await openDeltaSink(environment, plan, output, scope);
    case 'filesystem': {
      const path = resolvePath(connector.path, scope.baseDirectory);
      const { pipelineId } = scope;
      return await openFilesSink(environment, { plan, output, connector, path, pipelineId });
    }
    default:
      return await environment.connectors.appendSink(connector, { ...scope, table });
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
  const keys = plan.dataflow?.outputs.find(({ table }) => table === name)?.keys;
  const feeders = environment.registry.get(name)?.feeders ?? [];
  checkOnlyFeeder(feeders, { table: name, keys, pipelineId: scope.pipelineId });
  return await deltaSink(environment, {
    name,
    path,
    staging: stagingOf(environment, path, scope.pipelineId),
    schema,
    connector: { ...connector, partitionFields },
    timeColumn: timeColumnOf(plan, output),
    keys,
  });
}

/** The table of rejected records; it is there before the first of them. */
export async function openQuarantine(
  environment: PipelineEnvironment,
  pipelineId: string,
): Promise<Sink> {
  return await openOwn(environment, pipelineId, {
    name: quarantineTable,
    schema: storedSchema(quarantineSchema),
    timeColumn: 'rejected_at',
  });
}

/** The table of what replays made of rejected records. */
export async function openOutcomes(
  environment: PipelineEnvironment,
  pipelineId: string,
): Promise<Sink> {
  return await openOwn(environment, pipelineId, {
    name: replayTable,
    schema: storedSchema(replaySchema),
    timeColumn: 'replayed_at',
  });
}

async function openOwn(
  environment: PipelineEnvironment,
  pipelineId: string,
  table: Pick<DeltaSinkRequest, 'name' | 'schema' | 'timeColumn'>,
): Promise<Sink> {
  const local = join(environment.dataDirectory, 'tables', table.name);
  const path = environment.state?.tableLocation(table.name) ?? local;
  const staging = stagingOf(environment, path, pipelineId);
  return await deltaSink(environment, { ...table, path, staging, connector: ownConnector });
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
  /** Of a table that is kept current. */
  readonly keys?: readonly string[] | undefined;
};

async function deltaSink(
  environment: PipelineEnvironment,
  request: DeltaSinkRequest,
): Promise<DeltaSink> {
  const { registry, engine, clock } = environment;
  const { hasLocalTimes = false, properties } = request.connector;
  const table = await registry.openForSink({
    name: request.name,
    path: request.path,
    storageOptions: request.connector.storage,
    schema: hasLocalTimes ? withLocalTimes(request.schema) : request.schema,
    configuration: properties,
    partitionColumns: request.connector.partitionFields,
  });
  if (request.keys !== undefined) checkReplaceable(table.delta.snapshot());
  return new DeltaSink({
    table: table.delta,
    current: request.keys && { keys: request.keys, deletedRows: table.deletedRows },
    storage: table.storage,
    engine,
    clock,
    connector: request.connector,
    schema: schemaFor(table.delta, request.schema, hasLocalTimes),
    timeColumn: request.timeColumn,
    stagingDirectory: request.staging,
    onProblem: environment.onProblem,
  });
}

/** A table's times are with a zone or without, whatever the SQL would have for a new one. */
function schemaFor(table: DeltaTable, schema: Schema, hasLocalTimes: boolean): Schema {
  const { metadata, protocol } = table.state();
  const takesNew = hasLocalTimes && takesLocalTimes(protocol);
  return withTimesOf(schema, metadata.schemaString, { takesNew });
}

/** Of the tables that Helios makes by itself. */
const ownConnector: DeltaSinkRequest['connector'] = {
  kind: 'delta',
  path: '',
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
  // Two thirds of the time of level 3, and the file is one hundredth larger.
  compressionLevel: 1,
  // Whole records, twice: some 32,000 of them are large enough for a group, and fit in memory.
  rowGroupBytes: 4 * 1024 * 1024,
};
