import { quoteText } from '../../engine/types.ts';

/** More significant digits than a double always keeps. */
const digitsMin = 16;

/** Exponents of numbers that a double holds with fewer digits, or as zero. */
const extreme = '[0-9][eE]-[0-9]{3}';

/** What needs exact numbers in a table. */
export type ExactValues = {
  /** JSON texts of the columns that need them, as the reader gave them. */
  readonly values: readonly string[];
  /** True when these texts are short: numbers, not documents. */
  readonly areNumbers: boolean;
};

/**
 * True where a line may hold a number with a fraction or an exponent that a double does not hold
 * exactly (the reader goes through one). `line` is the line's text.
 *
 * Such a number has 16 digits or more, or is tiny. With a point it has eight digits after it, or
 * nine before it, which the double shows too; without a point it has an exponent, which is
 * negative, or makes the double show nine digits or an exponent. In short values these signs are
 * cheap to look for, and rare; then the digits themselves are looked for. Last or, where the values
 * are documents, first: a compact line that the reader writes back unchanged has lost nothing.
 */
export function mayLoseDigits(line: string, { values, areNumbers }: ExactValues): string {
  const signs = [
    `regexp_matches(${line}, '\\.[0-9]{8}')`,
    `regexp_matches(${line}, 'e-[0-9]+[\\s,}\\]]')`,
    `regexp_matches(${line}, 'E-[0-9]+[\\s,}\\]]')`,
    ...values.map(
      (value) => `coalesce(regexp_matches(${value}, '[0-9]{9}\\.[0-9]|[0-9]e'), false)`,
    ),
  ];
  const hasSigns = `(${signs.join(' OR ')})`;
  const hasDigits = `regexp_matches(${line}, ${quoteText(longNumberPattern())})`;
  const isChanged = `json(${line})::VARCHAR <> ${line}`;
  const checks = areNumbers ? [hasSigns, hasDigits, isChanged] : [isChanged, hasSigns, hasDigits];
  return checks.reduceRight(
    (then, check) => `CASE WHEN ${check} THEN ${then} ELSE false END`,
    'true',
  );
}

/**
 * True where a JSON text that the reader wrote holds a number with a fraction or an exponent, the
 * only ones that it may have rounded: it writes each double with a point or an `e`, whole numbers
 * as they were, and no white space. A string may look so too, between commas: that costs time only.
 */
export function holdsFraction(json: string): string {
  const fraction = String.raw`(?:\.[0-9]+(?:e[-+]?[0-9]+)?|e[-+]?[0-9]+)`;
  const pattern = String.raw`(?:^|[:,\[])-?[0-9]+${fraction}(?:[,}\]]|$)`;
  return `coalesce(regexp_matches(${json}, ${quoteText(pattern)}), false)`;
}

function longNumberPattern(): string {
  const around = Array.from(
    { length: digitsMin - 1 },
    (_, index) => `[0-9]{${index + 1}}\\.[0-9]{${digitsMin - 1 - index}}`,
  );
  return [extreme, `[0-9]{${digitsMin},}[eE]`, `[0-9]{${digitsMin}}\\.[0-9]`, ...around].join('|');
}
