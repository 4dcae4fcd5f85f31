import type { Place } from '../../../place.ts';

/** The time that all panels look at: up to now, or between two times. */
export type TimeRange =
  | { readonly kind: 'last'; readonly text: string; readonly ms: number }
  | { readonly kind: 'between'; readonly from: string; readonly to: string };

/** How a dashboard is looked at, all of it from the address. */
export type BoardPlace = {
  readonly range: TimeRange;
  /** By the variables' names, as typed. */
  readonly typed: Readonly<Record<string, string>>;
  readonly isPaused: boolean;
  readonly isEditing: boolean;
  readonly isFull: boolean;
};

export const rangeDefault = '1h';

/** `lastDefault` is what the dashboard itself says. */
export function boardPlace({ search }: Place, lastDefault: string = rangeDefault): BoardPlace {
  const typed = [...search].flatMap(([name, value]) =>
    name.startsWith('v.') ? [[name.slice(2), value] as const] : [],
  );
  return {
    range: rangeOf(search, lastDefault),
    typed: Object.fromEntries(typed),
    isPaused: search.get('paused') === '1',
    isEditing: search.get('edit') === '1',
    isFull: search.get('full') === '1',
  };
}

/** `15m` in milliseconds; undefined for what is none. */
export function lastMs(text: string): number | undefined {
  const [, number, unit = ''] = /^([1-9]\d{0,4})([smhd])$/.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  return unitMs === undefined ? undefined : Number(number) * unitMs;
}

/** `the last 15 minutes` of `15m` */
export function lastText(text: string): string {
  const [, number = '', unit = ''] = /^(\d+)(\w)$/.exec(text) ?? [];
  const word = unitWords[unit] ?? '';
  return number === '1' ? `the last ${word}` : `the last ${number} ${word}s`;
}

const unitsMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const unitWords: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
};

function rangeOf(search: URLSearchParams, lastDefault: string): TimeRange {
  const [from, to] = ['from', 'to'].map((name) => isoOf(search.get(name)));
  if (from !== undefined && to !== undefined && from < to) return { kind: 'between', from, to };
  const text = search.get('last') ?? lastDefault;
  const ms = lastMs(text);
  if (ms !== undefined) return { kind: 'last', text, ms };
  return { kind: 'last', text: rangeDefault, ms: unitsMs['h'] ?? 0 };
}

/** Undefined for what is no time. */
function isoOf(text: string | null): string | undefined {
  if (text === null || text === '') return undefined;
  // The page writes instants; a time without a zone was written by hand, and is UTC's.
  const isBare = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text);
  const ms = Date.parse(isBare ? `${text}Z` : text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
