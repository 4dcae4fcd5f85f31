import { unreachable } from '../base/assert.ts';
import { isColumnName } from '../delta/schema-json.ts';
import type { ColumnType } from '../event/schema.ts';
import { type InferredTable, readableCount } from './infer.ts';
import { shareText } from './share-text.ts';
import { sqlName, tableName } from './sql-name.ts';

export type MetadataColumn = {
  readonly name: string;
  readonly type: string;
  readonly key: string;
};

export type DraftRequest = {
  /** Name of the table of results; the source's is made from it. */
  readonly table: string;
  /** Options of the source table, `connector` first, without the format's. */
  readonly options: Readonly<Record<string, string>>;
  /** Metadata columns to keep beside the fields. */
  readonly metadata: readonly MetadataColumn[];
  /** Others that there are, told in a comment. */
  readonly offered: readonly MetadataColumn[];
  /** Folder of the Delta table. */
  readonly path: string;
  readonly inferred: InferredTable;
};

/**
 * A pipeline script that reads a stream into a Delta table: a CREATE TABLE for each, and an INSERT.
 * Meant to be edited: comments say what was seen of each column.
 */
export function draftScript(request: DraftRequest): string {
  const { table, inferred } = request;
  const source = `${table}_stream`;
  const fields = fieldLines(inferred);
  const taken = new Set(fields.map(({ name }) => name.toLowerCase()));
  const beside = request.metadata
    .filter(({ name }) => !taken.has(name.toLowerCase()))
    .map((column) => ({ name: column.name, text: metadataText(column), comment: undefined }));
  const columns = [...fields, ...beside];
  return [
    `CREATE TABLE ${sqlName(source)} (`,
    columnLines(columns),
    ...offerLines(request.offered),
    ') WITH (',
    optionLines({ ...request.options, ...formatOptions(inferred) }),
    ');',
    '',
    `CREATE TABLE ${sqlName(table)} WITH (`,
    optionLines({ connector: 'delta', path: request.path, format: 'parquet' }),
    ');',
    '',
    `INSERT INTO ${sqlName(table)}`,
    `SELECT ${selectList(columns.map(({ name }) => name))}`,
    `FROM ${sqlName(source)};`,
    '',
  ].join('\n');
}

/** Fields by their names; those that a Delta table can't have get others. */
function selectList(names: readonly string[]): string {
  const taken = new Set(names.filter(isColumnName).map((name) => name.toLowerCase()));
  return names
    .map((name) => {
      if (isColumnName(name)) return sqlName(name);
      const free = tableName(name, taken);
      taken.add(free.toLowerCase());
      return `${sqlName(name)} AS ${sqlName(free)}`;
    })
    .join(', ');
}

function fieldLines(inferred: InferredTable): readonly ColumnLine[] {
  switch (inferred.shape) {
    case 'columns':
      return inferred.columns.map((column) => ({
        name: column.name,
        text: `${sqlName(column.name)} ${typeName(column.type)}`,
        comment: commentOf(column, inferred),
      }));
    case 'json': {
      const comment = 'no column could be told: events are kept whole';
      return [{ name: 'value', text: 'value JSON', comment }];
    }
    case 'text':
      return [{ name: 'value', text: 'value TEXT', comment: 'text that is not JSON' }];
    case 'bytes':
      return [{ name: 'value', text: 'value BYTEA', comment: 'neither JSON nor text' }];
    default:
      return unreachable(inferred.shape);
  }
}

function formatOptions({
  shape,
  timestampFormat,
}: InferredTable): Readonly<Record<string, string>> {
  if (shape === 'text') return { format: 'raw_string' };
  if (shape === 'bytes') return { format: 'raw_bytes' };
  if (shape === 'json') return { format: 'json', 'json.unstructured': 'true' };
  return timestampFormat === 'unix_millis'
    ? { format: 'json', 'json.timestamp_format': 'unix_millis' }
    : { format: 'json' };
}

function metadataText({ name, type, key }: MetadataColumn): string {
  return `${sqlName(name)} ${type} METADATA FROM '${key}'`;
}

function offerLines(offered: readonly MetadataColumn[]): readonly string[] {
  if (offered.length === 0) return [];
  const lines = offered.map((column) => `  --   ${metadataText(column)}`);
  return ['  -- What comes beside each record, to add where you need it:', ...lines];
}

type ColumnLine = {
  readonly name: string;
  readonly text: string;
  readonly comment: string | undefined;
};

/** Comments begin in one column, as far as that is near. */
function columnLines(columns: readonly ColumnLine[]): string {
  const texts = columns.map(
    ({ text }, index) => `  ${text}${index < columns.length - 1 ? ',' : ''}`,
  );
  const width = Math.min(Math.max(...texts.map((text) => text.length)), commentColumnMax);
  return texts
    .map((text, index) => {
      const comment = columns[index]?.comment;
      return comment === undefined ? text : `${text.padEnd(width)}  -- ${comment}`;
    })
    .join('\n');
}

const commentColumnMax = 48;

function optionLines(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([name, value]) => `  ${optionName(name)} = '${value.replaceAll("'", "''")}'`)
    .join(',\n');
}

function optionName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `'${name}'`;
}

function commentOf(column: InferredTable['columns'][number], inferred: InferredTable): string {
  const [example] = column.examples;
  return [
    `in ${shareText(column.presentCount, readableCount(inferred))}`,
    column.nullCount > 0 ? `null ${column.nullCount} ×` : undefined,
    column.note,
    example === undefined ? undefined : `e.g. ${onOneLine(example)}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** A comment ends with its line. */
function onOneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]/g, ' ');
}

/** A type as scripts of this dialect spell it. */
export function typeName(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
    case 'json':
    case 'text':
      return type.kind.toUpperCase();
    case 'bytes':
      return 'BYTEA';
    case 'integer':
      return integerName(type.bits) + (type.isUnsigned ? ' UNSIGNED' : '');
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'list':
      return `${typeName(type.element)}[]`;
    case 'struct': {
      const fields = type.fields.map((field) => `${sqlName(field.name)} ${typeName(field.type)}`);
      return `STRUCT<${fields.join(', ')}>`;
    }
    case 'map':
      return `MAP<${typeName(type.key)}, ${typeName(type.value)}>`;
    default:
      return unreachable(type);
  }
}

function integerName(bits: 8 | 16 | 32 | 64): string {
  return { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[bits];
}
