import type { Batch } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import type { IsolatedBatch } from './format.ts';
import type { RecordIndex } from './record-index.ts';

type Parts = {
  readonly batch: Batch;
  readonly index: RecordIndex;
  readonly rejected: readonly RejectedRecord[];
  /** Numbers of the rejected records, ascending. */
  readonly rejectedLines: readonly number[];
  readonly sql: string;
  readonly release: () => Promise<void>;
};

/** An isolated batch of lines: knows where each clean record came from. */
export function isolatedBatch(parts: Parts): IsolatedBatch {
  const { batch, index } = parts;
  return {
    sql: parts.sql,
    cleanCount: index.count - parts.rejected.length,
    rejected: parts.rejected,
    record: (row) => {
      const line = lineOf(row, parts.rejectedLines);
      return {
        partition: batch.partition,
        position: batch.positionAt(index.start(line)),
        raw: index.raw(line),
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
