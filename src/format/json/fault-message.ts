import { isUtf8 } from 'node:buffer';
import { AssertionError } from '../../base/assert.ts';
import type { RejectionCode } from '../../event/rejected.ts';
import type { SourceColumn } from '../../sql/script.ts';
import { typeName } from '../sql-parts.ts';

export type Problem = { readonly code: RejectionCode; readonly message: string };

/** Characters of a parser's complaint that a message keeps. */
const complaintLength = 200;

/** What is wrong with a line as a whole. */
export function lineProblem(raw: Buffer, isTooLong: boolean): Problem {
  if (isTooLong) {
    return { code: 'too_long', message: `The line has ${raw.length} bytes, more than allowed.` };
  }
  if (!isUtf8(raw)) return { code: 'invalid_utf8', message: 'The line is not valid UTF-8.' };
  const text = raw.toString('utf8');
  if (text.startsWith('\ufeff')) {
    return { code: 'malformed_json', message: 'The line begins with a byte order mark.' };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return {
        code: 'malformed_json',
        message: 'The line holds half of a surrogate pair (\\uD8xx).',
      };
    }
    const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
    return { code: 'not_an_object', message: `The line is ${kind}, not an object.` };
  } catch (thrown) {
    const complaint = thrown instanceof Error ? thrown.message : String(thrown);
    return { code: 'malformed_json', message: complaint.slice(0, complaintLength) };
  }
}

/** What is wrong with a column's value, whose JSON text begins with `excerpt`. */
export function faultMessage(
  code: string,
  column: SourceColumn,
  excerpt: string | undefined,
  excerptLength: number,
): Problem {
  const shown =
    excerpt === undefined || excerpt.length <= excerptLength
      ? excerpt
      : `${excerpt.slice(0, excerptLength)}…`;
  const type = typeName(column.type);
  const value = `Column "${column.name}": ${shown}`;
  switch (code) {
    case 'missing_field':
      return { code, message: `Column "${column.name}" is NOT NULL, and the record has no value.` };
    case 'type_mismatch':
      return { code, message: `${value} is no ${type}.` };
    case 'inexact':
      return { code, message: `${value} does not fit ${type} exactly.` };
    case 'out_of_range':
      return { code, message: `${value} is out of the range of ${type}.` };
    default:
      throw new AssertionError(`unexpected fault ${code}`);
  }
}
