import { HeliosError } from '../../base/errors.ts';
import type { ResultColumn } from '../../engine/engine.ts';
import {
  csvValueSql,
  joinedTextSql,
  jsonFieldsSql,
  jsonKeySql,
  jsonValueSql,
} from '../../engine/json-encoding.ts';
import { parseDuckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { ColumnType } from '../../event/schema.ts';
import type { RunOrder } from './messages.ts';
import { type WideLine, wideLinesSelect } from './wide/wide-lines.ts';

/** Columns of a result with what Helios takes their types for. */
export type ResultShape = readonly (ResultColumn & { readonly type: ColumnType })[];

/**
 * The user's text as a subquery, on lines of its own: a comment at its end can't swallow the
 * parenthesis, and its columns stay where the user wrote them.
 */
export function wrapped(sql: string): string {
  return `SELECT * FROM (\n${sql}\n)`;
}

export function resultShape(columns: readonly ResultColumn[]): ResultShape {
  return columns.map((column) => ({ ...column, type: typeOf(column.typeText) }));
}

/** The name of a type as results show it. */
export function columnTypeName(typeText: string): string {
  return typeText
    .replaceAll('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ')
    .replaceAll('TIME WITH TIME ZONE', 'TIMETZ');
}

/**
 * The COPY that writes a result into the pipe. Text formats are rows of text that DuckDB has
 * encoded: the CSV writer, told to quote and to separate nothing, writes them as they are, one a
 * line, in parallel and in order. A row past `rowsMax` is an empty line: it says that there were
 * more. With `json` each row begins with a comma.
 */
export function copyStatement(order: RunOrder, shape: ResultShape): string {
  const pipe = quoteText(order.outputPath);
  if (order.format === 'parquet') {
    const limit = order.rowsMax === undefined ? '' : ` LIMIT ${order.rowsMax}`;
    const select = `${exactSelect(order.sql, shape)}${limit}`;
    return `COPY (${select}) TO ${pipe} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`;
  }
  return `COPY (${linesSelect(order, shape)}) TO ${pipe}
    (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '', USE_TMP_FILE false)`;
}

/** The first line of a CSV document. */
export function csvHeader(names: readonly string[]): string {
  const fields = names.map((name) =>
    /^$|[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name,
  );
  return `${fields.join(',')}\n`;
}

/**
 * The result with every type as its file formats can hold exactly: instants in UTC, wide integers
 * as decimals, and as text what Parquet or Arrow would round or have no type for.
 */
export function exactSelect(sql: string, shape: ResultShape): string {
  const columns = shape.map(({ name, typeText }, index) => {
    const exact = exactType(typeText);
    const value = exact === typeText ? columnAlias(index) : exactValue(index, typeText, exact);
    return `${value} AS ${quoteName(name)}`;
  });
  const aliases = shape.map((_, index) => columnAlias(index));
  return `SELECT ${columns.join(', ')} FROM (\n${sql}\n) AS result(${aliases.join(', ')})`;
}

function linesSelect(order: RunOrder, shape: ResultShape): string {
  const { sql, rowsMax } = order;
  const aliases = shape.map((_, index) => columnAlias(index)).join(', ');
  const limit = rowsMax === undefined ? '' : ` LIMIT ${rowsMax + 1}`;
  // A limit right at an ORDER BY keeps only so many rows. Right at a table it would make DuckDB
  // read all its columns a second time, and sort what it has read.
  const [inner, outer] = /\border\s+by\b/i.test(sql) ? [limit, ''] : ['', limit];
  const rows = `(SELECT * FROM (\n${sql}\n)${inner})`;
  if (shape.length > plainColumnsMax) {
    return `${wideLinesSelect({ ...wideLine(order, shape), rows, aliases, rowsMax })}${outer}`;
  }
  const line = lineSql(order, shape);
  if (rowsMax === undefined) return `SELECT ${line} FROM ${rows} AS result(${aliases})`;
  const cut = `CASE WHEN row_index > ${rowsMax} THEN '' ELSE ${line} END`;
  const numbered = `(SELECT *, row_number() OVER () FROM ${rows})`;
  return `SELECT ${cut} FROM ${numbered} AS result(${aliases}, row_index)${outer}`;
}

function lineSql(order: RunOrder, shape: ResultShape): string {
  const fields = shape.map((column, index) => ({
    ...column,
    expression: textOfColumn(column.typeText, columnAlias(index)),
  }));
  switch (order.format) {
    case 'json': {
      const values = fields.map((field) => jsonCellSql(field, order.cellBytesMax));
      return joinedTextSql(["',['", separatedSql(values), "']'"]);
    }
    case 'ndjson':
      return jsonFieldsSql(fields, 'result');
    default:
      return separatedSql(fields.map(({ type, expression }) => csvValueSql(type, expression)));
  }
}

/** The same text as `lineSql`'s, for rows with more columns. */
function wideLine({ format }: RunOrder, shape: ResultShape): WideLine {
  const cells = shape.map(({ type, typeText }, index) => ({
    expression: columnAlias(index),
    typeText,
    textOf: (expression: string): string => {
      const text = textOfColumn(typeText, expression);
      return format === 'csv' ? csvValueSql(type, text) : jsonValueSql(type, text, 'result');
    },
  }));
  switch (format) {
    case 'json':
      return { cells, around: { start: "',['", separator: "','", end: "']'" } };
    case 'ndjson':
      return { cells, around: { before: shape.map(jsonKeySql), end: "'}'" } };
    default:
      return { cells, around: { start: "''", separator: "','", end: "''" } };
  }
}

/** None of them is NULL. */
function separatedSql(values: readonly string[]): string {
  return `concat_ws(',', ${values.join(', ')})`;
}

type Cell = { readonly type: ColumnType; readonly expression: string };

/** A value as JSON; of one with more than `bytesMax` its beginning, and how long it is. */
function jsonCellSql({ type, expression }: Cell, bytesMax: number | undefined): string {
  const whole = jsonValueSql(type, expression, 'result');
  if (bytesMax === undefined || !longKinds.has(type.kind)) return whole;
  const isText = type.kind === 'text' || type.kind === 'json';
  const text = isText ? `(${expression})::VARCHAR` : whole;
  const start = `to_json("left"(${text}, ${cutCharacters}))::VARCHAR`;
  const parts = [`'{"helios_cut":'`, start, `',"helios_bytes":'`, `strlen(${text})`, `'}'`];
  return `CASE WHEN strlen(${text}) > ${bytesMax} THEN ${joinedTextSql(parts)} ELSE ${whole} END`;
}

/** Rows with more columns become text in another way, and have their values whole. */
const plainColumnsMax = 300;

/** Of a value that is cut so much is left. */
const cutCharacters = 1000;

const longKinds: ReadonlySet<ColumnType['kind']> = new Set([
  'text',
  'json',
  'bytes',
  'list',
  'struct',
  'map',
]);

/** What Helios's types can't hold is shown as DuckDB writes it. */
function typeOf(typeText: string): ColumnType {
  return knownType(typeText) ?? { kind: 'text' };
}

function knownType(typeText: string): ColumnType | undefined {
  if (typeText === 'TIMESTAMP_NS') return undefined;
  try {
    return parseDuckdbType(typeText);
  } catch (thrown) {
    if (thrown instanceof HeliosError) return undefined;
    throw thrown;
  }
}

/**
 * Nanoseconds have nine digits; everything else goes by its type. The Z is apart: DuckDB 1.5.5
 * writes over what follows `%n`.
 */
function textOfColumn(typeText: string, expression: string): string {
  if (typeText !== 'TIMESTAMP_NS') return expression;
  const text = `system.main.strftime(${expression}, '%Y-%m-%dT%H:%M:%S.%n') || 'Z'`;
  return `CASE WHEN isfinite(${expression}) THEN ${text} ELSE ${expression}::VARCHAR END`;
}

function exactValue(index: number, typeText: string, exact: string): string {
  const alias = columnAlias(index);
  if (typeText === 'INTERVAL') {
    return `CASE WHEN ${alias} IS NOT NULL THEN ${csvValueSql({ kind: 'interval' }, alias)} END`;
  }
  if (typeText === 'TIMESTAMP') {
    return `coalesce(make_timestamptz(epoch_us(${alias})), ${alias}::TIMESTAMPTZ)`;
  }
  return exact === 'VARCHAR' ? textOfColumn(typeText, alias) : `CAST(${alias} AS ${exact})`;
}

/** Quoted names inside a type stay as they are. */
function exactType(typeText: string): string {
  // A struct without names has nothing to be addressed by.
  const isTuple = typeText.includes('STRUCT("" ');
  if (isTuple || knownType(typeText) === undefined) return 'VARCHAR';
  return typeText.replaceAll(
    /"(?:[^"]|"")*"|TIME(?:STAMP)? WITH TIME ZONE|\b[A-Z_]+\b/g,
    (word) => exactTypes[word] ?? word,
  );
}

const exactTypes: Readonly<Record<string, string>> = {
  HUGEINT: 'DECIMAL(38,0)',
  UHUGEINT: 'DECIMAL(38,0)',
  BIGNUM: 'VARCHAR',
  BIT: 'VARCHAR',
  UUID: 'VARCHAR',
  INTERVAL: 'VARCHAR',
  'TIME WITH TIME ZONE': 'VARCHAR',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
  TIMESTAMP_S: 'TIMESTAMP WITH TIME ZONE',
  TIMESTAMP_MS: 'TIMESTAMP WITH TIME ZONE',
  TIMESTAMP_NS: 'VARCHAR',
};

/** Positions instead of names: a result may have two columns of one name. */
function columnAlias(index: number): string {
  return `helios_column_${index + 1}`;
}
