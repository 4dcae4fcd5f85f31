import { isUtf8 } from 'node:buffer';
import { AssertionError } from '../../base/assert.ts';
import type { RejectionCode } from '../../event/rejected.ts';
import type { SourceColumn } from '../../sql/script.ts';
import { typeName } from '../sql-parts.ts';

export type Problem = { readonly code: RejectionCode; readonly message: string };

/** Characters of a value that a message shows. */
export const excerptLengthMax = 80;

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
    case 'malformed_frame':
      return { code, message: 'The record is not {"schema": …, "payload": …}.' };
    case 'not_a_change':
      return { code, message: `The record is no change event: ${changeComplaint(raw)}.` };
    case 'not_an_insert':
      return { code, message: notAnInsert };
    default:
      throw new AssertionError(`unexpected fault ${code} of a line`);
  }
}

const notAnInsert =
  'The record changes or deletes a row, and the table only takes new ones: it has no column for ' +
  "the change's kind, such as op TEXT METADATA FROM 'op'.";

/** What keeps a JSON object from being `{"op": …, "before": …, "after": …}`. */
function changeComplaint(raw: Buffer): string {
  const record = objectIn(raw.toString('utf8'));
  const change = memberOf(record, 'payload') ?? record;
  const op = memberOf(change, 'op');
  if (op === undefined || op === null) return 'it has no "op"';
  if (typeof op !== 'string' || !['c', 'r', 'u', 'd'].includes(op)) {
    return `its "op" is ${JSON.stringify(op).slice(0, 40)}, not c, r, u or d`;
  }
  return `its "${op === 'd' ? 'before' : 'after'}" holds no row`;
}

function objectIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What DuckDB takes and JSON has not, such as a comma after the last member.
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, name);
  return member;
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
): Problem {
  const shown =
    excerpt === undefined || excerpt.length <= excerptLengthMax
      ? excerpt
      : `${excerpt.slice(0, excerptLengthMax)}…`;
  const type = knownTypeName(column);
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

const typeNames = new WeakMap<SourceColumn, string>();

function knownTypeName(column: SourceColumn): string {
  const known = typeNames.get(column) ?? typeName(column.type);
  typeNames.set(column, known);
  return known;
}
