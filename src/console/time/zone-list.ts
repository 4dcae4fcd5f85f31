import { utc } from './zone-offset.ts';

/** The zones that this browser knows: UTC, its own and `chosen` first. */
export function knownZones(chosen: string): readonly string[] {
  const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [...new Set([utc, own, chosen, ...Intl.supportedValuesOf('timeZone')])];
}

/** Those that have all the words that were typed, in any order: `new york`, `berlin`. */
export function foundZones(zones: readonly string[], typed: string): readonly string[] {
  const words = typed
    .toLowerCase()
    .split(/[\s_/]+/)
    .filter((word) => word !== '');
  const begins = (zone: string): boolean =>
    cityOf(zone)
      .toLowerCase()
      .startsWith(words[0] ?? '');
  const found = zones.filter((zone) => {
    const name = zone.toLowerCase().replaceAll('_', ' ');
    return words.every((word) => name.includes(word));
  });
  return words.length === 0
    ? found
    : [...found.filter(begins), ...found.filter((zone) => !begins(zone))];
}

/** `New York` of `America/New_York` */
export function cityOf(zone: string): string {
  return zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
}
