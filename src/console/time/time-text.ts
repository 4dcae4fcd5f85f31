import { utc, zoneOffsetMs } from './zone-offset.ts';

/**
 * The one place where times are written. `text` is RFC 3339 as the server writes it:
 * `2026-11-23T10:54:26.289000Z` is `2026-11-23 11:54:26.289+01:00` in Europe/Berlin. A time without
 * a zone, a date and what is no time have no other clock to be shown by: they stay as they are.
 */
export function timeText(text: string, zone: string): string {
  const found = parsedTime(text);
  if (found === undefined) return text;
  const fraction = found.fraction.replace(/(000)+$/, '').replace(/\.$/, '');
  if (found.ms === undefined) return `${found.written}${fraction}${found.zone}`;
  const offset = zoneOffsetMs(found.ms, zone);
  return `${wallText(found.ms + offset)}${fraction}${offsetText(found.ms, zone, 'Z')}`;
}

/** The same without its date where that is today's: `11:54:26.289+01:00`. */
export function todayText(text: string, nowMs: number, zone: string): string {
  const exact = timeText(text, zone);
  const today = `${dayText(nowMs, zone)} `;
  return exact.startsWith(today) ? exact.slice(today.length) : exact;
}

/** Without seconds: `2026-11-23 11:54+01:00`. */
export function minuteText(text: string, zone: string): string {
  const found = parsedTime(text);
  if (found?.ms === undefined) return text;
  const wall = wallText(found.ms + zoneOffsetMs(found.ms, zone));
  return `${wall.slice(0, -':26'.length)}${offsetText(found.ms, zone, 'Z')}`;
}

/** `11:54:26.289`, for where the offset stands beside. */
export function clockText(text: string, zone: string): string {
  const found = parsedTime(text);
  if (found?.ms === undefined) return text;
  const wall = wallText(found.ms + zoneOffsetMs(found.ms, zone));
  return wall.slice(wall.indexOf(' ') + 1) + found.fraction.slice(0, '.289'.length);
}

/** `2026-11-23` */
export function dayText(ms: number, zone: string): string {
  return wallText(ms + zoneOffsetMs(ms, zone)).split(' ', 1)[0] ?? '';
}

/** `2026-11-23T11:54`, as fields for a time take it. */
export function fieldText(ms: number, zone: string): string {
  return wallText(ms + zoneOffsetMs(ms, zone))
    .replace(' ', 'T')
    .slice(0, -':26'.length);
}

/** `+01:00`; seconds only where a zone had some, long ago. `zero` where it is that of UTC. */
export function offsetText(ms: number, zone: string, zero = 'UTC'): string {
  const seconds = zoneOffsetMs(ms, zone) / 1000;
  if (seconds === 0) return zone === utc ? zero : '+00:00';
  const [whole, rest] = [Math.abs(seconds), Math.abs(seconds) % 60];
  const parts = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    ...(rest > 0 ? [rest] : []),
  ];
  return `${seconds < 0 ? '-' : '+'}${parts.map((part) => twoDigits(part)).join(':')}`;
}

/** Milliseconds since 1970 of a time with a zone; of one without, as if it were UTC's. */
export function axisMs(text: string): number | undefined {
  const usual = usualMs(text);
  if (usual !== undefined) return usual;
  const found = parsedTime(text);
  if (found !== undefined) {
    const whole = found.ms ?? wallMs(found.written);
    return whole === undefined ? undefined : whole + Number(`0${found.fraction || '.0'}`) * 1000;
  }
  return /^\d{4,}-\d\d-\d\d$/.test(text) ? wallMs(`${text} 00:00:00`) : undefined;
}

/** By the browser's own parser, which is quick and knows no microseconds: a chart has many. */
function usualMs(text: string): number | undefined {
  const isUsual = text.endsWith('Z') && text[10] === 'T' && text.length <= usualLength;
  if (!isUsual) return undefined;
  const ms = Date.parse(text.length <= msEnd ? text : `${text.slice(0, msEnd)}Z`);
  const microseconds = text.length > msEnd ? Number(text.slice(msEnd, -1)) : 0;
  const known = ms + microseconds / 10 ** Math.max(0, text.length - 1 - msEnd);
  return Number.isNaN(known) ? undefined : known;
}

/** Of `2026-11-23T10:54:26.289`; what is behind are parts of a millisecond. */
const msEnd = 23;
const usualLength = '2026-11-23T10:54:26.289000Z'.length;

/** Whether a time says which instant it is. */
export function isInstant(text: string): boolean {
  return parsedTime(text)?.ms !== undefined;
}

type ParsedTime = {
  /** As written, with a space between date and time. */
  readonly written: string;
  /** With its point; empty for none. */
  readonly fraction: string;
  readonly zone: string;
  /** The whole second; undefined without a zone, or out of what can be reckoned with. */
  readonly ms: number | undefined;
};

function parsedTime(text: string): ParsedTime | undefined {
  const parts = pattern.exec(text);
  if (parts === null) return undefined;
  const [, date = '', time = '', fraction = '', zone = ''] = parts;
  const written = `${date} ${time}`;
  const wall = zone === '' ? undefined : wallMs(written);
  if (wall === undefined) return { written, fraction, zone, ms: undefined };
  const [sign, hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)/.exec(zone)?.slice(1) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return { written, fraction, zone, ms: sign === '-' ? wall + offset : wall - offset };
}

const pattern = /^(\d{4,}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;

/** `2026-11-23 11:54:26`, of a clock that is read as if it were UTC's. */
function wallMs(text: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d+)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)/.exec(text) ?? [];
  const wall = new Date(0);
  wall.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  wall.setUTCHours(Number(hour), Number(minute), Number(second));
  const ms = wall.getTime();
  return Math.abs(ms) < latestMs ? ms : undefined;
}

/** A browser's clock ends 100 million days from 1970; a day is left for the zones. */
const latestMs = 8.64e15 - 86_400_000;

function wallText(ms: number): string {
  const iso = new Date(ms).toISOString();
  const [, year = '', rest = ''] = /^[+]?(-?\d+)(-\d\d-.{11})/.exec(iso) ?? [];
  return `${year.replace(/^0+(?=\d{4})/, '')}${rest}`.replace('T', ' ');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
