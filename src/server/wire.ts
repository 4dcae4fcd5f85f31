import type { HeliosError } from '../base/errors.ts';
import type { Connection, ConnectionStep } from '../connection/connection.ts';
import { duckdbType } from '../engine/types.ts';
import type { Schema } from '../event/schema.ts';
import type { BackedStreamInfo } from '../log/backed-streams.ts';
import type { DamagedStream, StreamInfo } from '../log/log.ts';
import { slowestPartition } from '../pipeline/partition-lags.ts';
import type { PipelineInfo, PreviewEvent, Validation, Waiting } from '../pipeline/pipeline.ts';
import type {
  ColumnAnswer,
  ConnectionAnswer,
  ConnectionStepLine,
  PipelineAnswer,
  PreviewLine,
  StreamAnswer,
  TableAnswer,
  ValidateAnswer,
  WaitingAnswer,
} from './api.ts';
import type { DamagedStreamAnswer } from './damaged-streams.ts';
import type { TableInfo } from './dependencies.ts';
import type { RecentCounts, RecordCountsAnswer } from './recent-api.ts';

/** A pipeline as the API shows it. */
export function pipelineAnswer(info: PipelineInfo): PipelineAnswer {
  return {
    id: info.id,
    name: info.name,
    sql: info.sql,
    state: info.state,
    error: info.error,
    created_at: timeText(info.createdAtMs),
    epoch: info.epoch,
    bytes_in: info.bytesIn,
    records_rejected: info.recordsRejected,
    records_replayed: info.recordsReplayed,
    records_dropped: info.recordsDropped,
    recent: {
      since: timeText(info.recent.sinceMs),
      ...recentCounts(info.recent),
      rejected_by_minute: info.recent.rejectedByMinute(),
    },
    kept: keptAnswer(info.kept),
    sources: info.sources.map((source) => ({
      name: source.name,
      connector: source.connector,
      reads: source.reads,
      bytes_behind: source.bytesBehind,
      lag_records: source.lagRecords,
      lag_ms: wholeMs(source.lagMs),
      recent: recentCounts(info.recent, source.name),
      slowest_partition: slowestPartition(source.partitions)?.partition,
      waiting: waitingAnswer(source.waiting),
    })),
    sinks: info.sinks.map((sink) => ({
      table: sink.table,
      connector: sink.connector,
      rows_out: sink.rowsOut,
      hot_rows: sink.hotRows,
      rolled_epoch: sink.rolledEpoch,
      rows_dropped: sink.droppedCount === 0 ? undefined : sink.droppedCount,
      waiting: waitingAnswer(sink.waiting),
    })),
  };
}

function waitingAnswer(waiting: Waiting | undefined): WaitingAnswer | undefined {
  if (waiting === undefined) return undefined;
  const { sinceMs, message, hint } = waiting;
  return { since: timeText(sinceMs), message, hint };
}

function recentCounts(recent: PipelineInfo['recent'], source?: string): RecentCounts {
  const within = (windowMs: number): RecordCountsAnswer => {
    const { read, rejected } = recent.within(windowMs, source);
    return { records_read: read, records_rejected: rejected };
  };
  return { last_5_minutes: within(300_000), last_hour: within(3_600_000) };
}

/** With the partitions of its sources. */
export function pipelineDetails(info: PipelineInfo): PipelineAnswer {
  const answer = pipelineAnswer(info);
  const sources = answer.sources.map((source, index) => ({
    ...source,
    partitions: info.sources[index]?.partitions.map((partition) => ({
      partition: partition.partition,
      position: partition.position,
      lag_records: partition.lagRecords,
      lag_bytes: partition.lagBytes,
      lag_ms: wholeMs(partition.lagMs),
      lag_known_at:
        partition.lagKnownAtMs === undefined ? undefined : timeText(partition.lagKnownAtMs),
    })),
  }));
  return { ...answer, sources };
}

function wholeMs(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : Math.round(durationMs);
}

function keptAnswer(kept: PipelineInfo['kept']): PipelineAnswer['kept'] {
  if (kept === undefined) return undefined;
  const { epoch, failingSinceMs: sinceMs } = kept;
  return sinceMs === undefined ? { epoch } : { epoch, failing_since: timeText(sinceMs) };
}

export function validateAnswer(validation: Validation): ValidateAnswer {
  if (validation.kind === 'errors') return { valid: false, errors: validation.errors };
  const sinks = validation.sinks.map(({ name, schema }) => ({ name, columns: columns(schema) }));
  const { graph, plan } = validation;
  return { valid: true, graph, plan, sinks };
}

export function previewLine(event: PreviewEvent): PreviewLine {
  if (event.kind !== 'end') return event;
  return {
    kind: 'end',
    row_count: event.rowCount,
    rejected_count: event.rejectedCount,
    reason: event.reason,
  };
}

export function tableAnswer(info: TableInfo): TableAnswer {
  return {
    name: info.name,
    kind: info.kind,
    path: info.path,
    columns: columns(info.schema),
    version: info.version,
    files: info.files,
    rows: info.rows,
    bytes: info.bytes,
    hot_rows: info.hotRows,
    newest_event: optionalTime(info.newestEventMs),
    rejected_count: info.rejectedCount,
    error: info.problem && problemAnswer(info.problem),
  };
}

function problemAnswer({ code, message, hint }: HeliosError): DamagedStreamAnswer['error'] {
  return { code, message, hint };
}

export function streamAnswer(info: StreamInfo): StreamAnswer {
  return {
    id: info.id,
    name: info.name,
    created_at: timeText(info.createdAtMs),
    backing: null,
    retention_ms: info.retention.ageMs,
    retention_bytes: info.retention.bytes ?? null,
    durability: info.durability,
    bytes: info.bytes,
    partitions: info.partitions.map((partition) => ({
      start_offset: partition.startOffset,
      end_offset: partition.endOffset,
      bytes: partition.bytes,
      newest_arrival: optionalTime(partition.newestArrivedAtMs),
    })),
  };
}

export function damagedStreamAnswer({ name, error }: DamagedStream): DamagedStreamAnswer {
  return { name, error: problemAnswer(error) };
}

export function backedStreamAnswer(info: BackedStreamInfo): StreamAnswer {
  const { kind, connection, topic } = info.backing;
  return {
    id: info.id,
    name: info.name,
    created_at: timeText(info.createdAtMs),
    backing: { kind, connection, topic },
    retention_ms: info.retentionMs ?? null,
    retention_bytes: null,
    durability: { survives: 'machine', by: kind },
    bytes: null,
    partitions: (info.partitions ?? []).map(({ startOffset, endOffset }) => ({
      start_offset: startOffset,
      end_offset: endOffset,
      bytes: null,
    })),
  };
}

export function connectionAnswer(connection: Connection): ConnectionAnswer {
  const { name, kind, options, createdAtMs } = connection;
  return { name, kind, options, created_at: timeText(createdAtMs) };
}

export function connectionStepLine(step: ConnectionStep): ConnectionStepLine {
  const { durationMs, ...rest } = step;
  return { ...rest, duration_ms: durationMs };
}

/** A time as the API writes it: RFC 3339 in UTC. */
export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function optionalTime(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : timeText(timeMs);
}

function columns(schema: Schema): readonly ColumnAnswer[] {
  return schema.map(({ name, type }) => ({ name, type: duckdbType(type) }));
}
