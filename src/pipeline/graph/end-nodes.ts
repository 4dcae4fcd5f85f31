import { duckdbType } from '../../engine/types.ts';
import type { LookupTable, SinkConnector, SourceConnector, SourceTable } from '../../sql/script.ts';
import type { DataflowLookup, DataflowOutput, SourceTime } from '../dataflow/dataflow.ts';
import type { Output } from '../plan/plan.ts';
import { detailsOf, type GraphNode, spanText } from './graph.ts';

/** `time`: where the plan asks for its events' time. */
export function sourceNode(source: SourceTable, time: SourceTime | undefined): GraphNode {
  const { name, connector, format, badData } = source;
  return {
    id: name,
    kind: 'source',
    label: name,
    details: detailsOf({
      connector: connector.kind,
      reads: readFrom(connector),
      format: format.kind,
      event_time: timeOf(time),
      watermark: time?.kind === 'column' ? time.label?.watermark : undefined,
      idle_partitions: idleText(time),
      bad_records: badData === 'quarantine' ? undefined : badData,
    }),
  };
}

function timeOf(time: SourceTime | undefined): string | undefined {
  if (time === undefined) return undefined;
  return time.kind === 'arrival' ? 'when records arrive' : time.label?.time;
}

function idleText(time: SourceTime | undefined): string | undefined {
  if (time === undefined) return undefined;
  const { idleMs } = time;
  return idleMs === undefined ? 'waited for' : `set aside after ${spanText(idleMs)}`;
}

function readFrom(connector: SourceConnector): string {
  switch (connector.kind) {
    case 'http':
    case 'kinesis':
      return `stream ${connector.stream}`;
    case 'kafka': {
      const { topics } = connector;
      if (topics.kind === 'pattern') return `topics like ${topics.pattern.source}`;
      return `topic ${topics.names.join(', ')}`;
    }
    default:
      return connector.path;
  }
}

/** `columns`: those that the plan reads. */
export function lookupNode(table: LookupTable, columns: DataflowLookup['columns']): GraphNode {
  const { name, place, checkMs } = table;
  return {
    id: name,
    kind: 'lookup',
    label: name,
    details: detailsOf({
      reads: place?.path ?? 'a table of Helios, as it is then',
      columns: columns.map((column) => column.name),
      looked_at_again: `after ${spanText(checkMs)}`,
    }),
  };
}

/** `compiled`: what it is made by, of a script that keeps state. */
export function sinkNode(output: Output, compiled: DataflowOutput | undefined): GraphNode {
  const { table, schema } = output;
  const { connector } = table;
  const hasFolders = connector.kind === 'delta' || connector.kind === 'filesystem';
  return {
    id: table.name,
    kind: 'sink',
    label: table.name,
    details: detailsOf({
      connector: connector.kind,
      writes: writtenTo(connector),
      format: table.takesChanges === true ? 'debezium_json' : formatOf(connector),
      mode: modeOf(output, compiled),
      partitioned_by: hasFolders ? connector.partitionFields : undefined,
      columns: schema.map(({ name, type }) => `${name} ${duckdbType(type)}`),
    }),
  };
}

function modeOf({ table }: Output, compiled: DataflowOutput | undefined): string {
  if (compiled?.keys !== undefined) return `kept current, by ${compiled.keys.join(', ')}`;
  return table.takesChanges === true ? 'changes: before and after' : 'append';
}

function formatOf(connector: SinkConnector): string | undefined {
  if (!('format' in connector)) return undefined;
  return typeof connector.format === 'string' ? connector.format : connector.format.kind;
}

/** No address of a webhook: there may be secrets in it. */
function writtenTo(connector: SinkConnector): string | undefined {
  switch (connector.kind) {
    case 'kafka':
      return `topic ${connector.topic}`;
    case 'webhook':
      return connector.method;
    case 'stdout':
    case 'blackhole':
      return undefined;
    default:
      return connector.path;
  }
}
