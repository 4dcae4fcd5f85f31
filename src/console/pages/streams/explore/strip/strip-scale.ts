import { historySeconds, type TailSecond } from '../../../../tail/tail-buffer.ts';

/** A stretch of the strip, both ends in it; milliseconds since 1970, whole seconds. */
export type Stretch = { readonly fromMs: number; readonly toMs: number };

/** The seconds that the strip shows: the last of them is the one of `nowMs`. */
export function stripOf(nowMs: number): Stretch {
  const toMs = Math.floor(nowMs / 1000) * 1000;
  return { fromMs: toMs - (historySeconds - 1) * 1000, toMs };
}

/** The second at a share of the strip's width. */
export function secondAt({ fromMs }: Stretch, share: number): number {
  const second = Math.floor(share * historySeconds);
  return fromMs + Math.max(0, Math.min(second, historySeconds - 1)) * 1000;
}

/** Where a stretch lies in the strip, as shares of its width. */
export function placeOf(strip: Stretch, stretch: Stretch): { readonly at: number; width: number } {
  const at = (stretch.fromMs - strip.fromMs) / 1000 / historySeconds;
  const width = ((stretch.toMs - stretch.fromMs) / 1000 + 1) / historySeconds;
  return { at: Math.max(0, at), width: Math.max(0, Math.min(width, 1 - Math.max(0, at))) };
}

/** One bar a second, one unit wide in a box of that height: a path, so that it is one element. */
export function barsPath(
  history: readonly TailSecond[],
  { fromMs, toMs }: Stretch,
  height: number,
): string {
  const most = peakOf(history);
  return history
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .map(({ atMs, records }) => {
      const bar = most === 0 ? 0 : Math.max(1, Math.round((records / most) * height));
      return `M${(atMs - fromMs) / 1000 + 0.1} ${height}v${-bar}h.8v${bar}z`;
    })
    .join('');
}

/** The most that came in one second. */
export function peakOf(history: readonly TailSecond[]): number {
  return Math.max(0, ...history.map(({ records }) => records));
}

/** How many came in a stretch; about, where some were left out. */
export function countIn(history: readonly TailSecond[], { fromMs, toMs }: Stretch): number {
  return history
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .reduce((sum, { records }) => sum + records, 0);
}

/** From one second to another, in whichever order they were chosen. */
export function stretchOf(one: number, other: number): Stretch {
  return { fromMs: Math.min(one, other), toMs: Math.max(one, other) };
}
