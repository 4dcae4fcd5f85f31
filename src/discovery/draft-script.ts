import { unreachable } from '../base/assert.ts';
import type { ColumnType } from '../event/schema.ts';
import type { InferredTable } from './infer.ts';

export type DraftRequest = {
  /** Name of the table of results; the source's is made from it. */
  readonly table: string;
  /** Options of the source table, `connector` first, without the format's. */
  readonly options: Readonly<Record<string, string>>;
  /** Metadata columns to keep beside the fields: column name → type and key. */
  readonly metadata: readonly {
    readonly name: string;
    readonly type: string;
    readonly key: string;
  }[];
  /** Folder of the Delta table. */
  readonly path: string;
  readonly inferred: InferredTable;
};

/**
 * A pipeline script that reads a stream into a Delta table: a CREATE TABLE for each, and an INSERT.
 * Meant to be edited: comments say what was seen of each column.
 */
export function draftScript(request: DraftRequest): string {
  const { table, inferred, metadata } = request;
  const source = `${table}_stream`;
  const isWhole = inferred.columns.length === 0;
  const options = {
    ...request.options,
    format: 'json',
    ...(isWhole ? { 'json.unstructured': 'true' } : {}),
    ...(inferred.timestampFormat === 'unix_millis'
      ? { 'json.timestamp_format': 'unix_millis' }
      : {}),
  };
  const columns = isWhole
    ? [{ text: 'value JSON', comment: 'no column could be told: events are kept whole' }]
    : inferred.columns.map((column) => ({
        text: `${sqlName(column.name)} ${typeName(column.type)}`,
        comment: commentOf(column, inferred),
      }));
  const taken = new Set(inferred.columns.map(({ name }) => name.toLowerCase()));
  const beside = metadata
    .filter(({ name }) => !taken.has(name.toLowerCase()))
    .map(({ name, type, key }) => ({
      text: `${sqlName(name)} ${type} METADATA FROM '${key}'`,
      comment: undefined,
    }));
  const names = [...(isWhole ? ['value'] : inferred.columns.map(({ name }) => name))];
  const selected = [...names.map(sqlName), ...beside.map(({ text }) => text.split(' ')[0] ?? '')];
  return [
    `CREATE TABLE ${sqlName(source)} (`,
    columnLines([...columns, ...beside]),
    ') WITH (',
    optionLines(options),
    ');',
    '',
    `CREATE TABLE ${sqlName(table)} WITH (`,
    optionLines({ connector: 'delta', path: request.path, format: 'parquet' }),
    ');',
    '',
    `INSERT INTO ${sqlName(table)}`,
    `SELECT ${selected.join(', ')}`,
    `FROM ${sqlName(source)};`,
    '',
  ].join('\n');
}

type ColumnLine = { readonly text: string; readonly comment: string | undefined };

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
  const readable = inferred.recordCount - inferred.unreadable.length;
  const share = readable === 0 ? 0 : (100 * column.presentCount) / readable;
  const percent = column.presentCount === readable ? '100' : share.toFixed(1);
  const [example] = column.examples;
  return [
    `in ${percent} %`,
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

/** Quoted where it isn't a plain name in lower case that no grammar wants for itself. */
export function sqlName(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name);
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Reserved in DuckDB's SELECT, or by the dialect. */
const reserved = new Set(
  (
    'all analyse analyze and any array as asc asymmetric at both case cast check collate column ' +
    'constraint create default deferrable desc describe distinct do else end except false fetch ' +
    'for foreign from grant group having in initially intersect into lambda lateral leading limit ' +
    'metadata not null offset on only or order pivot placing primary qualify references ' +
    'returning select show some summarize symmetric table then to trailing true union unique ' +
    'unpivot using variadic watermark when where window with'
  ).split(' '),
);

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
