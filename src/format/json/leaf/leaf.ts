import { quoteText } from '../../../engine/types.ts';
import type { RejectionCode } from '../../../event/rejected.ts';

/**
 * How a JSON value becomes a value of a column, as DuckDB expressions.
 *
 * The input is the value's JSON text `json`, never SQL NULL and never the JSON null. `text` is what
 * a JSON string says, or the token of anything else.
 */
export type Leaf = {
  readonly value: string;
  /**
   * Why the value does not fit: NULL, or a FaultCode. `value` is an expression for the leaf's
   * value.
   */
  readonly fault: (value: string) => string;
  /**
   * A cheaper condition over the same input, which may be NULL here: true wherever there is a
   * fault, rarely elsewhere, and never NULL. Only where it holds is `fault` asked. Undefined:
   * `fault` is cheap itself.
   */
  readonly suspect?: (value: string) => string;
};

/** `examine`: the expressions can't tell; the line needs a look at its bytes. */
export type FaultCode = RejectionCode | 'examine';
/** A fault and its condition, which is never NULL. */
export type Problem = { readonly when: string; readonly code: FaultCode };

export type LeafInput = {
  readonly json: string;
  readonly text: string;
  /** True where `json` is a JSON string. */
  readonly isString: string;
  /** Number of an examined line in plain notation; `text` where there is none. */
  readonly plain?: string | undefined;
  /** The same as `json` in the type JSON, where there is such an expression. */
  readonly typed?: string | undefined;
};

export type LeafOptions = {
  readonly timestampFormat: 'rfc3339' | 'unix_millis';
  /**
   * Prefix of the strings that stand for number tokens in a line that was examined; after it come
   * the number in plain notation, `|`, and the token as it was. Undefined in lines as they came.
   */
  readonly mark: string | undefined;
};

/** The leaf's input for an expression that is a value's JSON text. */
export function inputOf(json: string, mark: string | undefined): LeafInput {
  // A third of the cost of starts_with.
  const isQuoted = `(${json} >= '"' AND ${json} < '#')`;
  const said = `json_extract_string(${json}, '$')`;
  if (mark === undefined) {
    return {
      json,
      text: `CASE WHEN ${isQuoted} THEN ${said} ELSE ${json} END`,
      isString: isQuoted,
    };
  }
  const isMarked = `starts_with(${json}, ${quoteText(`"${mark}`)})`;
  const token = (part: number): string =>
    `split_part(rtrim(substr(${json}, ${mark.length + 2}), '"'), '|', ${part})`;
  return {
    json,
    text: `CASE WHEN ${isMarked} THEN ${token(2)} WHEN ${isQuoted} THEN ${said} ELSE ${json} END`,
    isString: `(${isQuoted} AND NOT ${isMarked})`,
    plain: `CASE WHEN ${isMarked} THEN ${token(1)} WHEN ${isQuoted} THEN ${said} ELSE ${json} END`,
  };
}

/** The code of the first problem there is, or NULL. */
export function firstOf(problems: readonly Problem[]): string {
  if (problems.length === 0) return 'NULL::VARCHAR';
  const cases = problems.map((problem) => `WHEN ${problem.when} THEN '${problem.code}'`);
  return `CASE ${cases.join(' ')} END`;
}

/**
 * A `suspect` of values that nearly always match one of `usual`, in this order; what `lost` is said
 * of those that do. A CASE is half the price of an OR.
 */
export function unlessUsual(input: string, usual: readonly string[], lost: string): string {
  const cases = usual.map((condition) => `WHEN ${condition} THEN ${lost}`);
  return `CASE ${cases.join(' ')} ELSE ${input} IS NOT NULL END`;
}

export function matches(text: string, pattern: string): string {
  return `regexp_full_match(${text}, ${quoteText(pattern)})`;
}

export function mustBeString(input: LeafInput): Problem {
  return { when: `NOT ${input.isString}`, code: 'type_mismatch' };
}
