import type { AttachedReading } from '../../catalog/view.ts';
import { duckdbType, parseDuckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { ResultColumn } from '../../engine/engine.ts';
import type { Column } from '../../event/schema.ts';
import type { LinkedView } from '../process/linked-files.ts';
import {
  castColumn,
  nullColumn,
  numberedFolders,
  partitionColumn,
  pathList,
  unpushed,
} from './column-sql.ts';

/**
 * Files that somebody else laid into a folder: one scan for those that are read alike, with its own
 * types, each column cast to the table's.
 */
export function attachedScans(linked: LinkedView): readonly string[] {
  const { view, attached, partitions } = linked;
  const folders = numberedFolders(view.partitionColumns.length > 0);
  return [...attached].map(([reading, paths]) => {
    const columns = view.schema.map((column) =>
      view.partitionColumns.includes(column.name)
        ? partitionColumn(column, partitions)
        : heldColumn(column, reading.columns),
    );
    const files = `${pathList(paths)}, ${folders}${readerOptions(reading)}`;
    return `SELECT ${columns.join(', ')} FROM read_${reading.format}(${files})`;
  });
}

function heldColumn(column: Column, held: readonly ResultColumn[]): string {
  const found = held.find(({ name }) => name.toLowerCase() === column.name.toLowerCase());
  if (found === undefined) return nullColumn(column);
  const wanted = duckdbType(column.type);
  if (duckdbType(parseDuckdbType(found.typeText)) === wanted) return castColumn(column);
  const value = unpushed(`CAST(${quoteName(found.name)} AS ${wanted})`);
  return `${value} AS ${quoteName(column.name)}`;
}

function readerOptions({ format, columns, options }: AttachedReading): string {
  if (format === 'parquet') return `, union_by_name => true${options}`;
  const types = columns.map(({ name, typeText }) => `${quoteText(name)}: ${quoteText(typeText)}`);
  return `, columns => {${types.join(', ')}}${options}`;
}
