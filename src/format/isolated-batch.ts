import type { Batch } from '../event/record.ts';
import type { BatchRecords } from './batch-records.ts';
import type { IsolateContext, IsolatedBatch, RecordOrigin } from './format.ts';
import type { Rejections } from './rejected-records.ts';

type Parts = {
  readonly batch: Batch;
  readonly records: BatchRecords;
  readonly rejections: Rejections;
  readonly context: IsolateContext;
  readonly sql: string;
  readonly release: () => Promise<void>;
};

/** An isolated batch of lines: knows where each record came from. */
export function isolatedBatch(parts: Parts): IsolatedBatch {
  const { batch, records, rejections, context, sql, release } = parts;
  const { partition } = batch;
  const record = (row: number): RecordOrigin => ({
    partition,
    position: records.position(row),
    ...records.content(row),
  });
  const { source, nowMs: rejectedAtMs } = context;
  const rejected = rejections.of({ source, partition, rejectedAtMs, record });
  return { sql, recordCount: records.count, rejected, record, release };
}
