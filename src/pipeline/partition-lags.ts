import type { PartitionInfo } from './pipeline.ts';

/**
 * The partition that is furthest behind: in time where that is known, else in records or bytes.
 * Undefined where none is behind.
 */
export function slowestPartition(partitions: readonly PartitionInfo[]): PartitionInfo | undefined {
  const byLag = partitions.toSorted((left, right) => compareLags(right, left));
  const slowest = byLag[0];
  return slowest === undefined || compareLags(slowest, nothingBehind) === 0 ? undefined : slowest;
}

type Lag = Pick<PartitionInfo, 'lagRecords' | 'lagBytes' | 'lagMs'>;

const nothingBehind: Lag = { lagRecords: 0, lagBytes: 0, lagMs: 0 };

/** Negative where `left` is less behind. */
export function compareLags(left: Lag, right: Lag): number {
  return (
    (left.lagMs ?? 0) - (right.lagMs ?? 0) ||
    (left.lagRecords ?? 0) - (right.lagRecords ?? 0) ||
    (left.lagBytes ?? 0) - (right.lagBytes ?? 0)
  );
}
