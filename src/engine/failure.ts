import { HeliosError, type ErrorCode } from '../base/errors.ts';

/**
 * What DuckDB reports with `errors_as_json`: parser errors carry the prefix `Parser Error: `,
 * others are bare JSON. `position` is an offset in UTF-8 bytes of the statement, as text.
 */
type Report = {
  readonly exception_type?: string;
  readonly exception_message?: string;
  readonly error_subtype?: string;
  readonly position?: string;
  readonly candidates?: string;
  readonly name?: string;
};

/**
 * A failure of DuckDB as a HeliosError, with line and column in `sql` where DuckDB gave a place.
 */
export function duckdbFailure(thrown: unknown, sql: string): HeliosError {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const report = parseReport(text);
  if (report === undefined) {
    return new HeliosError(codeOf(/^(\w+) Error/.exec(text)?.[1]), firstParagraph(text), {
      cause: thrown,
    });
  }
  const offset = report.position === undefined ? undefined : Number(report.position);
  return new HeliosError(codeOf(report.exception_type), report.exception_message ?? text, {
    cause: thrown,
    hint: hintOf(report),
    position: offset === undefined ? undefined : positionAtByte(sql, offset),
    details: { type: report.exception_type, byteOffset: offset },
  });
}

/** Line and column (from 1) of a UTF-8 byte offset. */
export function positionAtByte(
  sql: string,
  byteOffset: number,
): { readonly line: number; readonly column: number; readonly length: number } {
  const before = Buffer.from(sql, 'utf8').subarray(0, byteOffset).toString('utf8');
  const line = before.split('\n').length;
  const column = before.length - (before.lastIndexOf('\n') + 1) + 1;
  const word = /^[\w$]+/.exec(sql.slice(before.length))?.[0];
  return { line, column, length: word?.length ?? 1 };
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
