import type { ManagedPipeline } from '../managed-pipeline.ts';
import type { SystemRow } from '../tables/system-tables.ts';

/** Rows of `helios.epochs` of one pipeline. */
export function epochRows({ definition, epochs }: ManagedPipeline): readonly SystemRow[] {
  return epochs.map((epoch) => ({
    pipeline: definition.name,
    epoch: epoch.epoch,
    published_at: epoch.publishedAtMs,
    duration_ms: epoch.durationMs,
    bytes_in: epoch.bytesIn,
    rows_out: epoch.rowsOut,
    records_read: [...epoch.records.values()].reduce((sum, { read }) => sum + read, 0),
    records_rejected: epoch.recordsRejected,
  }));
}
