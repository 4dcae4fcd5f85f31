/** Bytes of '128MB', '5 m', '1024': units are powers of 1024. Undefined for anything else. */
export function sizeBytesOf(text: string): number | undefined {
  const found = /^(\d{1,15})\s*(?:([kmgtp])i?b?|b)?$/i.exec(text.trim());
  if (found === null) return undefined;
  const [, digits = '', unit = ''] = found;
  const power = 'kmgtp'.indexOf(unit.toLowerCase()) + 1;
  const bytes = Number(digits) * 1024 ** (unit === '' ? 0 : power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/**
 * Milliseconds of '5 minutes', '30s', '1 hour 30 minutes', '1.5 h', '00:05:00'; a bare number is
 * seconds. Undefined for anything else, months included: they have no fixed length.
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
    const unitMs = durationUnitsMs.get(unit) ?? durationUnitsMs.get(unit.replace(/s$/, ''));
    if (unitMs === undefined) return undefined;
    totalMs += Number(amount) * unitMs;
  }
  return Math.round(totalMs);
}

const durationUnitsMs: ReadonlyMap<string, number> = new Map([
  ...namesOf(1, 'ms msec millisecond milli'),
  ...namesOf(1000, 's sec second'),
  ...namesOf(60_000, 'm min minute'),
  ...namesOf(3_600_000, 'h hr hour'),
  ...namesOf(86_400_000, 'd day'),
  ...namesOf(7 * 86_400_000, 'w week'),
]);

function namesOf(ms: number, names: string): readonly (readonly [string, number])[] {
  return names.split(' ').map((name) => [name, ms]);
}
