import type { ColumnType } from '../event/schema.ts';
import { isNearlyAll } from './dominance.ts';
import type { NumberFacts, Observation } from './observation.ts';
import { sqlName } from './sql-name.ts';

/** A type, and why it, where that isn't plain to see. */
export type Choice = { readonly type: ColumnType; readonly note: string | undefined };

const bigint: ColumnType = { kind: 'integer', bits: 64, isUnsigned: false };
const double: ColumnType = { kind: 'float', bits: 64 };

/** The narrowest type that keeps the numbers of a field, or nearly all of them, exactly. */
export function numberType(
  { numbers }: Observation,
  format: 'rfc3339' | 'unix_millis',
  name: string,
): Choice {
  const { count, bigintCount, inexactCount } = numbers;
  const unit = namesTime(name) ? epochUnit(numbers) : undefined;
  if (unit?.name === 'milliseconds' && format === 'unix_millis') {
    return { type: { kind: 'timestamp' }, note: 'milliseconds since 1970' };
  }
  if (unit !== undefined) {
    const time = unit.time.replace('#', sqlName(name));
    return { type: bigint, note: `${unit.name} since 1970: ${time} is the time` };
  }
  if (bigintCount === count) return { type: bigint, note: undefined };
  if (inexactCount === 0 && numbers.wholeCount < count) return { type: double, note: undefined };
  const wide = wideType(numbers);
  if (wide !== undefined) return wide;
  if (isNearlyAll(bigintCount, count)) return { type: bigint, note: undefined };
  if (isNearlyAll(count - inexactCount, count)) return { type: double, note: undefined };
  return {
    type: { kind: 'json' },
    note:
      numbers.wholeCount === count
        ? 'more digits than any number type holds'
        : 'numbers that neither DOUBLE nor DECIMAL keeps exactly',
  };
}

/** Whether the numbers of a field are times that a table reads as such. */
export function holdsMillis(name: string, numbers: NumberFacts): boolean {
  return namesTime(name) && epochUnit(numbers)?.name === 'milliseconds';
}

/** For numbers that neither BIGINT nor DOUBLE holds. */
function wideType(numbers: NumberFacts): Choice | undefined {
  const { count, wholeCount, min = 0n, max = 0n, integerDigitsMax, scaleMax } = numbers;
  if (wholeCount === count && min >= 0n && max < 2n ** 64n) {
    return {
      type: { kind: 'integer', bits: 64, isUnsigned: true },
      note: 'larger than a BIGINT holds',
    };
  }
  if (numbers.exponentCount > 0 || integerDigitsMax + scaleMax > decimalDigitsMax) return undefined;
  return {
    type: { kind: 'decimal', precision: decimalDigitsMax, scale: scaleMax },
    note: wholeCount === count ? 'larger than 64 bits hold' : 'more digits than a DOUBLE keeps',
  };
}

const decimalDigitsMax = 38;

type EpochUnit = {
  readonly name: string;
  /** The first number of the year 2001; ten times as much is in 2286. */
  readonly from: bigint;
  /** SQL of the time; `#` is the column. */
  readonly time: string;
};

const epochUnits: readonly EpochUnit[] = [
  { name: 'seconds', from: 10n ** 9n, time: 'to_timestamp(#)' },
  { name: 'milliseconds', from: 10n ** 12n, time: 'make_timestamptz(# * 1000)' },
  { name: 'microseconds', from: 10n ** 15n, time: 'make_timestamptz(#)' },
  { name: 'nanoseconds', from: 10n ** 18n, time: 'make_timestamptz(# // 1000)' },
];

/** What whole numbers count since 1970, if they all seem to. */
function epochUnit({ count, bigintCount, min, max }: NumberFacts): EpochUnit | undefined {
  if (min === undefined || max === undefined || bigintCount < count) return undefined;
  return epochUnits.find(({ from }) => min >= from && max < from * 10n);
}

function namesTime(name: string): boolean {
  return timeName.test(name);
}

const timeWords = 'ts|time|timestamp|at|date|epoch|sec|seconds|ms|millis|us|micros|ns|nanos';
const timeName = new RegExp(`(^|_)(${timeWords})($|_)|(Time|Timestamp|At|Ts|Ms)$`);
