import { isUtf8 } from 'node:buffer';
import { AssertionError } from '../../base/assert.ts';
import type { RejectionCode } from '../../event/rejected.ts';
import type { SourceColumn } from '../../sql/script.ts';
import { typeName } from '../sql-parts.ts';

export type Problem = { readonly code: RejectionCode; readonly message: string };

/** Characters of a parser's complaint that a message keeps. */
const complaintLength = 200;

/**
 * What is wrong with a line as a whole. `isDetailed` asks a parser where it stopped, which is slow.
 */
export function lineProblem(code: string, bytes: Uint8Array, isDetailed: boolean): Problem {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (code) {
    case 'too_long':
      return { code, message: `The line has ${raw.length} bytes, more than allowed.` };
    case 'not_an_object':
      return { code, message: `The line is ${kindOf(raw)}, not an object.` };
    case 'malformed_json':
      if (isUtf8(raw)) return { code, message: isDetailed ? complaintOf(raw) : notJson };
      return { code: 'invalid_utf8', message: 'The line is not valid UTF-8.' };
    default:
      throw new AssertionError(`unexpected fault ${code} of a line`);
  }
}

const notJson = 'The line is not valid JSON.';

function complaintOf(raw: Buffer): string {
  const text = raw.toString('utf8');
  if (text.startsWith('\ufeff')) return 'The line begins with a byte order mark.';
  try {
    JSON.parse(text);
    return 'The line holds half of a surrogate pair (\\uD8xx).';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message.slice(0, complaintLength) : notJson;
  }
}

/** What a JSON value is, by the first byte that is no white space. */
function kindOf(raw: Buffer): string {
  const first = raw.toString('latin1', 0, 1000).trimStart()[0];
  if (first === '[') return 'an array';
  if (first === '"') return 'a string';
  if (first === 'n') return 'null';
  return first === 't' || first === 'f' ? 'a boolean' : 'a number';
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
