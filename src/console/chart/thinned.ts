/** Numbers along an axis, some of them missing. */
type Values = readonly (number | null)[];

/** So many values are drawn at most: each pixel of a screen has some, more only cost time. */
const valuesMax = 200_000;

/**
 * Places to draw of so many that they can't all be: of each stretch the least and the greatest
 * value of each series, so that no peak is lost. All of them where they are few enough.
 */
export function thinnedPlaces(
  count: number,
  series: readonly Values[],
  most = valuesMax,
): number[] {
  const all = Array.from({ length: count }, (_, index) => index);
  const perStretch = 2 * Math.max(1, series.length);
  if (count * Math.max(1, series.length) <= most) return all;
  const stretches = Math.max(1, Math.floor(most / perStretch / Math.max(1, series.length)));
  const kept = new Set([0, count - 1]);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * count) / stretches);
    const to = Math.floor(((stretch + 1) * count) / stretches);
    for (const values of series) keepExtremes(values, { from, to }, kept);
  }
  return [...kept].toSorted((one, other) => one - other);
}

function keepExtremes(
  values: Values,
  { from, to }: { readonly from: number; readonly to: number },
  kept: Set<number>,
): void {
  let [least, greatest] = [-1, -1];
  for (let at = from; at < to; at++) {
    const value = values[at] ?? null;
    if (value === null) continue;
    if (least === -1 || value < (values[least] ?? 0)) least = at;
    if (greatest === -1 || value > (values[greatest] ?? 0)) greatest = at;
  }
  if (least !== -1) kept.add(least).add(greatest);
}
