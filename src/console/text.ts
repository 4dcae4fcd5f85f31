/** How numbers, sizes and times are written everywhere in the console. */

const digits = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,204` */
export function count(value: number): string {
  return digits.format(value);
}

/** `3.4 MB`; powers of ten, as disks and bills count. */
export function bytes(value: number): string {
  return scaled(value, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 1000);
}

/** `1,204/s`; below ten with one decimal. */
export function rate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10
    ? `${perSecond.toFixed(1)}/s`
    : `${count(Math.round(perSecond))}/s`;
}

/** `0.02 %`; what is above nothing is never shown as nothing. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  const percent = (part / whole) * 100;
  if (percent < 0.01) return '< 0.01 %';
  return `${percent < 10 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}

/** `0.3 s`, `4 min`, `2 h`, `3 d` */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** `94 ms`, and from a second on as a duration. */
export function elapsed(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : duration(ms);
}

function scaled(value: number, units: readonly string[], step: number): string {
  let rest = value;
  let at = 0;
  while (Math.abs(rest) >= step && at < units.length - 1) {
    rest /= step;
    at++;
  }
  const text = at === 0 || rest >= 100 ? Math.round(rest).toString() : rest.toPrecision(2);
  return `${text} ${units[at] ?? ''}`;
}
