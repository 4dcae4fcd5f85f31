import { HeliosError } from '../../base/errors.ts';
import { jsonObjectSql, jsonValueSql } from '../../engine/json-encoding.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Column } from '../../event/schema.ts';
import { imageField } from '../updating/change-events.ts';
import type { RecordEncoding } from '../../sink/sink.ts';
import { columnsHint } from './columns-hint.ts';
import type { Output } from './plan.ts';

/** The select list of an output whose sink takes records: one column, as `RecordEncoding` says. */
export function recordColumns(output: Output, encoding: RecordEncoding): string {
  const { table } = output;
  const key = field(output, 'sink.key_field', encoding.keyField);
  const time = field(output, 'sink.timestamp_field', encoding.timestampField);
  const value =
    encoding.value === 'json' ? jsonObjectSql(output.schema, table) : base64(textColumn(output));
  const parts = [
    key === undefined ? quoteText('-') : base64(keyText(key)),
    time === undefined ? quoteText('-') : timeText(table.name, time),
    value,
  ];
  return parts.join(' || chr(9) || ');
}

type Field = Column & { readonly expression: string };

function field(output: Output, option: string, name: string | undefined): Field | undefined {
  if (name === undefined) return undefined;
  const fields = fieldsOf(output);
  const found = fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new HeliosError(
    'invalid_config',
    `${option} of ${output.table.name} is ${name}, which is none of its columns.`,
    { hint: columnsHint(name, fields) },
  );
}

/** The columns of the rows; of changes, those of the row that came or went. */
function fieldsOf({ schema, table }: Output): readonly Field[] {
  const [, after] = schema;
  if (table.takesChanges === true && after?.type.kind === 'struct') {
    return after.type.fields.map((column) => ({
      ...column,
      expression: imageField(column.name),
    }));
  }
  return schema.map((column) => ({ ...column, expression: quoteName(column.name) }));
}

/** Bytes as they are, text in UTF-8, everything else as its text in the values. */
function keyText({ type, expression: column }: Field): string {
  switch (type.kind) {
    case 'bytes':
      return column;
    case 'text':
      return `encode(${column})`;
    case 'json':
    case 'list':
    case 'struct':
    case 'map':
      return notNull(column, `encode(${jsonValueSql(type, column, keyForm)})`);
    default:
      // Scalars that are strings in JSON have no character that is escaped.
      return notNull(column, `encode(trim(${jsonValueSql(type, column, keyForm)}, '"'))`);
  }
}

const keyForm = { timestampFormat: 'rfc3339' } as const;

function textColumn({ table, schema }: Output): string {
  const [column, ...others] = schema;
  if (column !== undefined && others.length === 0) {
    return `encode(CAST(${quoteName(column.name)} AS VARCHAR))`;
  }
  throw new HeliosError(
    'invalid_config',
    `${table.name} is raw_string, which takes one column, not ${schema.length}.`,
    { hint: "SELECT one column, or write format = 'json'." },
  );
}

function timeText(table: string, { name, type, expression: column }: Field): string {
  const isMillis = type.kind === 'integer';
  if (!isMillis && type.kind !== 'timestamp') {
    throw new HeliosError(
      'invalid_config',
      `sink.timestamp_field of ${table} is ${name}, which is no time but ${type.kind}.`,
      { hint: 'Take a TIMESTAMP, or a BIGINT of milliseconds since 1970-01-01 UTC.' },
    );
  }
  const millis = isMillis ? `CAST(${column} AS BIGINT)` : `epoch_ms(${column})`;
  const message = quoteText(`${name} is before 1970, which Kafka has no time for.`);
  const checked = `CASE WHEN ${millis} < 0 THEN error(${message}) ELSE ${millis} END`;
  return `coalesce((${checked})::VARCHAR, '-')`;
}

function notNull(column: string, expression: string): string {
  return `CASE WHEN ${column} IS NOT NULL THEN ${expression} END`;
}

function base64(bytes: string): string {
  return `coalesce(to_base64(${bytes}), '-')`;
}
