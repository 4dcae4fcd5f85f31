import { axisMs, dayText, isInstant, offsetText, timeText } from '../time/time-text.ts';
import { markStep } from './time-marks.ts';

/** Times along an axis: those of an instant are shown on a zone's clocks, others have no zone. */
export type AxisClock = { readonly zone: string; readonly isPlain: boolean };

export function axisClock(labels: readonly string[], zone: string): AxisClock {
  const first = labels[0];
  return first === undefined || isInstant(first)
    ? { zone, isPlain: false }
    : { zone: 'UTC', isPlain: true };
}

/**
 * What stands at the marks of a time axis: as much of the clock as the step needs, and below the
 * first mark, and below each where they are others, the date and how far the clocks are from UTC,
 * on lines of their own.
 */
export function timeLabels(
  marks: readonly number[],
  stepSeconds: number,
  { zone, isPlain }: AxisClock,
): string[] {
  let [day, offset] = ['', ''];
  return marks.map((seconds) => {
    const ms = seconds * 1000;
    const date = dayText(ms, zone);
    if (stepSeconds >= markStep.year) return date.slice(0, -'-01-01'.length);
    if (stepSeconds >= markStep.month) return date.slice(0, -'-01'.length);
    if (stepSeconds >= markStep.day) return date;
    const time = (axisTime(seconds, { zone, isPlain }).split(' ')[1] ?? '').replace(/[Z+-].*$/, '');
    const clock = stepSeconds >= 60 ? time.slice(0, 5) : withFraction(time, stepSeconds);
    const ahead = isPlain ? '' : offsetText(ms, zone);
    const below = [...(date === day ? [] : [date]), ...(ahead === offset ? [] : [ahead])];
    [day, offset] = [date, ahead];
    return [clock, ...below].join('\n');
  });
}

/** The whole time of a place on the axis. */
export function axisTime(seconds: number, { zone, isPlain }: AxisClock): string {
  const iso = new Date(Math.round(seconds * 1000)).toISOString();
  return timeText(isPlain ? iso.slice(0, -1) : iso, zone);
}

/** Seconds since 1970 of a value; of one without a zone, as if it were UTC's. */
export function axisSeconds(value: unknown): number | null {
  const ms = typeof value === 'string' ? axisMs(value) : undefined;
  return ms === undefined ? null : ms / 1000;
}

function withFraction(time: string, stepSeconds: number): string {
  if (stepSeconds >= 1) return time.slice(0, '10:54:26'.length);
  return `${time}${time.includes('.') ? '' : '.'}`.padEnd('10:54:26.289'.length, '0');
}
