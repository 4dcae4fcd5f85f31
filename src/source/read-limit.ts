import type { Position } from '../event/record.ts';
import type { ReadRequest } from './source.ts';

/**
 * Most bytes of a read where positions are offsets in bytes, in decimal: a batch ends with the
 * record that reaches the limit, so that one of exactly this many bytes ends at `until`. 0 is
 * nothing to read.
 */
export function bytesUntil({ after, until, bytesMax }: ReadRequest): number {
  if (until === undefined) return bytesMax;
  return Math.min(bytesMax, Math.max(0, Number(until) - Number(after ?? 0)));
}

/** Orders offsets; undefined is the beginning. */
export function compareOffsets(left: Position | undefined, right: Position | undefined): number {
  return Number(left ?? 0) - Number(right ?? 0);
}
