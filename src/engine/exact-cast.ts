import type { ColumnType } from '../event/schema.ts';
import { duckdbType } from './types.ts';

/** Text that the error of an inexact cast begins with. */
const inexactMark = 'helios:inexact';

/**
 * SQL that turns `expression` of type `from` into `to`, and fails where the value would not come
 * out exactly: DuckDB's own casts round 49.5 to 50 and '1.7' to 2.
 */
export function exactCast(expression: string, from: ColumnType, to: ColumnType): string {
  const target = duckdbType(to);
  const cast = `CAST(${expression} AS ${target})`;
  const check = exactness(expression, cast, from, to);
  if (check === undefined) return cast;
  const shown = `CAST(${expression} AS VARCHAR)`;
  const message = `'${inexactMark}: ' || ${shown} || ' is not exact as ${target}'`;
  return `CASE WHEN ${expression} IS NULL OR ${check} THEN ${cast} ELSE error(${message}) END`;
}

/** A condition that holds when the cast loses nothing; undefined where it never does. */
function exactness(
  expression: string,
  cast: string,
  from: ColumnType,
  to: ColumnType,
): string | undefined {
  if (from.kind === 'text' || from.kind === 'json') return textExactness(expression, to);
  if (from.kind === 'timestamp') return timestampExactness(expression, cast, to);
  if (to.kind === 'boolean' && isNumber(from)) return `${expression} IN (0, 1)`;
  if (!isNumber(from) || !isNumber(to) || isWidening(from, to)) return undefined;
  if (from.kind === 'integer') return `CAST(${cast} AS HUGEINT) = ${expression}`;
  return `CAST(${cast} AS ${duckdbType(from)}) = ${expression}`;
}

/** A column type `timestamp` may be any of DuckDB's, of which one counts nanoseconds. */
function timestampExactness(expression: string, cast: string, to: ColumnType): string | undefined {
  if (to.kind === 'date')
    return `CAST(${cast} AS TIMESTAMPTZ) = CAST(${expression} AS TIMESTAMPTZ)`;
  if (to.kind !== 'timestamp') return undefined;
  return `(typeof(${expression}) <> 'TIMESTAMP_NS' OR epoch_ns(${expression}) % 1000 = 0)`;
}

function textExactness(expression: string, to: ColumnType): string | undefined {
  const text = `trim(CAST(${expression} AS VARCHAR))`;
  if (to.kind === 'integer') return `regexp_full_match(${text}, '[+-]?[0-9]+')`;
  if (to.kind === 'timestamp' || to.kind === 'time') {
    return `NOT regexp_matches(${text}, '\\.[0-9]{6}[0-9]*[1-9]')`;
  }
  if (to.kind === 'date') return `NOT regexp_matches(${text}, ':')`;
  if (to.kind !== 'decimal') return undefined;
  const fraction = to.scale === 0 ? '(\\.0*)?' : `(\\.[0-9]{0,${to.scale}}0*)?`;
  return `regexp_full_match(${text}, '[+-]?[0-9]*${fraction}')`;
}

function isNumber(type: ColumnType): boolean {
  return type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'float';
}

/** Every value of `from` is one of `to`, or the cast itself fails where it isn't. */
function isWidening(from: ColumnType, to: ColumnType): boolean {
  if (from.kind === 'integer') {
    return to.kind !== 'float' || from.bits <= (to.bits === 64 ? 32 : 16);
  }
  if (from.kind === 'decimal') {
    return to.kind === 'float' || (to.kind === 'decimal' && to.scale >= from.scale);
  }
  return from.kind === 'float' && to.kind === 'float' && to.bits >= from.bits;
}
