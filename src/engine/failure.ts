import { HeliosError, type ErrorCode, type TextPosition } from '../base/errors.ts';
import { ownWords } from '../sql/own-words.ts';
import { otherFunctionHint } from './other-functions.ts';
import { LineIndex, offsetOfByte, offsetOfCodePoint } from '../sql/positions.ts';

/**
 * What DuckDB reports with `errors_as_json`: parser errors carry the prefix `Parser Error: `,
 * others are bare JSON. `position` is an offset in the statement, as text: of the parser in code
 * points, of all others in UTF-8 bytes.
 */
type Report = {
  readonly exception_type?: string;
  readonly exception_message?: string;
  readonly error_subtype?: string;
  readonly position?: string;
  readonly candidates?: string;
  readonly name?: string;
  /** Of what is missing: `Scalar Function`, for one. */
  readonly type?: string;
};

/**
 * A failure of DuckDB as a HeliosError, with line and column in `sql` where DuckDB gave a place.
 * What ran was `prefix` and `sql`.
 */
export function duckdbFailure(thrown: unknown, sql: string, prefix = ''): HeliosError {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const report = parseReport(text);
  if (report === undefined) {
    return new HeliosError(codeOf(/^(\w+) Error/.exec(text)?.[1]), ownWords(firstParagraph(text)), {
      cause: thrown,
    });
  }
  const offset = offsetOf(report, sql, prefix);
  const message = ownWords(report.exception_message ?? text);
  const instead = insteadOf(report);
  // Better than DuckDB's guess, which is in its message.
  const plain = instead === undefined ? message : message.replace(/\nDid you mean .*$/s, '');
  return new HeliosError(codeOf(report.exception_type), plain, {
    cause: thrown,
    hint: instead ?? hintOf(report),
    position: offset === undefined ? undefined : wordAt(sql, offset),
    details: { type: report.exception_type, offset, byteOffset: byteOffsetOf(report) },
  });
}

/** Of a function that DuckDB has under another name than other engines. */
function insteadOf({ error_subtype: subtype, name, type }: Report): string | undefined {
  const isFunction = subtype === 'MISSING_ENTRY' && type?.endsWith('Function') === true;
  return isFunction && name !== undefined ? otherFunctionHint(name) : undefined;
}

/** UTF-16 offset of what the report is about. */
function offsetOf(report: Report, sql: string, prefix: string): number | undefined {
  if (report.position === undefined) return undefined;
  // A prefix is of ASCII: as many bytes as characters.
  const counted = Math.max(0, Number(report.position) - prefix.length);
  return isOfParser(report) ? offsetOfCodePoint(sql, counted) : offsetOfByte(sql, counted);
}

/**
 * As the report has it: beyond the statement's end where the place is in what the statement calls,
 * a macro, whose text was another's.
 */
function byteOffsetOf(report: Report): number | undefined {
  const isInBytes = report.position !== undefined && !isOfParser(report);
  return isInBytes ? Number(report.position) : undefined;
}

function isOfParser({ exception_type: type }: Report): boolean {
  return type === 'Parser' || type === 'Syntax';
}

/** Line and column (from 1) of a UTF-8 byte offset, with the length of the word there. */
export function positionAtByte(sql: string, byteOffset: number): TextPosition {
  return wordAt(sql, offsetOfByte(sql, byteOffset));
}

function wordAt(sql: string, offset: number): TextPosition {
  const word = /^[\p{L}\p{N}_$]+/u.exec(sql.slice(offset))?.[0];
  return new LineIndex(sql).positionOf({ start: offset, end: offset + (word?.length ?? 1) });
}

function parseReport(text: string): Report | undefined {
  const start = text.indexOf('{"');
  if (start < 0) return undefined;
  try {
    return JSON.parse(text.slice(start)) as Report;
  } catch {
    return undefined;
  }
}

function hintOf(report: Report): string | undefined {
  const candidates = report.candidates?.split(',').filter((name) => name.trim() !== '');
  if (candidates === undefined || candidates.length === 0) return undefined;
  return `Did you mean ${candidates.slice(0, 3).join(', ')}?`;
}

function firstParagraph(text: string): string {
  return text.split('\n\n')[0] ?? text;
}

/** DuckDB's exception types that mean something other than "this SQL is wrong". */
function codeOf(exceptionType: string | undefined): ErrorCode {
  switch (exceptionType) {
    case 'Parser':
    case 'Syntax':
    case 'Binder':
    case 'Catalog':
    case 'Not implemented':
      return 'invalid_sql';
    case 'Out of Memory':
    case 'OutOfMemory':
      return 'out_of_memory';
    case 'IO':
      return 'storage_failed';
    case 'INTERRUPT':
    case 'Interrupt':
      return 'cancelled';
    case 'Internal':
    case 'Fatal':
      return 'internal';
    default:
      return 'query_failed';
  }
}
