import type { ColumnType } from '../../event/schema.ts';
import type {
  BadDataPolicy,
  Compression,
  RecordFormat,
  SourceColumn,
  SourceConnector,
  SourceTable,
} from '../script.ts';
import { selectText } from '../select-text.ts';
import type { ColumnText } from '../syntax/columns.ts';
import type { Token } from '../syntax/tokens.ts';
import { connectorRefusal, formatRefusal, pathRefusal } from './availability.ts';
import type { OptionReader } from './option-reader.ts';
import type { TableText } from './table-text.ts';

/** Makes a source of a CREATE TABLE; what is wrong is reported, and undefined comes back then. */
export function readSource(table: TableText): SourceTable | undefined {
  const { options } = table;
  const connector = readConnector(table);
  if (connector === undefined) return undefined;
  const format = readFormat(options, connector);
  const badData = options.choice<BadDataPolicy>(['bad_data'], badDataPolicies);
  const lineBytesMax = readFraming(options);
  readIgnored(options);
  options.finish(connector.kind);
  if (format === undefined) return undefined;
  const columns = readColumns(table, format, connector.kind);
  return {
    name: table.name.value,
    position: table.lines.positionOf(table.name),
    connector,
    format,
    badData: badData ?? 'quarantine',
    lineBytesMax,
    columns,
    watermark: readWatermark(table, columns),
  };
}

/** Columns as declared, without a connector's rules: for memory tables. */
export function plainColumns(table: TableText): readonly SourceColumn[] {
  return (table.list?.columns ?? []).map((column) => readColumn(table, column));
}

const badDataPolicies = { quarantine: 'quarantine', drop: 'drop', fail: 'fail' } as const;

function readConnector(table: TableText): SourceConnector | undefined {
  const { options } = table;
  switch (table.connector) {
    case 'http':
      return readHttp(table);
    case 'single_file':
      options.boolean('wait_for_control');
      return {
        kind: 'single_file',
        path: readPath(options),
        compression: readCompression(options),
      };
    case 'filesystem':
      options.refuseAll('storage.', 'only local paths work in this version.', 'Leave it out.');
      return {
        kind: 'filesystem',
        path: readPath(options),
        pattern: options.regex('source.regex_pattern', 'source.regex-pattern'),
        compression: readCompression(options),
      };
    default: {
      const { message, hint } = connectorRefusal(table.connector, 'source');
      options.report(options.spanOf('connector'), message, hint);
      return undefined;
    }
  }
}

function readHttp(table: TableText): SourceConnector {
  const { options } = table;
  const given = options.text('stream');
  if (given !== undefined && !streamName.test(given)) {
    const hint =
      'Use up to 128 letters, digits, "_", "-" and single dots; begin with a letter or "_".';
    options.report(options.spanOf('stream'), `"${given}" can't be the name of a stream.`, hint);
  }
  const offsets = { earliest: 'earliest', latest: 'latest' } as const;
  const offset = options.choice(['source.offset'], offsets);
  const stream = given ?? table.name.value;
  return { kind: 'http', stream, offset: offset ?? 'earliest' };
}

/** A stream is a folder of the log and a part of a URL. */
const streamName = /^(?!.*\.\.)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

export function readPath(options: OptionReader): string {
  const path = options.required(['path'], "'./events'") ?? '';
  const refusal = pathRefusal(path);
  if (refusal !== undefined) options.report(options.spanOf('path'), refusal.message, refusal.hint);
  return path;
}

function readCompression(options: OptionReader): Compression {
  const choices = { none: 'none', gzip: 'gzip', zstd: 'zstd', auto: 'auto' } as const;
  const names = ['source.compression', 'compression_format'] as const;
  return options.choice<Compression>(names, choices) ?? 'auto';
}

function readFormat(options: OptionReader, connector: SourceConnector): RecordFormat | undefined {
  const available = ['json', 'raw_string', 'raw_bytes'];
  if (connector.kind === 'filesystem') available.push('parquet');
  const written = options.text('format') ?? 'json';
  const kind = written.toLowerCase();
  const json = readJsonOptions(options);
  if (!available.includes(kind)) {
    const { message, hint } = formatRefusal(written, available);
    options.report(options.spanOf('format'), message, hint);
    return undefined;
  }
  switch (kind) {
    case 'raw_string':
    case 'raw_bytes':
    case 'parquet':
      return { kind };
    default:
      return { kind: 'json', ...json };
  }
}

function readJsonOptions(options: OptionReader): {
  readonly isUnstructured: boolean;
  readonly timestampFormat: 'rfc3339' | 'unix_millis';
} {
  const isUnstructured = options.boolean('json.unstructured') ?? false;
  const timestampFormat = options.choice(['json.timestamp_format'], timestampFormats);
  refuseJsonOptions(options);
  return { isUnstructured, timestampFormat: timestampFormat ?? 'rfc3339' };
}

export const timestampFormats = {
  rfc3339: 'rfc3339',
  unix_millis: 'unix_millis',
  UnixMillis: 'unix_millis',
} as const;

/** Of the options of the format json, those that go with a schema registry. */
export function refuseJsonOptions(options: OptionReader): void {
  const hint = 'Leave it out, or set it to false.';
  for (const name of ['json.confluent_schema_registry', 'json.include_schema'] as const) {
    if (options.boolean(name) !== true) continue;
    options.report(options.spanOf(name), `${name} is not available in this version.`, hint);
  }
  options.choice(['json.decimal_encoding'], { number: 'number' });
}

function readFraming(options: OptionReader): number | undefined {
  options.choice(['framing', 'framing.method'], { newline: 'newline' });
  return options.integer(['framing.newline.max_length'], 1, 2 ** 31 - 1);
}

/** Options of the dialect that are right, and have nothing to change here. */
function readIgnored(options: OptionReader): void {
  const hint = 'Leave it out, and write the connector and its options into the table.';
  options.refuse('connection_profile', 'Connection profiles are not available.', hint);
  options.integer(['idle_micros'], -1, Number.MAX_SAFE_INTEGER);
  const watermark = 'Write WATERMARK FOR column AS (expression) among the columns.';
  const message = 'This is an old spelling that is not available.';
  options.refuse('watermark_field', message, watermark);
  options.refuse('event_time_field', message, watermark);
  options.refuseAll('lookup.', 'lookup tables are not available in this version.');
}

function readColumns(
  table: TableText,
  format: RecordFormat,
  connector: string,
): readonly SourceColumn[] {
  for (const column of table.list?.columns ?? []) {
    if (column.origin.kind !== 'metadata') continue;
    const message = `The connector ${connector} has no metadata "${column.origin.key.value}".`;
    table.options.report(column.origin.key, message, 'It has no metadata columns in this version.');
  }
  const columns = plainColumns(table);
  const fixed = fixedTypes(format);
  return fixed === undefined ? declared(table, columns) : single(table, columns, fixed);
}

/** Formats that give one column named value: its possible types, the usual one first. */
function fixedTypes(format: RecordFormat): readonly [ColumnType, ...ColumnType[]] | undefined {
  switch (format.kind) {
    case 'raw_string':
      return [{ kind: 'text' }];
    case 'raw_bytes':
      return [{ kind: 'bytes' }];
    case 'json':
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

function readWatermark(
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
