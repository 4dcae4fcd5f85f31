import type { Batch } from '../../event/record.ts';

/** Bytes of all batches of an epoch; files of tables count as none. */
export function byteCount(batches: ReadonlyMap<string, readonly Batch[]>): number {
  let total = 0;
  for (const { content } of [...batches.values()].flat()) {
    total += content.kind === 'parquet' ? 0 : content.byteLength;
  }
  return total;
}

/** False for a batch that only moves its partition's position. */
export function holdsRecords({ content }: Batch): boolean {
  return content.kind === 'parquet' || content.byteLength > 0;
}
