/** A share in percent, with one digit behind the point: 0 and 100 mean none and all. */
export function shareText(count: number, all: number): string {
  if (all === 0 || count === 0) return '0 %';
  if (count === all) return '100 %';
  const percent = Math.min(99.9, Math.max(0.1, (100 * count) / all));
  return `${percent.toFixed(1)} %`;
}
