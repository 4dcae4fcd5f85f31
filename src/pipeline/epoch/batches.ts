import type { Batch } from '../../event/record.ts';
import type { Source } from '../../source/source.ts';
import type { Look } from '../stream/watermarks.ts';
import type { ReadPositions } from './recovery.ts';

/** Source name → its batches of one epoch. */
export type Batches = ReadonlyMap<string, readonly Batch[]>;

/** Bytes of all batches of an epoch; files of tables count as none. */
export function byteCount(batches: Batches): number {
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

/** What a read of a partition says of its event time: who has nothing unread may be quiet. */
export function lookOf(source: Source, batch: Batch | undefined): Omit<Look, 'nowMs'> {
  return {
    hasRecords: batch !== undefined && holdsRecords(batch),
    isDrained: batch === undefined && source.waiting?.() === undefined,
    isEnded: batch === undefined && source.isBounded,
  };
}

/** Of a partition that ended before its source did. */
export const endedLook = { hasRecords: false, isDrained: true, isEnded: true } as const;

/** Where reading stands behind them. */
export function advance(positions: ReadPositions, batches: Batches): ReadPositions {
  return new Map(
    [...positions].map(([name, partitions]) => {
      const after = new Map(partitions);
      for (const batch of batches.get(name) ?? []) after.set(batch.partition, batch.to);
      return [name, after];
    }),
  );
}
