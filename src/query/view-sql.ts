import { unreachable } from '../base/assert.ts';
import type {
  PhysicalColumn,
  PhysicalSchema,
  PhysicalType,
} from '../delta/mapping/physical-schema.ts';
import { duckdbType, quoteName, quoteText } from '../engine/types.ts';
import type { Column, Schema } from '../event/schema.ts';
import type { PinnedView } from '../catalog/view.ts';
import { newestRows, rowsThere, withoutKeys } from '../sink/current-rows.ts';
import { deletedEnding, deletedPathOf, type LinkedView } from './process/linked-files.ts';
import type { ViewStatements } from './process/messages.ts';
import { viewName } from './process/view-name.ts';
import { attachedScans } from './view-parts/attached-scans.ts';
import {
  castColumn,
  nullColumn,
  numberedFolders,
  partitionColumn,
  pathList,
  unpushed,
} from './view-parts/column-sql.ts';

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
    plain: viewStatement(linked, unpadded),
    padded: viewStatement(linked, withNulls),
  };
}

/** The SELECTs of these two. */
export function viewSelects(linked: LinkedView): readonly [plain: string, padded: string] {
  return [viewSelect(linked, unpadded), viewSelect(linked, withNulls)];
}

/** A scan of files that has at least the columns of the schema. */
type Scan = (stored: Schema, files: string) => string;

function unpadded(_: Schema, files: string): string {
  return `SELECT * FROM ${files}`;
}

function viewStatement(linked: LinkedView, scan: Scan): string {
  const name = viewName(linked.view.name);
  return `CREATE OR REPLACE VIEW ${name} AS ${viewSelect(linked, scan)}`;
}

function viewSelect(linked: LinkedView, scan: Scan): string {
  const { schema, linesSql } = linked.view;
  const rest = linesSql === undefined ? linked : { ...linked, cold: [] };
  const selects =
    linked.view.keys === undefined || linked.hot.length === 0
      ? [
          ...lineScans(linked, scan),
          ...coldScans(rest, scan),
          ...plainScans(rest, scan),
          ...attachedScans(linked),
        ]
      : currentScans(linked, linked.view.keys, scan);
  const all = selects.length === 0 ? [`${nullColumns(schema)} WHERE false`] : selects;
  return all.join(' UNION ALL ');
}

/** Of a table that is kept current: what hot files say of a key is all that there is of it. */
function currentScans(linked: LinkedView, keys: readonly string[], scan: Scan): readonly string[] {
  const { view, hot } = linked;
  const committed = { ...linked, hot: [] };
  const cold = [...coldScans(committed, scan), ...plainScans(committed, scan)].join(' UNION ALL ');
  const files = parquet(hot);
  const newest = rowsThere(newestRows(files, keys));
  const columns = view.schema.map(castColumn).join(', ');
  const rows = `SELECT ${columns} FROM (${scan(view.schema, `(${newest})`)})`;
  return cold === '' ? [rows] : [withoutKeys(`(${cold})`, files, keys), rows];
}

/** Committed files that are JSON lines. */
function lineScans({ view, cold }: LinkedView, scan: Scan): readonly string[] {
  const { linesSql, schema } = view;
  if (linesSql === undefined || cold.length === 0) return [];
  const columns = schema.map((column) => castColumn(column)).join(', ');
  return [`SELECT ${columns} FROM (${scan(schema, `(${linesSql(cold)})`)})`];
}

/**
 * Whether committed files are read as hot ones are: no partition columns, which aren't in them, and
 * the names that people see.
 */
function isPlain({ partitionColumns, physical }: LinkedView['view']): boolean {
  return partitionColumns.length === 0 && physical === undefined;
}

/** Committed files of which something has to be known beside what is in them. */
function coldScans(linked: LinkedView, scan: Scan): readonly string[] {
  const { view, cold, cut } = linked;
  const columns = coldColumns(linked).join(', ');
  const stored = storedSchema(view);
  const isPartitioned = view.partitionColumns.length > 0;
  const scans = [
    ...(cold.length === 0 || isPlain(view)
      ? []
      : [coldFiles(cold, view, { isPartitioned, isNumbered: false })]),
    ...(cut.length === 0
      ? []
      : [withoutDeleted(cut, coldFiles(cut, view, { isPartitioned, isNumbered: true }))]),
  ];
  return scans.map((files) => `SELECT ${columns} FROM (${scan(stored, files)})`);
}

/** The schema's columns, out of what files and their folders hold. */
function coldColumns({ view, partitions }: LinkedView): readonly string[] {
  const { schema, partitionColumns, physical } = view;
  return schema.map((column) => {
    if (partitionColumns.includes(column.name)) return partitionColumn(column, partitions);
    return isUnfetched(column, view) ? unfetchedColumn(column) : storedColumn(column, physical);
  });
}

/** What files hold: no partition columns, and the names that they have there. */
function storedSchema({ schema, partitionColumns, physical }: LinkedView['view']): Schema {
  const stored = schema.filter((column) => !partitionColumns.includes(column.name));
  if (physical === undefined) return stored;
  return stored.map((column) => {
    const found = physical.columns.find(({ name }) => name === column.name);
    return found === undefined ? column : { name: found.physicalName, type: found.type };
  });
}

type FilesOptions = {
  readonly isPartitioned: boolean;
  /** With the columns `helios_file` and `file_row_number`. */
  readonly isNumbered: boolean;
};

function coldFiles(
  paths: readonly string[],
  { physical, partitionColumns }: LinkedView['view'],
  { isPartitioned, isNumbered }: FilesOptions,
): string {
  const numbered = isNumbered ? ", filename => 'helios_file', file_row_number => true" : '';
  if (physical?.by === 'id') {
    const stored = physical.columns.filter(({ name }) => !partitionColumns.includes(name));
    return filesById(paths, stored, { isPartitioned, isNumbered });
  }
  const folders = numberedFolders(isPartitioned);
  return `read_parquet(${pathList(paths)}, union_by_name => true, ${folders}${numbered})`;
}

/** DuckDB finds columns by id, or looks at the names of folders, not both. */
function filesById(
  paths: readonly string[],
  columns: readonly PhysicalColumn[],
  { isPartitioned, isNumbered }: FilesOptions,
): string {
  const fields = columns.map(({ fieldId, physicalName, type }) => {
    const facts = [`name: ${quoteText(physicalName)}`, `type: ${quoteText(duckdbType(type))}`];
    return `${fieldId}: {${facts.join(', ')}, default_value: NULL}`;
  });
  const files = `read_parquet(${pathList(paths)}, schema => MAP {${fields.join(', ')}},
    filename => 'helios_file'${isNumbered ? ', file_row_number => true' : ''})`;
  if (!isPartitioned) return files;
  const partition = `regexp_extract(helios_file, 'helios_partition=(\\d+)/[^/]*$', 1)::BIGINT`;
  return `(SELECT *, ${partition} AS helios_partition FROM ${files})`;
}

/** The rows of files but for those that the files beside them name. */
function withoutDeleted(paths: readonly string[], files: string): string {
  const beside = pathList(paths.map(deletedPathOf));
  const ending = deletedEnding.length;
  return `(SELECT data.* FROM ${files} AS data ANTI JOIN (
      SELECT left(filename, -${ending}) AS helios_file, row AS file_row_number
      FROM read_parquet(${beside}, filename => true, hive_partitioning => false)
    ) AS deleted USING (helios_file, file_row_number))`;
}

function storedColumn(column: Column, physical: PhysicalSchema | undefined): string {
  const found = physical?.columns.find(({ name }) => name === column.name);
  if (found === undefined) return castColumn(column);
  const cast = `CAST(${quoteName(found.physicalName)} AS ${duckdbType(found.type)})`;
  const stored = found.isWidened ? unpushed(cast) : cast;
  const named = withLogicalNames(stored, found.nested, 0);
  return `CAST(${named} AS ${duckdbType(column.type)}) AS ${quoteName(column.name)}`;
}

/** A value whose structs have physical names, with those that people see. */
function withLogicalNames(value: string, type: PhysicalType, depth: number): string {
  if (!isRenamed(type)) return value;
  const item = `helios_${depth}`;
  switch (type.kind) {
    case 'struct': {
      const fields = type.fields.map((field) => {
        const inner = `struct_extract(${value}, ${quoteText(field.physicalName)})`;
        return `${quoteName(field.name)} := ${withLogicalNames(inner, field.nested, depth)}`;
      });
      return `CASE WHEN ${value} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
    }
    case 'list':
      return `list_transform(${value}, lambda ${item}:
        ${withLogicalNames(item, type.element, depth + 1)})`;
    case 'map': {
      const key = withLogicalNames(`${item}.key`, type.key, depth + 1);
      const inner = withLogicalNames(`${item}.value`, type.value, depth + 1);
      const entry = `struct_pack(key := ${key}, value := ${inner})`;
      return `CASE WHEN ${value} IS NOT NULL THEN map_from_entries(
        list_transform(map_entries(${value}), lambda ${item}: ${entry})) END`;
    }
    case 'plain':
      return value;
    default:
      return unreachable(type);
  }
}

function isRenamed(type: PhysicalType): boolean {
  switch (type.kind) {
    case 'struct':
      return type.fields.some(
        (field) => field.name !== field.physicalName || isRenamed(field.nested),
      );
    case 'list':
      return isRenamed(type.element);
    case 'map':
      return isRenamed(type.key) || isRenamed(type.value);
    case 'plain':
      return false;
    default:
      return unreachable(type);
  }
}

/** One scan for all Parquet files: DuckDB looks through a scan, but not through a UNION. */
function plainScans(linked: LinkedView, scan: Scan): readonly string[] {
  const { view, cold, hot, rows } = linked;
  const { schema } = view;
  const whole = [...(isPlain(view) ? cold : []), ...hot];
  const scans: readonly (readonly [readonly string[], string])[] = [
    [whole, parquet(whole)],
    [rows, rowsOf(schema, rows)],
  ];
  const columns = schema.map((column) =>
    isUnfetched(column, view) ? unfetchedColumn(column) : castColumn(column),
  );
  return scans
    .filter(([paths]) => paths.length > 0)
    .map(([, files]) => `SELECT ${columns.join(', ')} FROM (${scan(schema, files)})`);
}

function isUnfetched({ name }: Column, { unfetched }: PinnedView): boolean {
  return unfetched?.has(name) === true;
}

/**
 * A column whose bytes may not be there can't be read: a query that would, though it doesn't name
 * it, fails.
 */
function unfetchedColumn(column: Column): string {
  const message = quoteText(`The column ${column.name} was not fetched.`);
  return `CAST(error(${message}) AS ${duckdbType(column.type)}) AS ${quoteName(column.name)}`;
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
  return `SELECT ${schema.map(nullColumn).join(', ')}`;
}

function columnText(column: Column): string {
  return `${quoteName(column.name)} ${duckdbType(column.type)}`;
}

function parquet(paths: readonly string[]): string {
  return `read_parquet(${pathList(paths)}, union_by_name => true, hive_partitioning => false)`;
}

/** JSON lines with the schema's types, and no guessing. */
function rowsOf(schema: Schema, paths: readonly string[]): string {
  const columns = schema.map(
    (column) => `${quoteText(column.name)}: ${quoteText(duckdbType(column.type))}`,
  );
  const types = `columns => {${columns.join(', ')}}`;
  return `read_json(${pathList(paths)}, format => 'newline_delimited', ${types})`;
}
