import type { AuditLog } from '../../access/audit-log.ts';
import type { QueryService } from '../query.ts';
import { type Journal, maintenanceRows } from '../../pipeline/care/journal.ts';
import type { Supervisor } from '../../pipeline/supervisor.ts';
import type { QueryableTables } from '../../pipeline/tables/queryable-tables.ts';
import {
  type SystemRow,
  systemSchemas,
  type SystemTableName,
} from '../../pipeline/tables/system-tables.ts';
import { watermarkTime } from '../../pipeline/tables/stream-facts.ts';
import { fileRows } from '../../pipeline/tables/table-facts.ts';
import type { TableRegistry } from '../../pipeline/tables/table-registry.ts';
import { type StoreFacts, storeSamples } from '../../storage/store-facts.ts';

export type SystemSources = {
  readonly supervisor: Supervisor;
  readonly registry: TableRegistry;
  readonly queries: QueryService;
  /** Undefined while nothing in an object store was opened. */
  readonly stores?: (() => StoreFacts | undefined) | undefined;
  readonly journal: Pick<Journal, 'runs'>;
  readonly audit: Pick<AuditLog, 'entries'>;
};

/** Makes Helios's own facts tables that SQL can name. */
export function addSystemTables(queryable: QueryableTables, sources: SystemSources): void {
  const { supervisor, registry, queries, journal, audit } = sources;
  const rows: Readonly<Record<SystemTableName, () => readonly SystemRow[]>> = {
    'helios.pipelines': () => pipelineRows(supervisor),
    'helios.partitions': () => partitionRows(supervisor),
    'helios.watermarks': () => watermarkRows(supervisor),
    'helios.operators': () => operatorRows(supervisor),
    'helios.epochs': () => supervisor.epochRows(),
    'helios.files': () => fileRows(registry),
    'helios.queries': () => queryRows(queries),
    'helios.metrics': () => metricRows(supervisor, sources.stores?.()),
    'helios.maintenance': () => maintenanceRows(journal.runs()),
    'helios.audit': () => auditRows(audit),
  };
  for (const [name, give] of Object.entries(rows)) {
    const schema = systemSchemas[name as SystemTableName];
    queryable.addSystemTable({ name, schema, rows: give });
  }
}

function pipelineRows(supervisor: Supervisor): readonly SystemRow[] {
  return supervisor.list().map((info) => ({
    name: info.name,
    state: info.state,
    error_code: info.error?.code ?? null,
    error_message: info.error?.message ?? null,
    epoch: info.epoch,
    bytes_in: info.bytesIn,
    records_rejected: info.recordsRejected,
    records_replayed: info.recordsReplayed,
    records_dropped: info.recordsDropped,
    rows_out: info.sinks.reduce((sum, sink) => sum + sink.rowsOut, 0),
    hot_rows: info.sinks.reduce((sum, sink) => sum + sink.hotRows, 0),
    created_at: info.createdAtMs,
  }));
}

function partitionRows(supervisor: Supervisor): readonly SystemRow[] {
  return supervisor.list().flatMap(({ name: pipeline, sources }) =>
    sources.flatMap(({ name: source, connector, partitions }) =>
      partitions.map(({ partition, position, lagRecords, lagBytes, lagMs }) => ({
        pipeline,
        source,
        connector,
        partition,
        position: position ?? null,
        lag_records: lagRecords ?? null,
        lag_bytes: lagBytes ?? null,
        lag_ms: lagMs ?? null,
      })),
    ),
  );
}

function watermarkRows(supervisor: Supervisor): readonly SystemRow[] {
  return supervisor.list().flatMap(({ name: pipeline, stream }) =>
    (stream?.watermarks ?? []).map(({ source, partition, watermarkUs, isIdle, aheadCount }) => ({
      pipeline,
      source,
      partition,
      watermark: watermarkTime(watermarkUs) ?? null,
      is_idle: isIdle,
      source_records_ahead: aheadCount,
    })),
  );
}

function operatorRows(supervisor: Supervisor): readonly SystemRow[] {
  return supervisor.list().flatMap(({ name: pipeline, stream }) =>
    (stream?.operators ?? []).map((operator) => ({
      pipeline,
      operator: operator.name,
      kind: operator.kind,
      label: operator.label,
      watermark: watermarkTime(operator.watermarkUs) ?? null,
      state_rows: operator.stateRows,
      state_bytes: operator.stateBytes,
      rows_late: operator.lateRows,
      rows_without_time: operator.timelessRows,
      keys_forgotten: operator.forgottenKeys,
    })),
  );
}

function queryRows(queries: QueryService): readonly SystemRow[] {
  return queries.history().map((query) => ({
    id: query.id,
    sql: query.sql,
    state: query.state,
    started_at: query.startedAtMs,
    duration_ms: query.durationMs ?? null,
    rows: query.rowCount ?? null,
    error_code: query.errorCode ?? null,
  }));
}

function auditRows(audit: SystemSources['audit']): readonly SystemRow[] {
  return audit.entries().map((entry) => ({
    done_at: entry.atMs,
    request_id: entry.id,
    who: entry.who ?? null,
    token_id: entry.tokenId ?? null,
    via: entry.via ?? null,
    address: entry.address,
    action: entry.action,
    target: entry.target,
    status: entry.status,
    error_code: entry.code ?? null,
    sql: entry.sql ?? null,
    duration_ms: entry.durationMs ?? null,
    requests: entry.requests,
  }));
}

function metricRows(supervisor: Supervisor, stores: StoreFacts | undefined): readonly SystemRow[] {
  const memory = process.memoryUsage();
  const own: readonly SystemRow[] = [
    { name: 'process_resident_bytes', labels: '{}', value: memory.rss },
    { name: 'process_heap_used_bytes', labels: '{}', value: memory.heapUsed },
    { name: 'process_uptime_seconds', labels: '{}', value: process.uptime() },
  ];
  const ofPipelines = supervisor.list().flatMap((info): readonly SystemRow[] => {
    const labels = JSON.stringify({ pipeline: info.name });
    return [
      { name: 'pipeline_epoch', labels, value: info.epoch },
      { name: 'pipeline_bytes_in', labels, value: info.bytesIn },
      { name: 'pipeline_records_rejected', labels, value: info.recordsRejected },
      { name: 'pipeline_records_dropped', labels, value: info.recordsDropped },
    ];
  });
  const ofStores = stores === undefined ? [] : storeSamples(stores);
  const stored = ofStores.map(({ name, labels, value }): SystemRow => {
    return { name, labels: JSON.stringify(labels), value };
  });
  return [...own, ...ofPipelines, ...stored];
}
