import { utc, zoneOffsetMs } from './zone-offset.ts';

/** Which instant a person meant by a time on a clock of a zone. */
export type MeantTime = {
  readonly ms: number;
  /**
   * `twice`: clocks went back, and showed it twice; the first is meant. `skipped`: clocks went
   * forward over it; as long after that is meant as it is after the last time before.
   */
  readonly how: 'once' | 'twice' | 'skipped';
};

/**
 * `2026-11-23T11:54` (seconds and fractions may follow, a space may stand for the T) as a clock of
 * `zone` shows it. Text that says its own zone keeps it. Undefined for what is no time.
 */
export function meantTime(text: string, zone: string): MeantTime | undefined {
  const typed = text.trim().replace(' ', 'T');
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(typed)) {
    const ms = Date.parse(typed);
    return Number.isNaN(ms) ? undefined : { ms, how: 'once' };
  }
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?$/.test(typed)) return undefined;
  const wall = Date.parse(`${typed}Z`);
  return Number.isNaN(wall) ? undefined : instantOfWall(wall, zone);
}

/** The same of a clock's time that is given as if it were UTC's. */
export function instantOfWall(wallMs: number, zone: string): MeantTime {
  if (zone === utc) return { ms: wallMs, how: 'once' };
  const before = zoneOffsetMs(wallMs - dayMs, zone);
  const after = zoneOffsetMs(wallMs + dayMs, zone);
  const [early, late] = [wallMs - before, wallMs - after];
  const isEarly = zoneOffsetMs(early, zone) === before;
  if (before === after) return { ms: early, how: 'once' };
  const isLate = zoneOffsetMs(late, zone) === after;
  if (isEarly) return { ms: early, how: isLate ? 'twice' : 'once' };
  return isLate ? { ms: late, how: 'once' } : { ms: early, how: 'skipped' };
}

/** No zone changes its clocks twice within so long before and after. */
const dayMs = 86_400_000;
