import type { ColumnType } from '../../event/schema.ts';
import { compareUtf8 } from '../../storage/storage-path.ts';
import type { Literal } from './predicate.ts';

/** Below, equal to or above; undefined where it can't be told for sure. */
export type Order = -1 | 0 | 1 | undefined;

/**
 * How a column's value, as the log has it in text, stands to a literal as DuckDB would compare
 * them.
 * `slackMicros` is added to an instant's value.
 */
export function compareValue(
  type: ColumnType,
  text: string,
  literal: Literal,
  slackMicros = 0n,
): Order {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
      return literal.kind === 'exact' && isExactInLog(type)
        ? compareExact(text, literal.text)
        : compareDoubles(text, literal, doubleSlack);
    case 'float':
      return compareDoubles(text, literal, type.bits === 32 ? floatSlack : doubleSlack);
    case 'text':
      return literal.kind === 'text' ? sign(compareUtf8(text, literal.text)) : undefined;
    case 'boolean':
      return literal.kind === 'boolean' ? compareBooleans(text, literal.value) : undefined;
    case 'date':
    case 'timestamp':
      return compareInstants(text, slackMicros, instantOf(literal, type.kind));
    default:
      return undefined;
  }
}

/**
 * Microseconds since 1970 UTC of a date or a time as Delta and DuckDB write them, with any number
 * of digits of a second up to six, `T` or a space, and `Z`, an offset or nothing for UTC.
 */
export function parseInstantMicros(text: string): bigint | undefined {
  const [, date, time = '00:00:00', fraction = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::?\d\d)?)?)?$/.exec(
      text,
    ) ?? [];
  if (date === undefined) return undefined;
  const offset =
    zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
  const midnightMs = Date.parse(`${date}T00:00:00Z`);
  const instantMs = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(midnightMs) || Number.isNaN(instantMs)) return undefined;
  // Date.parse lets the 31st of a short month pass as the next one's first.
  if (!new Date(midnightMs).toISOString().startsWith(date)) return undefined;
  return BigInt(instantMs) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

function compareInstants(text: string, slackMicros: bigint, other: bigint | undefined): Order {
  const micros = parseInstantMicros(text);
  if (micros === undefined || other === undefined) return undefined;
  return compare(micros + slackMicros, other);
}

function instantOf(literal: Literal, kind: 'date' | 'timestamp'): bigint | undefined {
  if (literal.kind === 'instant') return literal.micros;
  if (literal.kind !== 'text') return undefined;
  // DuckDB casts the text to the column's type: to a date, it drops the time of day.
  return kind === 'timestamp' || literal.text.length === 10
    ? parseInstantMicros(literal.text)
    : undefined;
}

function compareBooleans(text: string, value: boolean): Order {
  return text === 'true' || text === 'false'
    ? compare(Number(text === 'true'), Number(value))
    : undefined;
}

/** Other writers pass the bounds of decimals through a DOUBLE, which holds fifteen digits. */
function isExactInLog(type: ColumnType): boolean {
  return type.kind !== 'decimal' || type.precision <= 15;
}

/** How far apart, relative to their size, two numbers have to be for rounding not to matter. */
const doubleSlack = 1e-14;
const floatSlack = 1e-6;

/**
 * DuckDB casts one side to FLOAT or DOUBLE, which rounds: near each other, either may come out
 * greater, or both the same.
 */
function compareDoubles(text: string, literal: Literal, slack: number): Order {
  const value = Number(text);
  const other = numberOf(literal);
  if (other === undefined || Number.isNaN(value) || Number.isNaN(other)) return undefined;
  const size = Math.max(Math.abs(value), Math.abs(other));
  // Beyond FLOAT's range a cast fails or overflows; below its least number it gives zero.
  if (size > 1e38) return undefined;
  return Math.abs(value - other) <= size * slack + 1e-37 ? undefined : compare(value, other);
}

function numberOf(literal: Literal): number | undefined {
  if (literal.kind === 'double') return literal.value;
  return literal.kind === 'exact' ? Number(literal.text) : undefined;
}

/** Compares two numbers in digits exactly; undefined when one is in another form, such as `1e3`. */
function compareExact(left: string, right: string): Order {
  const [one, other] = [parseDigits(left), parseDigits(right)];
  if (one === undefined || other === undefined) return undefined;
  const scale = Math.max(one.scale, other.scale);
  return compare(
    one.digits * 10n ** BigInt(scale - one.scale),
    other.digits * 10n ** BigInt(scale - other.scale),
  );
}

function parseDigits(
  text: string,
): { readonly digits: bigint; readonly scale: number } | undefined {
  const [, minus = '', whole, fraction = ''] = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = BigInt(whole + fraction);
  return { digits: minus === '-' ? -digits : digits, scale: fraction.length };
}

function compare<T extends bigint | number>(left: T, right: T): Order {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function sign(order: number): Order {
  return compare(order, 0);
}
