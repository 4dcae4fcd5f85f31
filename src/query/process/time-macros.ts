import { quoteText } from '../../engine/types.ts';

/**
 * Macros that shadow DuckDB's functions of time, with the same meaning. DuckDB asks ICU about every
 * row of a TIMESTAMPTZ; in UTC an instant is a TIMESTAMP with another name, and that way is ten
 * times faster. Where the two would differ (before the year 1, infinities, epochs, whose digits ICU
 * rounds otherwise) the original is called. An overload without a type takes whatever DuckDB would
 * have taken: intervals, times, untyped texts.
 */
export function timeMacros(): readonly string[] {
  return [
    ...['date_trunc', 'datetrunc'].map(truncation),
    ...['date_part', 'datepart'].map(part),
    ...partFunctions.map(namedPart),
    strftime(),
    timeBucket(),
  ];
}

const partFunctions = [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'dayofweek',
  'isodow',
  'dayofyear',
  'week',
  'quarter',
  'dayname',
  'monthname',
];

const utc = 'make_timestamp(epoch_us(moment))';

/** 0001-01-01 in microseconds. NULL, which infinities give, is not past it. */
const isPlain = 'epoch_us(moment) >= -62135596800000000';

function truncation(name: string): string {
  const original = `system.main.${name}(part, moment)`;
  const fast = instant(`system.main.${name}(part, ${utc})`);
  const isWidth = `lower(part) IN (${Object.keys(widths).map(quoteText).join(', ')})`;
  return macro(name, {
    parameters: 'part, moment',
    original,
    instant: `CASE WHEN epoch_us(moment) >= 0 AND ${isWidth} THEN ${truncated}
      WHEN ${isPlain} THEN ${fast} ELSE ${original} END`,
  });
}

/**
 * Parts of time that are always as long, in microseconds. Since 1970 cutting to one is a remainder,
 * at half the cost of DuckDB's own way through date and time of day.
 */
const widths: Readonly<Record<string, number>> = {
  millisecond: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
  day: 86_400_000_000,
};

const width = `CASE lower(part) ${Object.entries(widths)
  .map(([name, microseconds]) => `WHEN ${quoteText(name)} THEN ${microseconds}`)
  .join(' ')} END`;

const truncated = `make_timestamptz(epoch_us(moment) - epoch_us(moment) % ${width})`;

function part(name: string): string {
  const original = `system.main.${name}(part, moment)`;
  // `part` may be a list of parts.
  const isExact = `${isPlain} AND NOT contains(lower(part::VARCHAR), 'epoch')`;
  const fast = `system.main.${name}(part, ${utc})`;
  return macro(name, {
    parameters: 'part, moment',
    original,
    instant: choose(isExact, fast, original),
  });
}

function namedPart(name: string): string {
  const original = `system.main.${name}(moment)`;
  const fast = `system.main.${name}(${utc})`;
  return macro(name, { parameters: 'moment', original, instant: choose(isPlain, fast, original) });
}

/** A TIMESTAMP doesn't know a zone's name or offset, so formats that print one go the slow way. */
function strftime(): string {
  const original = 'system.main.strftime(moment, format)';
  const isZoneless = `${isPlain} AND NOT contains(lower(format), '%z')`;
  const fast = `system.main.strftime(${utc}, format)`;
  const parameters = 'moment, format';
  return macro('strftime', { parameters, original, instant: choose(isZoneless, fast, original) });
}

function timeBucket(): string {
  const original = 'system.main.time_bucket(width, moment)';
  const fast = instant(`system.main.time_bucket(width, ${utc})`);
  const parameters = 'width, moment';
  const own = macro('time_bucket', {
    parameters,
    original,
    instant: choose(isPlain, fast, original),
  });
  return `${own}, (width, moment, origin) AS system.main.time_bucket(width, moment, origin)`;
}

function instant(timestamp: string): string {
  return `make_timestamptz(epoch_us(${timestamp}))`;
}

function choose(condition: string, fast: string, original: string): string {
  return `CASE WHEN ${condition} THEN ${fast} ELSE ${original} END`;
}

type Bodies = {
  /** Names in order, `moment` among them. */
  readonly parameters: string;
  readonly original: string;
  /** For a TIMESTAMPTZ. */
  readonly instant: string;
};

function macro(name: string, bodies: Bodies): string {
  const typed = (type: string): string => bodies.parameters.replace('moment', `moment ${type}`);
  return `CREATE MACRO ${name}
    (${typed('TIMESTAMPTZ')}) AS ${bodies.instant},
    (${typed('TIMESTAMP')}) AS ${bodies.original},
    (${typed('DATE')}) AS ${bodies.original},
    (${bodies.parameters}) AS ${bodies.original}`;
}
