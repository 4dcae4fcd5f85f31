import { dayText } from '../../../../time/time-text.ts';
import { meantTime } from '../../../../time/wall-time.ts';

/** Milliseconds of what stands behind a number. */
const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Where to look, as the API takes it, of what a person types: `10m` and `2 h ago` count back from
 * now, `14:30` is today's on a clock of `zone`, as are times that say none of their own; the rest
 * is the API's to judge.
 */
export function jumpTarget(
  typed: string,
  { nowMs, zone }: { readonly nowMs: number; readonly zone: string },
): string {
  const text = typed.trim();
  const [, number, unit] = /^(\d+)\s*(s|min|m|h|d)(?:\s+ago)?$/.exec(text) ?? [];
  const unitMs = units[unit ?? ''];
  if (number !== undefined && unitMs !== undefined) {
    return new Date(nowMs - Number(number) * unitMs).toISOString();
  }
  const isClock = /^\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?$/.test(text);
  const meant = meantTime(isClock ? `${dayText(nowMs, zone)} ${text}` : text, zone);
  return meant === undefined ? text : new Date(meant.ms).toISOString();
}
