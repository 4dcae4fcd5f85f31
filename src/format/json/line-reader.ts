import type { SourceTable } from '../../sql/script.ts';
import { pathList } from '../sql-parts.ts';

/** DuckDB's default for the longest JSON object, in bytes; it reads up to twice as much. */
const objectBytesDefault = 16 * 1024 * 1024;

/** Longest line of a table that doesn't say: what the reader takes by itself, in bytes. */
export const lineBytesDefault: number = 2 * objectBytesDefault;

/** Whether a line that is no JSON fails a reading, or is a row of NULLs. */
export type Malformed = 'fails' | 'is_null';

/** Arguments that every reading of a table's files has in common. */
export function readerOptions(
  paths: readonly string[],
  table: SourceTable,
  malformed: Malformed = 'fails',
): string {
  const objectBytes = Math.max(objectBytesDefault, table.lineBytesMax ?? 0);
  return `${pathList(paths)}, format = 'newline_delimited', compression = 'uncompressed',
    hive_partitioning = false, maximum_object_size = ${objectBytes},
    ignore_errors = ${malformed === 'is_null'}`;
}

/**
 * SELECT of the records' texts as `line`, without the white space around them, behind columns
 * `kept` of the reader's.
 */
export function linesOf(
  paths: readonly string[],
  table: SourceTable,
  {
    malformed,
    kept = [],
  }: { readonly malformed?: Malformed | undefined; readonly kept?: readonly string[] } = {},
): string {
  const options = readerOptions(paths, table, malformed);
  const columns = [...kept, 'json::VARCHAR AS line'].join(', ');
  return `SELECT ${columns} FROM read_ndjson_objects(${options})`;
}

/** The branches of a CASE that say what is wrong with `line` in any JSON table. */
export function lineFault(table: SourceTable): string {
  const tooLong = `WHEN strlen(line) > ${table.lineBytesMax} THEN 'too_long'`;
  const limit = table.lineBytesMax === undefined ? '' : tooLong;
  return `WHEN line IS NULL THEN 'malformed_json' ${limit}`;
}
