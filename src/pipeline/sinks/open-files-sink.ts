import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { HeliosError } from '../../base/errors.ts';
import { storedSchema } from '../../delta/schema-json.ts';
import type { Engine } from '../../engine/engine.ts';
import { FilesystemSink } from '../../sink/filesystem/filesystem-sink.ts';
import { lineSchema } from '../../sink/filesystem/line-columns.ts';
import type { SinkConnector } from '../../sql/script.ts';
import { checkedPartitionFields } from '../plan/partition-fields.ts';
import { type Output, type Plan, timeColumnOf } from '../plan/plan.ts';
import type { FilesDefinition } from '../tables/file-tables.ts';
import type { TableRegistry } from '../tables/table-registry.ts';

type FilesConnector = Extract<SinkConnector, { kind: 'filesystem' }>;

type Environment = {
  readonly dataDirectory: string;
  readonly engine: Engine;
  readonly registry: TableRegistry;
  readonly clock: Clock;
  readonly onProblem: (problem: HeliosError) => void;
};

export type FilesSinkRequest = {
  readonly plan: Plan;
  readonly output: Output;
  readonly connector: FilesConnector;
  /** Absolute, or a URL. */
  readonly path: string;
  readonly pipelineId: string;
};

/** The sink of an output that goes into raw files; makes the folder where there is none. */
export async function openFilesSink(
  environment: Environment,
  { plan, output, connector, path, pipelineId }: FilesSinkRequest,
): Promise<FilesystemSink> {
  const { registry, engine, clock, dataDirectory, onProblem } = environment;
  const definition = filesDefinition(output, connector, path);
  const { files: table, storage } = await registry.files.openForSink(definition);
  const place = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return new FilesystemSink({
    table,
    storage,
    engine,
    clock,
    connector: { ...connector, partitionFields: definition.partitionColumns },
    columns: definition.columns,
    timeColumn: timeColumnOf(plan, output),
    // Not below the table: who reads all files there would see rows twice.
    stagingDirectory: join(dataDirectory, 'tmp', 'staging', pipelineId, place),
    onProblem,
  });
}

/**
 * What a folder has to be for an output. `invalid_config` for columns that can't be its folders.
 */
export function filesDefinition(
  { table, schema }: Output,
  connector: FilesConnector,
  path: string,
): FilesDefinition {
  const { format, partitionFields, storage } = connector;
  const stored = storedSchema(schema);
  return {
    name: table.name,
    path,
    storageOptions: storage,
    columns: format.kind === 'json' ? lineSchema(schema) : stored,
    format:
      format.kind === 'json'
        ? { kind: 'json', timestampFormat: format.timestampFormat }
        : { kind: 'parquet' },
    partitionColumns: checkedPartitionFields(table.name, partitionFields, stored),
  };
}
