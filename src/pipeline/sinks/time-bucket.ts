const fixedUnits: readonly (readonly [RegExp, number])[] = [
  [/%S/, 1000],
  [/%M/, 60_000],
  [/%[HI]/, 3_600_000],
  // A week's folder may be two: weeks end at a day, as days do.
  [/%[djaAuUWV]/, 86_400_000],
];

/**
 * Numbers the folders of a time pattern (`%Y/%m/%d/%H`) in the order of time: two times have one
 * number where they belong to one folder.
 */
export function timeBucket(pattern: string, atMs: number): number {
  const unitMs = fixedUnits.find(([letters]) => letters.test(pattern))?.[1];
  if (unitMs !== undefined) return Math.floor(atMs / unitMs);
  const at = new Date(atMs);
  const year = at.getUTCFullYear();
  return /%[mbB]/.test(pattern) ? year * 12 + at.getUTCMonth() : year;
}
