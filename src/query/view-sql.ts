import { duckdbType, quoteName, quoteText } from '../engine/types.ts';
import type { Column, Schema } from '../event/schema.ts';
import type { LinkedView } from './process/linked-files.ts';
import type { ViewStatements } from './process/messages.ts';
import { viewName } from './process/view-name.ts';

/**
 * The statements that make a table's view over its linked files, with the table's columns and
 * types. `plain` does for files that between them have all columns, and is what DuckDB optimizes
 * best; where it doesn't bind, `padded` gives NULLs for what no file has.
 */
export function viewStatements(linked: LinkedView): ViewStatements {
  const { name, schema } = linked.view;
  return {
    name,
    columns: schema.map(columnText).join(', '),
    plain: viewStatement(linked, (_, files) => `SELECT * FROM ${files}`),
    padded: viewStatement(linked, withNulls),
  };
}

/** A scan of files that has at least the columns of the schema. */
type Scan = (stored: Schema, files: string) => string;

function viewStatement(linked: LinkedView, scan: Scan): string {
  const { name, schema, linesSql } = linked.view;
  const parquet = linesSql === undefined ? linked : { ...linked, cold: [] };
  const selects = [
    ...lineScans(linked, scan),
    ...partitionedScan(parquet, scan),
    ...plainScans(parquet, scan),
  ];
  const all = selects.length === 0 ? [`${nullColumns(schema)} WHERE false`] : selects;
  return `CREATE OR REPLACE VIEW ${viewName(name)} AS ${all.join(' UNION ALL ')}`;
}

/** Committed files that are JSON lines. */
function lineScans({ view, cold }: LinkedView, scan: Scan): readonly string[] {
  const { linesSql, schema } = view;
  if (linesSql === undefined || cold.length === 0) return [];
  const columns = schema.map((column) => castColumn(column)).join(', ');
  return [`SELECT ${columns} FROM (${scan(schema, `(${linesSql(cold)})`)})`];
}

/** Committed files of a partitioned table: partition columns are not in them. */
function partitionedScan({ view, cold, partitions }: LinkedView, scan: Scan): readonly string[] {
  const { partitionColumns, schema } = view;
  if (cold.length === 0 || partitionColumns.length === 0) return [];
  const isPartition = (column: Column): boolean => partitionColumns.includes(column.name);
  const stored = schema.filter((column) => !isPartition(column));
  const columns = schema.map((column) => {
    if (!isPartition(column)) return castColumn(column);
    const values = partitions.map((one) => partitionValue(column, one?.[column.name] ?? null));
    // List positions count from 1.
    const value = `list_extract([${values.join(', ')}], helios_partition + 1)`;
    return `${value} AS ${quoteName(column.name)}`;
  });
  const files = `read_parquet(${list(cold)}, union_by_name => true,
    hive_partitioning => true, hive_types => {'helios_partition': BIGINT})`;
  return [`SELECT ${columns.join(', ')} FROM (${scan(stored, files)})`];
}

/** One scan for all Parquet files: DuckDB looks through a scan, but not through a UNION. */
function plainScans(linked: LinkedView, scan: Scan): readonly string[] {
  const { view, cold, hot, rows, attached } = linked;
  const { schema, partitionColumns } = view;
  const whole = [...(partitionColumns.length === 0 ? cold : []), ...hot, ...attached.parquet];
  const scans: readonly (readonly [readonly string[], string])[] = [
    [whole, parquet(whole)],
    [rows, rowsOf(schema, rows)],
    [attached.csv, `read_csv(${list(attached.csv)}, union_by_name => true)`],
    [attached.json, `read_json(${list(attached.json)}, union_by_name => true)`],
  ];
  return scans
    .filter(([paths]) => paths.length > 0)
    .map(
      ([, files]) => `SELECT ${schema.map(castColumn).join(', ')} FROM (${scan(schema, files)})`,
    );
}

/**
 * Columns that no file has are NULL: the first part has no rows and all columns, and the optimizer
 * drops it. Files that lack some of what others have are united by name.
 */
function withNulls(schema: Schema, files: string): string {
  const all = schema.length === 0 ? '' : `${nullColumns(schema)} WHERE false UNION ALL BY NAME `;
  return `${all}SELECT * FROM ${files}`;
}

function nullColumns(schema: Schema): string {
  const columns = schema.map(
    (column) => `CAST(NULL AS ${duckdbType(column.type)}) AS ${quoteName(column.name)}`,
  );
  return `SELECT ${columns.join(', ')}`;
}

function columnText(column: Column): string {
  return `${quoteName(column.name)} ${duckdbType(column.type)}`;
}

function castColumn(column: Column): string {
  const name = quoteName(column.name);
  return `CAST(${name} AS ${duckdbType(column.type)}) AS ${name}`;
}

/** In Delta an empty partition value is NULL. */
function partitionValue(column: Column, value: string | null): string {
  const literal = value === null || value === '' ? 'NULL' : quoteText(value);
  return `CAST(${literal} AS ${duckdbType(column.type)})`;
}

function parquet(paths: readonly string[]): string {
  return `read_parquet(${list(paths)}, union_by_name => true, hive_partitioning => false)`;
}

/** JSON lines with the schema's types, and no guessing. */
function rowsOf(schema: Schema, paths: readonly string[]): string {
  const columns = schema.map(
    (column) => `${quoteText(column.name)}: ${quoteText(duckdbType(column.type))}`,
  );
  const types = `columns => {${columns.join(', ')}}`;
  return `read_json(${list(paths)}, format => 'newline_delimited', ${types})`;
}

function list(paths: readonly string[]): string {
  return `[${paths.map(quoteText).join(', ')}]`;
}
