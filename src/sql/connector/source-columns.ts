import { didYouMean } from '../../base/did-you-mean.ts';
import type { ColumnType } from '../../event/schema.ts';
import { type MetadataKeys, metadataKeys } from '../metadata.ts';
import type { RecordFormat, SourceColumn, SourceConnector, SourceTable } from '../script.ts';
import { selectText } from '../select-text.ts';
import { typeText } from '../syntax/column-type.ts';
import type { ColumnText } from '../syntax/columns.ts';
import type { Token } from '../syntax/tokens.ts';
import type { OptionReader } from './option-reader.ts';
import type { TableText } from './table-text.ts';

/** Columns of a source: those that its format gives, and metadata that its connector has. */
export function readSourceColumns(
  table: TableText,
  format: RecordFormat,
  connector: SourceConnector,
): readonly SourceColumn[] {
  checkMetadata(table, metadataKeys(connector, format));
  const columns = plainColumns(table);
  const fixed = fixedTypes(format);
  return fixed === undefined ? declared(table, columns) : single(table, columns, fixed);
}

/** Columns as declared, without a connector's rules: for memory tables. */
export function plainColumns(table: TableText): readonly SourceColumn[] {
  return (table.list?.columns ?? []).map((column) => readColumn(table, column));
}

function checkMetadata(table: TableText, keys: MetadataKeys): void {
  for (const { name, type, origin } of table.list?.columns ?? []) {
    if (origin.kind !== 'metadata') continue;
    const key = origin.key.value;
    const allowed = Object.hasOwn(keys, key) ? (keys[key] ?? []) : undefined;
    if (allowed === undefined) {
      const message = `The connector ${table.connector} has no metadata "${key}".`;
      table.options.report(origin.key, message, metadataHint(key, keys));
      continue;
    }
    if (allowed.some((one) => JSON.stringify(one.type) === JSON.stringify(type))) continue;
    const names = allowed.map((one) => one.name).join(' or ');
    const message = `The metadata "${key}" is ${names}; ${name.value} is ${dialectName(type)}.`;
    table.options.report(name, message, `Declare it as ${allowed[0]?.name}, and cast it in SQL.`);
  }
}

function metadataHint(key: string, keys: MetadataKeys): string {
  const names = Object.keys(keys);
  const all = names.length === 0 ? 'It has none.' : `It has: ${names.join(', ')}.`;
  const near = didYouMean(key, names);
  return near === undefined ? all : `Did you mean '${near}'? ${all}`;
}

function dialectName(type: ColumnType): string {
  return typeText(type)
    .replaceAll('VARCHAR', 'TEXT')
    .replaceAll('TIMESTAMPTZ', 'TIMESTAMP')
    .replaceAll('BLOB', 'BYTEA');
}

/** Formats that give one column named value: its possible types, the usual one first. */
function fixedTypes(format: RecordFormat): readonly [ColumnType, ...ColumnType[]] | undefined {
  switch (format.kind) {
    case 'raw_string':
      return [{ kind: 'text' }];
    case 'raw_bytes':
      return [{ kind: 'bytes' }];
    case 'json':
    case 'avro':
      return format.isUnstructured ? [{ kind: 'json' }, { kind: 'text' }] : undefined;
    default:
      return undefined;
  }
}

function declared(table: TableText, columns: readonly SourceColumn[]): readonly SourceColumn[] {
  const hasField = columns.some((column) => column.origin.kind === 'field');
  if (!hasField && !table.isBroken) {
    const message = `The source "${table.name.value}" declares no columns.`;
    const hint =
      "Add them after the name, as in (id TEXT); or take whole events: 'json.unstructured' = true.";
    table.options.report(table.name, message, hint);
  }
  return columns;
}

function single(
  table: TableText,
  columns: readonly SourceColumn[],
  types: readonly [ColumnType, ...ColumnType[]],
): readonly SourceColumn[] {
  const fields = columns.filter((column) => column.origin.kind === 'field');
  const names = types.map((type) => type.kind.toUpperCase().replace('BYTES', 'BYTEA'));
  const [field, ...others] = fields;
  if (field === undefined) return [valueColumn(types[0]), ...columns];
  const isRight =
    field.name.toLowerCase() === 'value' &&
    types.some((type) => type.kind === field.type.kind) &&
    others.length === 0;
  if (!isRight) {
    const message = `This format gives one column: value ${names.join(' or ')}.`;
    table.options.report(table.name, message, `Declare it so: (value ${names[0]}).`);
  }
  return columns;
}

function valueColumn(type: ColumnType): SourceColumn {
  return {
    name: 'value',
    type,
    isNotNull: false,
    isPrimaryKey: false,
    origin: { kind: 'field' },
  };
}

function readColumn(table: TableText, column: ColumnText): SourceColumn {
  const { type, isNotNull, isPrimaryKey, origin } = column;
  const plain = { name: column.name.value, type, isNotNull, isPrimaryKey };
  switch (origin.kind) {
    case 'generated':
      return {
        ...plain,
        origin: { kind: 'generated', expression: expressionOf(table, origin.expression) },
      };
    case 'metadata':
      return { ...plain, origin: { kind: 'metadata', key: origin.key.value } };
    default:
      return { ...plain, origin };
  }
}

function expressionOf(table: TableText, tokens: readonly Token[]): ReturnType<typeof selectText> {
  return selectText({ script: table.script, lines: table.lines, tokens });
}

/** What the columns or the options say of event time; what is wrong with it is reported. */
export function readWatermark(
  table: TableText,
  columns: readonly SourceColumn[],
  fields: TimeFields,
): SourceTable['watermark'] {
  return ofFields(table, columns, fields) ?? declaredWatermark(table, columns);
}

function declaredWatermark(
  table: TableText,
  columns: readonly SourceColumn[],
): SourceTable['watermark'] {
  const watermark = table.list?.watermark;
  if (watermark === undefined) return undefined;
  const name = watermark.column;
  const { value } = name;
  const column = columns.find((one) => one.name.toLowerCase() === value.toLowerCase());
  if (column === undefined) {
    table.reportUnknown(
      name,
      'column',
      value,
      columns.map((one) => one.name),
    );
    return undefined;
  }
  if (column.type.kind !== 'timestamp') {
    const message = `The watermark's column "${column.name}" is not a TIMESTAMP.`;
    table.options.report(name, message, 'Declare it as TIMESTAMP, or generate one from it.');
  }
  const tokens = watermark.expression;
  const expression = tokens === undefined ? undefined : expressionOf(table, tokens);
  return { column: column.name, expression };
}

/** Event time by options, an older form of WATERMARK FOR. */
export type TimeFields = {
  readonly eventTime: string | undefined;
  /** The column of what each event says: that none before it will come any more. */
  readonly watermark: string | undefined;
};

const eventTimeOption = 'event_time_field';
const watermarkOption = 'watermark_field';

export function readTimeFields(options: OptionReader): TimeFields {
  return { eventTime: options.text(eventTimeOption), watermark: options.text(watermarkOption) };
}

function ofFields(
  table: TableText,
  columns: readonly SourceColumn[],
  { eventTime, watermark }: TimeFields,
): SourceTable['watermark'] {
  const given = eventTime === undefined ? watermarkOption : eventTimeOption;
  if (eventTime === undefined && watermark === undefined) return undefined;
  const { options } = table;
  if (table.list?.watermark !== undefined) {
    const message = `${given} and WATERMARK FOR both say what event time is.`;
    options.report(options.spanOf(given), message, `Leave ${given} out.`);
    return undefined;
  }
  if (eventTime === undefined) {
    const message = 'watermark_field says how far event time is, and nothing says what it is.';
    options.report(options.spanOf(given), message, "Add event_time_field = 'COLUMN'.");
    return undefined;
  }
  const time = columnOf(table, columns, { option: eventTimeOption, name: eventTime });
  if (watermark === undefined) return time && { column: time.name, expression: undefined };
  const said = columnOf(table, columns, { option: watermarkOption, name: watermark });
  if (time === undefined || said === undefined) return undefined;
  const position = table.lines.positionOf(options.spanOf(watermarkOption));
  const text = `"${said.name.replaceAll('"', '""')}"`;
  return { column: time.name, expression: { text, positionAt: () => position } };
}

function columnOf(
  table: TableText,
  columns: readonly SourceColumn[],
  { option, name }: { readonly option: string; readonly name: string },
): SourceColumn | undefined {
  const { options } = table;
  const span = options.spanOf(option);
  const column = columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (column === undefined) {
    const names = columns.map((one) => one.name);
    table.reportUnknown(span, 'column', name, names);
    return undefined;
  }
  if (column.type.kind === 'timestamp') return column;
  const message = `${option} names the column "${column.name}", which is not a TIMESTAMP.`;
  options.report(span, message, 'Declare it as TIMESTAMP, or generate one from it.');
  return undefined;
}
