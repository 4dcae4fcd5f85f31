import { HeliosError } from '../base/errors.ts';
import { dateTextSql, decimalTextSql } from '../engine/json-encoding.ts';
import { duckdbType, quoteName, quoteText } from '../engine/types.ts';
import type { Column } from '../event/schema.ts';
import { storedType } from './schema-json.ts';

/**
 * SQL that gives a column's value as Delta writes it into `partitionValues`: text, or NULL. The
 * empty text becomes NULL, because Delta can't tell the two apart. Fails with `unsupported_table`
 * on types that cannot be partitioned by.
 */
export function partitionTextSql(column: Column): string {
  const name = quoteName(column.name);
  const type = storedType(column.type);
  switch (type.kind) {
    case 'timestamp':
      return type.isLocal === true
        ? `strftime(${name}, '%Y-%m-%d %H:%M:%S.%f')`
        : `strftime(${name}, '%Y-%m-%dT%H:%M:%S.%fZ')`;
    case 'float':
      return `CASE CAST(${name} AS VARCHAR) WHEN 'inf' THEN 'Infinity' WHEN '-inf' THEN '-Infinity'
        WHEN 'nan' THEN 'NaN' ELSE CAST(${name} AS VARCHAR) END`;
    case 'text':
      return `nullif(CAST(${name} AS VARCHAR), '')`;
    case 'decimal':
      return decimalTextSql(type, name);
    case 'date':
      return dateTextSql(name);
    case 'boolean':
    case 'integer':
      return `CAST(${name} AS VARCHAR)`;
    default:
      return refuse(column);
  }
}

/** SQL of a value that Delta has as text. An empty one is NULL there. */
export function partitionValueSql(column: Column, value: string | null): string {
  if (value === null || value === '') return `CAST(NULL AS ${duckdbType(column.type)})`;
  // A cast would take backslashes for escapes, and nothing beyond ASCII.
  if (column.type.kind === 'bytes') return `encode(${quoteText(value)})`;
  return `CAST(${quoteText(value)} AS ${duckdbType(column.type)})`;
}

function refuse(column: Column): never {
  throw new HeliosError(
    'unsupported_table',
    `The column ${column.name} cannot partition a table: its type is ${duckdbType(column.type)}.`,
    { hint: 'Partition by text, a number, a date, a boolean or a timestamp.' },
  );
}
