import { instantOfWall } from '../time/wall-time.ts';
import { zoneOffsetMs } from '../time/zone-offset.ts';

const hour = 3600;
const day = 24 * hour;

/** Seconds; months and years are about so long. */
export const markStep = { day, month: 30 * day, year: 365 * day } as const;

const { month, year } = markStep;

/** Steps between marks that a person reads easily. */
export const markSteps: readonly number[] = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hour),
  ...[day, 2 * day, 7 * day, month, 3 * month, 6 * month],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((years) => years * year),
];

/**
 * Round times on a zone's clocks, from `from` to `to`, in seconds since 1970: midnights are local
 * ones, also of days with 23 or 25 hours, and weeks begin on Monday.
 */
export function timeMarks(
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
  zone: string,
): number[] {
  if (!(step > 0) || (to - from) / step > marksMax) return [];
  const marks =
    step <= hour
      ? evenMarks({ from, to, step }, zone)
      : wallMarks({ from, to, step }, zone).map((wallMs) => instantOfWall(wallMs, zone).ms / 1000);
  return marks.filter((mark, index) => mark >= from && mark <= to && mark !== marks[index - 1]);
}

const marksMax = 1000;

type Range = { readonly from: number; readonly to: number; readonly step: number };

/** Time goes on evenly also where clocks go back: then they show an hour twice. */
function evenMarks({ from, to, step }: Range, zone: string): number[] {
  const offset = zoneOffsetMs(from * 1000, zone) / 1000;
  const first = Math.ceil((from + offset) / step);
  const last = Math.floor((to + offset) / step);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const wall = (first + index) * step;
    // Steps below a second have no exact number; milliseconds do.
    return Math.round((wall - offset) * 1000) / 1000;
  });
}

/** What clocks show at the marks, as if they were UTC's. */
function wallMarks({ from, to, step }: Range, zone: string): number[] {
  const fromMs = from * 1000 + zoneOffsetMs(from * 1000, zone);
  const toMs = to * 1000 + zoneOffsetMs(to * 1000, zone);
  if (step >= month) return monthMarks(fromMs, toMs, Math.round(step / month) || 1, step >= year);
  const stepMs = step * 1000;
  // Day 0 of 1970 was a Thursday.
  const shiftMs = step === 7 * day ? 4 * day * 1000 : 0;
  const first = Math.floor((fromMs - shiftMs) / stepMs);
  const count = Math.ceil((toMs - shiftMs) / stepMs) - first + 1;
  return Array.from({ length: count }, (_, index) => (first + index) * stepMs + shiftMs);
}

function monthMarks(fromMs: number, toMs: number, months: number, isYears: boolean): number[] {
  const each = isYears ? Math.round(months / (year / month)) * 12 : months;
  const first = new Date(fromMs);
  const start = first.getUTCFullYear() * 12 + first.getUTCMonth();
  const marks: number[] = [];
  for (let at = Math.floor(start / each) * each; ; at += each) {
    const mark = new Date(0);
    mark.setUTCFullYear(Math.floor(at / 12), at % 12, 1);
    if (mark.getTime() > toMs || Number.isNaN(mark.getTime())) return marks;
    marks.push(mark.getTime());
  }
}
