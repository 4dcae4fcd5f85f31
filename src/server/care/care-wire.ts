import type { HistoryEntry } from '../../delta/log/history.ts';
import { duckdbType } from '../../engine/types.ts';
import type { RestoreAnswer as Restored } from '../../pipeline/care/care.ts';
import type { CompactionResult } from '../../pipeline/care/compaction.ts';
import type { TableDescription } from '../../pipeline/care/describe.ts';
import type { VacuumResult } from '../../pipeline/care/vacuum.ts';
import type {
  DescriptionAnswer,
  OptimizeAnswer,
  RestoreAnswer,
  VacuumAnswer,
  VersionAnswer,
} from './care-api.ts';

export function optimizeAnswer(result: CompactionResult): OptimizeAnswer {
  return {
    version: result.version,
    commits: result.commits,
    files_before: result.filesBefore,
    files_after: result.filesAfter,
    bytes_before: result.bytesBefore,
    bytes_after: result.bytesAfter,
    rows: result.rows,
    files_lost: result.filesLost,
    left_alone: result.refusals.map(({ code, message }) => ({ code, message })),
  };
}

export function vacuumAnswer(result: VacuumResult, isDryRun: boolean): VacuumAnswer {
  return {
    dry_run: isDryRun,
    retain_ms: result.retentionMs,
    files: result.files,
    bytes: result.bytes,
    orphans: result.orphans,
    uploads: result.uploads,
    paths: result.paths,
  };
}

export function restoreAnswer(result: Restored): RestoreAnswer {
  return {
    to_version: result.toVersion,
    version: result.version,
    committed: result.isCommitted,
    files_added: result.filesAdded,
    files_removed: result.filesRemoved,
    rows_added: result.rowsAdded,
    rows_removed: result.rowsRemoved,
    fed_by: result.feeders,
  };
}

export function versionAnswer(entry: HistoryEntry): VersionAnswer {
  return {
    version: entry.version,
    timestamp: new Date(entry.committedAtMs).toISOString(),
    operation: entry.operation,
    parameters: entry.parameters,
    engine: entry.engine,
    files_added: entry.filesAdded,
    paths_added: entry.pathsAdded,
    files_removed: entry.filesRemoved,
    rows_added: entry.rowsAdded,
    bytes_added: entry.bytesAdded,
    bytes_removed: entry.bytesRemoved,
    data_change: entry.isDataChange,
    columns_changed: entry.changesColumns,
    transactions: entry.transactions,
  };
}

export function descriptionAnswer(table: TableDescription): DescriptionAnswer {
  return {
    name: table.name,
    location: table.location,
    id: table.tableId,
    version: table.version,
    columns: table.schema.map(({ name, type }) => ({ name, type: duckdbType(type) })),
    partition_columns: table.partitionColumns,
    properties: table.properties,
    min_reader_version: table.protocol.minReaderVersion,
    min_writer_version: table.protocol.minWriterVersion,
    files: table.files,
    bytes: table.bytes,
    rows: table.rows,
    small_files: table.smallFiles,
    target_bytes: table.targetBytes,
    partitions: table.partitions,
    retention_ms: table.retentionMs,
    cared_for: table.isCaredFor,
    fed_by: table.feeders,
    transactions: table.transactions,
  };
}
