/**
 * Milliseconds that a zone's clocks are ahead of UTC at an instant (`ms` since 1970), by the
 * browser's own rules of daylight saving.
 */
export function zoneOffsetMs(ms: number, zone: string): number {
  if (zone === utc) return 0;
  // Since then all zones change theirs at a quarter of an hour: what is known holds to its end.
  if (ms < quartersSinceMs) return computedOffsetMs(ms, zone);
  const known = offsetsOf(zone);
  const quarter = Math.floor(ms / quarterMs);
  const found = known.get(quarter);
  if (found !== undefined) return found;
  const offset = computedOffsetMs(ms, zone);
  if (known.size >= knownMax) known.clear();
  known.set(quarter, offset);
  return offset;
}

export const utc = 'UTC';

/** Whether the browser knows a zone of that name. */
export function isZone(name: string): boolean {
  try {
    return name === utc || formatOf(name).resolvedOptions().timeZone !== '';
  } catch {
    // That is how it says that there is none.
    return false;
  }
}

const quarterMs = 900_000;
const quartersSinceMs = Date.UTC(1980, 0, 1);

const offsets = new Map<string, Map<number, number>>();
/** Quarters of an hour of one zone; a million days are no use to anybody. */
const knownMax = 20_000;

function offsetsOf(zone: string): Map<number, number> {
  const found = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, found);
  return found;
}

function computedOffsetMs(ms: number, zone: string): number {
  const wholeMs = Math.floor(ms / 1000) * 1000;
  const parts = new Map(
    formatOf(zone)
      .formatToParts(wholeMs)
      .map(({ type, value }) => [type, value]),
  );
  const [year, month, day, hour, minute, second] = fields.map((name) => Number(parts.get(name)));
  const wall = new Date(0);
  // By its own call: Date.UTC takes 26 for 1926.
  wall.setUTCFullYear(
    parts.get('era') === 'BC' ? 1 - (year ?? 0) : (year ?? 0),
    (month ?? 1) - 1,
    day,
  );
  wall.setUTCHours(hour ?? 0, minute, second);
  return wall.getTime() - wholeMs;
}

const fields = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, made);
  return made;
}
