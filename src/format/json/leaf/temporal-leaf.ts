import { firstOf, unlessUsual, type Leaf, type LeafInput } from './leaf.ts';

/** RFC 3339, with a space or no zone (UTC) allowed. */
const timestampPattern = [
  '[0-9]{4}-[0-9]{2}-[0-9]{2}',
  '[Tt ]',
  String.raw`[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?`,
  '([Zz]|[-+]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?',
].join('');
/** The two spellings nearly every writer uses: no pattern matching needed. */
const usualTimestamps = ['____-__-__T__:__:__.___Z', '____-__-__T__:__:__Z'];
/** More than microseconds: a seventh digit of the fraction or a later one is not zero. */
const overMicros = String.raw`\.[0-9]{6}[0-9]*[1-9]`;

/** First and last instants of the years 1 to 9999, in milliseconds. */
const millisMin = -62_135_596_800_000;
const millisMax = 253_402_300_799_999;

export function timestampLeaf(input: LeafInput, format: 'rfc3339' | 'unix_millis'): Leaf {
  return format === 'rfc3339' ? rfc3339Leaf(input) : unixMillisLeaf(input);
}

function rfc3339Leaf({ text, isString }: LeafInput): Leaf {
  const isUsual = usualTimestamps.map((usual) => `${text} LIKE '${usual}'`).join(' OR ');
  const fits = `(${isUsual} OR regexp_full_match(${text}, '${timestampPattern}'))`;
  return {
    // DuckDB reads `t` and `z` in capitals only.
    value: `coalesce(TRY_CAST(${text} AS TIMESTAMPTZ), TRY_CAST(upper(${text}) AS TIMESTAMPTZ))`,
    fault: (value) =>
      firstOf([
        { when: `NOT (${isString} AND ${fits})`, code: 'type_mismatch' },
        { when: `${value} IS NULL`, code: 'out_of_range' },
        {
          when: `strlen(${text}) > 26 AND regexp_matches(${text}, '${overMicros}')`,
          code: 'inexact',
        },
      ]),
    suspect: (value) => {
      const usual = usualTimestamps.map((pattern) => `${text} LIKE '${pattern}' AND ${isString}`);
      return unlessUsual(text, usual, `${value} IS NULL`);
    },
  };
}

function unixMillisLeaf({ json }: LeafInput): Leaf {
  const millis = `TRY_CAST(${json} AS BIGINT)`;
  const isInRange = `coalesce(${millis} BETWEEN ${millisMin} AND ${millisMax}, false)`;
  const isNumber = `regexp_full_match(${json}, '-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?')`;
  const isWhole = `regexp_full_match(${json}, '-?[0-9]+')`;
  return {
    value: `CASE WHEN ${isInRange} THEN make_timestamptz(${millis} * 1000) END`,
    fault: () =>
      firstOf([
        { when: `NOT ${isNumber}`, code: 'type_mismatch' },
        { when: `NOT ${isWhole}`, code: 'inexact' },
        { when: `NOT ${isInRange}`, code: 'out_of_range' },
      ]),
  };
}

type TextKind = 'date' | 'time' | 'interval';

/**
 * DATE and TIME in ISO 8601, INTERVAL in ISO 8601 (`P1DT2H`) or as DuckDB reads it (`1 day 2
 * hours`).
 */
export function textLeaf(kind: TextKind, input: LeafInput): Leaf {
  const { text, isString } = input;
  const fits = `regexp_full_match(${text}, '${textPatterns[kind]}')`;
  return {
    value: kind === 'interval' ? intervalOf(text) : `TRY_CAST(${text} AS ${kind})`,
    fault: (value) =>
      firstOf([
        { when: `NOT (${isString} AND ${fits})`, code: 'type_mismatch' },
        { when: `${value} IS NULL`, code: kind === 'interval' ? 'type_mismatch' : 'out_of_range' },
        { when: `regexp_matches(${text}, '${overMicros}')`, code: 'inexact' },
      ]),
  };
}

const textPatterns: Readonly<Record<TextKind, string>> = {
  date: '[0-9]{4}-[0-9]{2}-[0-9]{2}',
  time: String.raw`[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?`,
  // A number alone would be read as seconds, and "epoch"-like words are no spans of time.
  interval: String.raw`P.*[0-9][A-Z]|-?[0-9].*[a-z:].*`,
};

const isoInterval = [
  '^P(?:(-?[0-9]+)Y)?(?:(-?[0-9]+)M)?(?:(-?[0-9]+)D)?',
  '(?:T(?:(-?[0-9]+)H)?(?:(-?[0-9]+)M)?(?:(-?[0-9.]+)S)?)?$',
].join('');

/** `P1Y…` is rewritten to words; what was left out becomes `0`. Signs go before the number. */
function intervalOf(text: string): string {
  const units = ['years', 'months', 'days', 'hours', 'minutes', 'seconds'];
  const words = units.map((unit, index) => `\\${index + 1} ${unit}`).join(', ');
  const spelled = `regexp_replace(${text}, '${isoInterval}', '${words}')`;
  const whole = `regexp_replace(${spelled}, '(^|, ) ', '\\10 ', 'g')`;
  return `TRY_CAST(replace(CASE WHEN starts_with(${text}, 'P') THEN ${whole} ELSE ${text} END,
    ',', '') AS INTERVAL)`;
}
