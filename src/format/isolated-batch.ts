import type { Batch } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import type { IsolatedBatch } from './format.ts';
import type { BatchRecords } from './batch-records.ts';

type Parts = {
  readonly batch: Batch;
  readonly records: BatchRecords;
  readonly rejected: readonly RejectedRecord[];
  /** Numbers of the rejected records, ascending. */
  readonly rejectedLines: readonly number[];
  readonly sql: string;
  readonly release: () => Promise<void>;
};

/** An isolated batch of lines: knows where each clean record came from. */
export function isolatedBatch(parts: Parts): IsolatedBatch {
  const { batch, records } = parts;
  return {
    sql: parts.sql,
    cleanCount: records.count - parts.rejected.length,
    rejected: parts.rejected,
    record: (row) => {
      const line = lineOf(row, parts.rejectedLines);
      return {
        partition: batch.partition,
        position: records.position(line),
        raw: records.raw(line),
      };
    },
    release: parts.release,
  };
}

/** Number of the line that holds clean record `row`, given the lines that are not clean. */
function lineOf(row: number, rejectedLines: readonly number[]): number {
  let low = 0;
  let high = rejectedLines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    // Clean lines before the rejected line `middle`.
    if ((rejectedLines[middle] ?? 0) - middle <= row) low = middle + 1;
    else high = middle;
  }
  return row + low;
}
