import { duckdbType, quoteText } from '../engine/types.ts';
import type { ColumnType } from '../event/schema.ts';
import { badRecordMark } from './format.ts';

/** A DuckDB list of file paths. */
export function pathList(paths: readonly string[]): string {
  return `[${paths.map(quoteText).join(', ')}]`;
}

/**
 * Yields `columns` of `select` where its column `fault` is NULL, and fails elsewhere, whatever the
 * statement around it does. DuckDB pushes filters below projections and may even reorder them, so a
 * filter of the user's could drop a bad record before anyone looks at it. It does not push a filter
 * through a volatile expression: each column is one, by an error text that calls `random()`. The
 * WHERE is for statements that read no column at all. The error says the mark, the fault and `;`.
 */
export function guarded(
  select: string,
  columns: (guard: (value: string, type: string) => string) => string,
  mark: string = badRecordMark,
): string {
  const failure = `error(${quoteText(`${mark} `)} || fault || left(random()::VARCHAR, 0) || ';')`;
  const guard = (value: string, type: string): string =>
    `CASE WHEN fault IS NULL THEN ${value} ELSE ${failure}::${type} END`;
  return `SELECT ${columns(guard)} FROM (${select})
    WHERE CASE WHEN fault IS NULL THEN true ELSE ${failure}::BOOLEAN END`;
}

/** A type as scripts spell it. */
export function typeName(type: ColumnType): string {
  return duckdbType(type)
    .replaceAll('VARCHAR', 'TEXT')
    .replaceAll('TIMESTAMPTZ', 'TIMESTAMP')
    .replaceAll('BLOB', 'BYTEA');
}
