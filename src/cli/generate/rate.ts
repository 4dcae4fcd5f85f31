import { hashOf } from './random.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** One minute in this many is a burst, so that an hour's chart has a few to find. */
const minutesPerBurst = 20;
const burstFactor = 4;

/**
 * How many times the average rate the shop sees at `timeMs`: quiet in the small hours (UTC), busy
 * in the evening, and now and then a minute of `burstFactor` times as much. Depends on nothing but
 * its arguments.
 */
export function rateFactor(seed: number, timeMs: number): number {
  const share = (timeMs % dayMs) / dayMs;
  // Lowest at 04:00, highest at 16:00.
  const dayShape = 1 - 0.5 * Math.cos(2 * Math.PI * (share - 4 / 24));
  return dayShape * (isBurst(seed, timeMs) ? burstFactor : 1);
}

export function isBurst(seed: number, timeMs: number): boolean {
  return hashOf(seed, Math.floor(timeMs / minuteMs)) < 1 / minutesPerBurst;
}
