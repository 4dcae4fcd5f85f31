import { quoteText } from '../../engine/types.ts';

/** More significant digits than a double always keeps. */
const digitsMin = 16;

/**
 * True where a line may hold a number with a fraction or an exponent that a double does not hold exactly
 * (the reader goes through one). `line` is the line; `values` are the JSON texts of the columns that
 * need exact numbers, as the reader gave them.
 *
 * Such a number has 16 digits or more. With a point it has eight digits after it, or nine before it,
 * which the double shows too; without a point it has an exponent, which is negative, or makes the
 * double show nine digits or an exponent. These signs are cheap to look for, and rare. Then the digits
 * are looked for; and a compact line that the reader writes back unchanged has lost nothing.
 */
export function mayLoseDigits(line: string, values: readonly string[]): string {
  const signs = [
    `regexp_matches(${line}, '\\.[0-9]{8}')`,
    `contains(${line}, 'e-')`,
    `contains(${line}, 'E-')`,
    ...values.map(
      (value) => `coalesce(regexp_matches(${value}, '[0-9]{9}\\.[0-9]|[0-9]e'), false)`,
    ),
  ];
  return `CASE WHEN NOT (${signs.join(' OR ')}) THEN false
    WHEN NOT regexp_matches(${line}, ${quoteText(longNumberPattern())}) THEN false
    ELSE json(${line})::VARCHAR <> ${line} END`;
}

function longNumberPattern(): string {
  const around = Array.from(
    { length: digitsMin - 1 },
    (_, index) => `[0-9]{${index + 1}}\\.[0-9]{${digitsMin - 1 - index}}`,
  );
  return [`[0-9]{${digitsMin},}[eE]`, `[0-9]{${digitsMin}}\\.[0-9]`, ...around].join('|');
}
