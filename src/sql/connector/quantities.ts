/** Bytes of '128MB', '5 m', '1024': units are powers of 1024. Undefined for anything else. */
export function sizeBytesOf(text: string): number | undefined {
  const found = /^(\d{1,15})\s*([a-z]*)$/i.exec(text.trim());
  if (found === null) return undefined;
  const [, digits = '', unit = ''] = found;
  const power = sizePowers[unit.toLowerCase()];
  if (power === undefined) return undefined;
  const bytes = Number(digits) * 1024 ** power;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const sizePowers: Readonly<Record<string, number>> = {
  ...{ '': 0, b: 0, k: 1, kb: 1, kib: 1, m: 2, mb: 2, mib: 2 },
  ...{ g: 3, gb: 3, gib: 3, t: 4, tb: 4, tib: 4, p: 5, pb: 5, pib: 5 },
};

/**
 * Milliseconds of '5 minutes', '30s', '1 hour 30 minutes', '1.5 h', '00:05:00'; a bare number is seconds.
 * Undefined for anything else, months included: they have no fixed length.
 */
export function durationMsOf(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  const clock = /^(\d{1,4}):(\d{2}):(\d{2}(?:\.\d{1,3})?)$/.exec(trimmed);
  if (clock !== null) {
    const [, hours = '', minutes = '', seconds = ''] = clock;
    return Math.round(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000);
  }
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/.test(trimmed)) return undefined;
  let totalMs = 0;
  for (const [, amount = '', unit = ''] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const unitMs = durationUnitsMs[unit] ?? durationUnitsMs[unit.replace(/s$/, '')];
    if (unitMs === undefined) return undefined;
    totalMs += Number(amount) * unitMs;
  }
  return Math.round(totalMs);
}

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

const durationUnitsMs: Readonly<Record<string, number>> = {
  ...{ ms: 1, msec: 1, millisecond: 1, milli: 1 },
  ...{ s: second, sec: second, second },
  ...{ m: minute, min: minute, minute },
  ...{ h: hour, hr: hour, hour },
  ...{ d: day, day, w: 7 * day, week: 7 * day },
};
