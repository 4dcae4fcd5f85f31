/** Round marks from nothing (or below) to the highest value: 0, 20, 40 … */
export function marksOf(values: readonly number[], countMax: number): readonly number[] {
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  if (most === least) return [0, 1];
  const rough = (most - least) / Math.max(1, countMax);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const from = Math.floor(least / step);
  const to = Math.ceil(most / step);
  return Array.from({ length: to - from + 1 }, (_, index) => tidy((from + index) * step));
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const full = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });

/** `1.2K`: for the marks of an axis. */
export function markText(value: number): string {
  return Math.abs(value) < 10_000 ? full.format(value) : compact.format(value);
}

/** `1,204.5`: for a value that is read. */
export function valueText(value: number): string {
  return full.format(value);
}

/** Without the last digits of a sum of fractions. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
