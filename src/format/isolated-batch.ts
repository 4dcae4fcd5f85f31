import type { Batch } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import type { IsolatedBatch } from './format.ts';
import type { BatchRecords } from './batch-records.ts';

type Parts = {
  readonly batch: Batch;
  readonly records: BatchRecords;
  readonly rejected: readonly RejectedRecord[];
  readonly sql: string;
  readonly release: () => Promise<void>;
};

/** An isolated batch of lines: knows where each record came from. */
export function isolatedBatch({ batch, records, rejected, sql, release }: Parts): IsolatedBatch {
  return {
    sql,
    recordCount: records.count,
    rejected,
    record: (row) => ({
      partition: batch.partition,
      position: records.position(row),
      raw: records.raw(row),
    }),
    release,
  };
}
