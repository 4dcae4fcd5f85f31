import { duckdbType, quoteText } from '../../../engine/types.ts';
import type { ColumnType } from '../../../event/schema.ts';
import { depthMax, markedPattern } from '../examine.ts';
import {
  firstOf,
  matches,
  mustBeString,
  unlessUsual,
  type Leaf,
  type LeafInput,
  type LeafOptions,
  type Problem,
} from './leaf.ts';

/** JSON's numbers, and the same with leading zeros, which strings may have. */
const numberPattern = String.raw`-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?`;
const plainNumberPattern = String.raw`-?[0-9]+(\.[0-9]+)?`;

export function booleanLeaf({ json }: LeafInput): Leaf {
  return {
    value: `(${json} = 'true')`,
    fault: () => firstOf([{ when: `${json} NOT IN ('true', 'false')`, code: 'type_mismatch' }]),
    suspect: () => unlessUsual(json, [`${json} = 'true'`, `${json} = 'false'`], 'false'),
  };
}

export function integerLeaf(type: ColumnType, { text }: LeafInput): Leaf {
  const isWhole = matches(text, '-?[0-9]+');
  const isNumber = matches(text, numberPattern);
  return {
    value: `TRY_CAST(${text} AS ${duckdbType(type)})`,
    fault: (value) =>
      `CASE WHEN ${isWhole} THEN CASE WHEN ${value} IS NULL THEN 'out_of_range' END
        WHEN ${isNumber} THEN 'inexact' ELSE 'type_mismatch' END`,
    // What is written as DuckDB writes it needs no pattern.
    suspect: (value) => `${value}::VARCHAR IS DISTINCT FROM ${text}`,
  };
}

/**
 * A number with a fraction or an exponent is the nearest double by agreement; a whole number is a
 * count or an id, and must be kept exactly. FLOAT goes through DOUBLE, because that is how the JSON
 * reader hands numbers over.
 */
export function floatLeaf(type: ColumnType & { kind: 'float' }, { json, text }: LeafInput): Leaf {
  const double = `TRY_CAST(${text} AS DOUBLE)`;
  const wholeMax = type.bits === 64 ? Number.MAX_SAFE_INTEGER : 2 ** 24 - 1;
  const exactDigits = type.bits === 64 ? 15 : 7;
  const isLongWhole = matches(text, `-?0*[1-9][0-9]{${exactDigits},}`);
  const whole = `TRY_CAST(${text} AS HUGEINT)`;
  const isKept = (value: string): string =>
    `coalesce(${whole} = TRY_CAST(${value} AS HUGEINT), false)`;
  return {
    value: type.bits === 64 ? double : `TRY_CAST(${double} AS FLOAT)`,
    fault: (value) =>
      firstOf([
        { when: `NOT ${matches(text, numberPattern)}`, code: 'type_mismatch' },
        { when: `coalesce(NOT isfinite(${value}), true)`, code: 'out_of_range' },
        {
          when: `strlen(${text}) > ${exactDigits} AND ${isLongWhole} AND NOT ${isKept(value)}`,
          code: 'inexact',
        },
      ]),
    // JSON that begins as a number is one (or -Infinity); up to here each whole number is a double.
    suspect: (value) => {
      const isOutside = `coalesce(${value} NOT BETWEEN -${wholeMax} AND ${wholeMax}, true)`;
      return unlessUsual(json, [`${json} >= '-' AND ${json} < ':'`], isOutside);
    },
  };
}

export function decimalLeaf(
  type: ColumnType & { kind: 'decimal' },
  { text: token, plain, isString }: LeafInput,
  { mark }: LeafOptions,
): Leaf {
  const text = plain ?? token;
  const isPlain = matches(text, plainNumberPattern);
  const fits = matches(text, String.raw`-?[0-9]+(\.[0-9]{0,${type.scale}}0*)?`);
  const isExponent = `NOT ${isPlain} AND NOT ${isString} AND ${matches(text, numberPattern)}`;
  const examine: Problem = { when: isExponent, code: 'examine' };
  return {
    value: `TRY_CAST(${text} AS ${duckdbType(type)})`,
    fault: (value) =>
      firstOf([
        ...(mark === undefined ? [examine] : []),
        { when: `NOT ${isPlain}`, code: 'type_mismatch' },
        { when: `NOT ${fits}`, code: 'inexact' },
        { when: `${value} IS NULL`, code: 'out_of_range' },
      ]),
  };
}

/**
 * Openers of a JSON text that the expressions let pass without a closer look at its depth: with the
 * record around it, no deeper than a record may be.
 */
const openersMax = depthMax - 1;

/**
 * A JSON value is kept as text. Suspicious are bare NaN and Infinity, which the reader takes but
 * JSON has not, and more openers than a value of depth 128 needs: values without inner values are
 * taken away three times before those that are left are counted.
 */
export function jsonLeaf({ json, typed }: LeafInput, { mark }: LeafOptions): Leaf {
  if (mark !== undefined) {
    const marked = quoteText(markedPattern(mark));
    return {
      value: `regexp_replace(${json}, ${marked}, '\\1', 'g')::JSON`,
      fault: () => firstOf([]),
    };
  }
  const bare = `regexp_replace(${json}, '"(?:[^"\\\\]|\\\\.)*"', '', 'g')`;
  let flat = bare;
  for (let round = 0; round < 3; round++) {
    flat = `regexp_replace(${flat}, '\\[[^\\[\\]{}]*\\]|\\{[^\\[\\]{}]*\\}', '', 'g')`;
  }
  const isDeep = `CASE WHEN strlen(${json}) <= ${2 * openersMax} THEN false
    WHEN ${openers(json)} <= ${openersMax} THEN false
    ELSE ${openers(flat)} > ${openersMax - 3} END`;
  const isNotNumber = `CASE WHEN contains(${json}, 'NaN') OR contains(${json}, 'Infinity')
    THEN regexp_matches(${json}, '(?:^|[:,\\[])-?(?:NaN|Infinity)') ELSE false END`;
  return {
    value: typed ?? `${json}::JSON`,
    fault: () => firstOf([{ when: `${isNotNumber} OR ${isDeep}`, code: 'examine' }]),
  };
}

/** Twenty times cheaper than comparing lengths without these characters. */
function openers(text: string): string {
  return `(len(string_split(${text}, '[')) + len(string_split(${text}, '{')) - 2)`;
}

export function bytesLeaf(input: LeafInput): Leaf {
  return {
    value: `TRY(from_base64(${input.text}))`,
    fault: (value) =>
      firstOf([mustBeString(input), { when: `${value} IS NULL`, code: 'type_mismatch' }]),
  };
}
