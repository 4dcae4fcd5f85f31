import type { RejectionCode } from '../../event/rejected.ts';

/** What a look at a line's tokens found. */
export type Examined =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly message: string };

/** Deepest nesting of a record that must be looked at. */
export const depthMax = 128;

/**
 * Longest run of digits that a number in plain notation may have here; longer ones stay as they
 * are.
 */
const plainDigitsMax = 400;

const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[[\]{}]|-?[A-Za-z]+/g;

/**
 * Rewrites a line of well-formed JSON so that a reader that holds numbers as doubles keeps them
 * exactly: each number with a fraction or an exponent becomes the string mark + plain notation +
 * `|` + token. Rejects what DuckDB's reader takes although it should not become a row.
 */
export function examine(line: string, mark: string): Examined {
  let depth = 0;
  let deepest = 0;
  let word: string | undefined;
  const text = line.replaceAll(token, (found) => {
    const first = found.charCodeAt(0);
    if (first === 0x22) return found;
    if (found === '[' || found === '{') deepest = Math.max(deepest, ++depth);
    else if (found === ']' || found === '}') depth--;
    else if (/[.eE]/.test(found) && /\d/.test(found)) return `"${mark}${plain(found)}|${found}"`;
    else if (!/^-?\d|^(?:true|false|null)$/.test(found)) word ??= found;
    return found;
  });
  if (deepest > depthMax) {
    const message = `The record is ${deepest} levels deep; ${depthMax} are allowed.`;
    return { kind: 'rejected', code: 'too_deep', message };
  }
  if (word !== undefined) {
    return { kind: 'rejected', code: 'malformed_json', message: `${word} is not JSON.` };
  }
  return { kind: 'line', text };
}

/** Pattern of what `examine` made of a number; its group is the number as it was. */
export function markedPattern(mark: string): string {
  return `"${mark}[^"|]*\\|([^"]*)"`;
}

/**
 * A number without exponent, equal to the token; the token itself where that would be very long.
 */
export function plain(number: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(number);
  if (parts === null) return number;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const shift = Number(exponent);
  if (Math.abs(shift) + whole.length + fraction.length > plainDigitsMax) return number;
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const tail = padded.slice(at);
  return sign + padded.slice(0, at) + (tail === '' ? '' : `.${tail}`);
}
