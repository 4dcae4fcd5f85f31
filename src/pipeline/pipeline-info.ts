import type { SourceConnector } from '../sql/script.ts';
import type { Sink, SinkWait } from '../sink/sink.ts';
import type { PartitionLag, SourceWait } from '../source/source.ts';
import type { ManagedPipeline } from './managed-pipeline.ts';
import type { OpenPipeline } from './open-pipeline.ts';
import type { PipelineInfo, SourceInfo, Waiting } from './pipeline.ts';
import { replayTable } from './replay/replay.ts';
import { streamFacts } from './tables/stream-facts.ts';

/** Source name → its partitions. */
export type Lags = ReadonlyMap<string, readonly PartitionLag[]>;

/** What people see of a pipeline; `asked` are lags that were found out for this. */
export function pipelineInfo(managed: ManagedPipeline, asked?: Lags): PipelineInfo {
  const { definition, open, state, error } = managed;
  const manifest = open?.runner.manifest;
  return {
    id: definition.id,
    name: definition.name,
    sql: definition.sql,
    state,
    error,
    createdAtMs: definition.createdAtMs,
    epoch: manifest?.epoch ?? 0,
    bytesIn: manifest?.bytesIn ?? 0,
    recordsRejected: manifest?.recordsRejected ?? 0,
    recordsReplayed: manifest?.recordsReplayed ?? 0,
    recordsDropped: manifest?.recordsDropped ?? 0,
    recent: managed.recent,
    kept: managed.kept,
    stream: open?.plan.dataflow && streamFacts(open.plan.dataflow, manifest?.stream),
    sources: open === undefined ? [] : sourceInfos(open, { state, asked }),
    sinks: open === undefined ? [] : sinkInfos(open, state),
  };
}

function sourceInfos(
  open: OpenPipeline,
  { state, asked }: { readonly state: PipelineInfo['state']; readonly asked: Lags | undefined },
): PipelineInfo['sources'] {
  const isRunning = state === 'running';
  return open.plan.script.sources.map(({ name, connector }) => {
    const lags = (asked ?? open.lags.lags).get(name);
    const bytesBehind = isRunning ? open.runner.bytesBehind.get(name) : undefined;
    return {
      name,
      connector: connector.kind,
      reads: streamsRead(connector),
      bytesBehind: lags === undefined ? bytesBehind : total(lags, ({ bytes }) => bytes),
      lagRecords: lags && total(lags, ({ records }) => asNumber(records)),
      lagMs: lags && greatest(lags.map(({ ms }) => ms)),
      waiting: isRunning ? shownWait(open.sources.get(name)?.waiting?.()) : undefined,
      partitions: partitionInfos(open, { name, kind: connector.kind }, lags),
    };
  });
}

function streamsRead(connector: SourceConnector): SourceInfo['reads'] {
  if (connector.kind === 'http') return { names: [connector.stream] };
  if (connector.kind !== 'kafka' && connector.kind !== 'kinesis') return undefined;
  const connection = connector.connection.profile;
  if (connector.kind === 'kinesis') return { names: [connector.stream], connection };
  const { topics } = connector;
  return topics.kind === 'names'
    ? { names: topics.names, connection }
    : { names: [], pattern: topics.pattern.source, connection };
}

function shownWait(wait: SourceWait | SinkWait | undefined): Waiting | undefined {
  if (wait === undefined) return undefined;
  return { sinceMs: wait.sinceMs, message: wait.error.message, hint: wait.error.hint };
}

function partitionInfos(
  open: OpenPipeline,
  { name, kind }: { readonly name: string; readonly kind: string },
  lags: readonly PartitionLag[] | undefined,
): SourceInfo['partitions'] {
  if (!streams.has(kind)) return [];
  const positions = open.runner.positions.get(name) ?? new Map<string, undefined>();
  const byName = new Map((lags ?? []).map((lag) => [lag.partition, lag]));
  const names = [...new Set([...positions.keys(), ...byName.keys()])];
  return names.map((partition) => {
    const lag = byName.get(partition);
    return {
      partition,
      position: positions.get(partition),
      lagRecords: asNumber(lag?.records),
      lagBytes: lag?.bytes,
      lagMs: lag?.ms,
      lagKnownAtMs: lag?.lastKnownAtMs,
    };
  });
}

/** Connectors whose partitions people look at one by one. */
const streams: ReadonlySet<string> = new Set(['http', 'kafka', 'kinesis']);

function asNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Undefined where one of them is unknown. */
function total(
  lags: readonly PartitionLag[],
  valueOf: (lag: PartitionLag) => number | undefined,
): number | undefined {
  const values = lags.map(valueOf);
  if (values.includes(undefined)) return undefined;
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function greatest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length < values.length ? undefined : Math.max(0, ...known);
}

function sinkInfos(open: OpenPipeline, state: PipelineInfo['state']): PipelineInfo['sinks'] {
  const connectors = new Map(
    open.plan.outputs.map(({ table }) => [table.name, table.connector.kind]),
  );
  // What became of replayed records is no row of the pipeline's.
  const sinks = open.sinks.filter(({ table }) => table !== replayTable);
  return sinks.map((live) => ({
    table: live.table,
    connector: connectors.get(live.table) ?? 'delta',
    rowsOut: live.rowsOut,
    hotRows: live.hotRows,
    rolledEpoch: live.rolledEpoch ?? 0,
    ...appendFacts(live.sink, state),
  }));
}

/** What only sinks tell whose rows go at once. */
function appendFacts(
  sink: Sink,
  state: PipelineInfo['state'],
): Pick<PipelineInfo['sinks'][0], 'droppedCount' | 'waiting'> {
  if (sink.kind === 'table') return { droppedCount: 0, waiting: undefined };
  const waiting = state === 'running' ? shownWait(sink.waiting?.()) : undefined;
  return { droppedCount: sink.droppedCount ?? 0, waiting };
}
