import type { SinkColumn, SinkConnector, SinkTable } from '../script.ts';
import { connectorRefusal } from './availability.ts';
import { readDelta } from './folder/delta.ts';
import { readFilesystemSink } from './folder/filesystem.ts';
import { checkPartitions } from './folder/folder-options.ts';
import type { OptionReader } from './option-reader.ts';
import { readJsonForm, readSinkFormat } from './formats.ts';
import { readLocalPath } from './sources.ts';
import { readKafkaSink } from './stream/kafka.ts';
import type { TableText } from './table-text.ts';
import { readWebhook } from './webhook/webhook.ts';

/** Makes a sink of a CREATE TABLE; what is wrong is reported, and undefined comes back then. */
export function readSink(table: TableText): SinkTable | undefined {
  const { options } = table;
  const columns = readColumns(table);
  const connector = readConnector(table, columns);
  if (connector === undefined) return undefined;
  const hasFolders = connector.kind === 'delta' || connector.kind === 'filesystem';
  if (!hasFolders && table.partitionedBy !== undefined) {
    const message = `The connector ${connector.kind} does not partition.`;
    options.report(table.partitionedBy[0] ?? table.name, message, 'Leave PARTITIONED BY out.');
  }
  if (hasFolders) checkPartitions(table, connector.partitionFields, columns);
  const form = readJsonForm(options, connector);
  const keepsLate = readLateRows(options, connector);
  if (connector.kind !== 'kafka') {
    const hint = 'Leave it out: connections are those of Kafka and Kinesis.';
    options.refuse('connection_profile', 'This connector has no connection.', hint);
  }
  options.finish(table.connector);
  return {
    name: table.name.value,
    position: table.lines.positionOf(table.name),
    connector,
    columns,
    ...form,
    ...(keepsLate ? { keepsLate } : {}),
  };
}

/** They go into a Delta table of their own, beside the sink's. */
function readLateRows(options: OptionReader, { kind }: SinkConnector): true | undefined {
  const choices = { count: undefined, keep: true } as const;
  if (options.choice<true | undefined>(['late_rows'], choices) === undefined) return undefined;
  if (kind === 'delta') return true;
  const message = `late_rows = 'keep' needs a Delta table, and this is a sink of ${kind}.`;
  const hint =
    "Late rows go into a table beside the sink's: write into connector = 'delta' too, and keep " +
    "them there. With 'count' they are counted.";
  options.report(options.spanOf('late_rows'), message, hint);
  return undefined;
}

function readConnector(
  table: TableText,
  columns: readonly SinkColumn[] | undefined,
): SinkConnector | undefined {
  const { options } = table;
  switch (table.connector) {
    case 'delta':
      return readDelta(table);
    case 'filesystem':
      return readFilesystemSink(table);
    case 'kafka':
    case 'confluent':
      return readKafkaSink(table, readTextFormat(options), columns);
    case 'webhook':
      readSinkFormat(options, ['json', 'debezium_json']);
      return readWebhook(table);
    case 'single_file':
      return { kind: 'single_file', path: readLocalPath(options), format: readTextFormat(options) };
    case 'stdout':
    case 'preview':
      readSinkFormat(options, ['json', 'debezium_json']);
      return { kind: 'stdout', format: 'json' };
    case 'blackhole':
      readSinkFormat(options, ['json', 'debezium_json']);
      return { kind: 'blackhole' };
    default: {
      const { message, hint } = connectorRefusal(table.connector, 'sink');
      options.report(options.spanOf('connector'), message, hint);
      return undefined;
    }
  }
}

function readTextFormat(options: OptionReader): 'json' | 'raw_string' {
  const format = readSinkFormat(options, ['json', 'raw_string', 'debezium_json']);
  return format === 'raw_string' ? format : 'json';
}

function readColumns(table: TableText): readonly SinkColumn[] | undefined {
  const { list, options } = table;
  // Without columns it takes those of the INSERTs.
  if (list === undefined || list.columns.length === 0) return undefined;
  if (list.watermark !== undefined) {
    const hint = 'Watermarks belong to sources: move it to the table that is read.';
    options.report(list.watermark.column, 'A sink has no watermark.', hint);
  }
  return list.columns.map(({ name, type, isNotNull, origin }) => {
    if (origin.kind !== 'field') {
      const message = `The sink's column "${name.value}" is ${origin.kind}.`;
      options.report(name, message, 'Compute it in the SELECT of the INSERT.');
    }
    return { name: name.value, type, isNotNull };
  });
}
