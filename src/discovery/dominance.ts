import type { Observation, ValueKind } from './observation.ts';

/** So many of 100 values make the type of a field; the others don't fit it. */
const dominantPercent = 95;

export function isNearlyAll(count: number, all: number): boolean {
  return count > 0 && count * 100 >= all * dominantPercent;
}

/** The kind of all values but null, or of nearly all; undefined where there is a real mix. */
export function dominantKind({ kinds }: Observation): ValueKind | undefined {
  const all = [...kinds.values()].reduce((sum, count) => sum + count, 0);
  const found = [...kinds].find(([, count]) => isNearlyAll(count, all));
  return found?.[0];
}
