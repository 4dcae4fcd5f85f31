import type { RecordFormat, SinkConnector, SinkTable, SourceConnector } from '../script.ts';
import { formatRefusal } from './availability.ts';
import type { OptionReader } from './option-reader.ts';

type Format<Kind extends RecordFormat['kind']> = Extract<RecordFormat, { readonly kind: Kind }>;

/** Reads a source's `format` and its options; undefined where there is no such format here. */
export function readFormat(
  options: OptionReader,
  connector: SourceConnector,
): RecordFormat | undefined {
  const available = formatsOf(connector);
  const written = options.text('format') ?? 'json';
  const kind = available.find((one) => one === written.toLowerCase());
  switch (kind) {
    case undefined: {
      const { message, hint } = formatRefusal(written, available);
      options.report(options.spanOf('format'), message, hint);
      options.skipAll('json.', 'avro.');
      return undefined;
    }
    case 'json':
      return readJson(options, connector);
    case 'debezium_json':
      return readDebezium(options, connector);
    case 'avro':
      return readAvro(options, connector);
    default:
      return { kind };
  }
}

function formatsOf(connector: SourceConnector): readonly RecordFormat['kind'][] {
  const everywhere = ['json', 'raw_string', 'raw_bytes', 'debezium_json'] as const;
  switch (connector.kind) {
    case 'filesystem':
      return [...everywhere, 'parquet'];
    case 'kafka':
    case 'kinesis':
      return [...everywhere, 'avro'];
    default:
      return everywhere;
  }
}

function readJson(options: OptionReader, connector: SourceConnector): Format<'json'> {
  const timestampFormat = options.choice(['json.timestamp_format'], timestampFormats);
  // Decimals are taken in both of these ways wherever they stand.
  options.choice(['json.decimal_encoding'], { number: 'number', string: 'string' });
  return {
    kind: 'json',
    isUnstructured: options.boolean('json.unstructured') ?? false,
    timestampFormat: timestampFormat ?? 'rfc3339',
    usesRegistry: readRegistry(options, connector, 'json'),
    includesSchema: options.boolean('json.include_schema') ?? false,
  };
}

export const timestampFormats = {
  rfc3339: 'rfc3339',
  unix_millis: 'unix_millis',
  UnixMillis: 'unix_millis',
} as const;

function readDebezium(options: OptionReader, connector: SourceConnector): Format<'debezium_json'> {
  const timestampFormat = options.choice(['json.timestamp_format'], {
    ...timestampFormats,
    unix_micros: 'unix_micros',
    unix_nanos: 'unix_nanos',
  } as const);
  const decimalEncoding = options.choice(['json.decimal_encoding'], decimalEncodings);
  // Events with their schema are known by their looks.
  options.boolean('json.include_schema');
  if (options.boolean('json.unstructured') === true) {
    const hint = "For whole change events as JSON, use format = 'json' with json.unstructured.";
    const message = 'Change events in debezium_json have columns.';
    options.report(options.spanOf('json.unstructured'), message, hint);
  }
  return {
    kind: 'debezium_json',
    timestampFormat: timestampFormat ?? 'unix_millis',
    decimalEncoding: decimalEncoding ?? 'bytes',
    usesRegistry: readRegistry(options, connector, 'json'),
  };
}

function readRegistry(
  options: OptionReader,
  connector: SourceConnector,
  format: 'json' | 'avro',
): boolean {
  const name = `${format}.confluent_schema_registry`;
  if (options.boolean(name) !== true) return false;
  if (connector.kind === 'kafka') return true;
  const message = `The connector ${connector.kind} has no schema registry.`;
  const hint = format === 'avro' ? rawDatumsHint : 'Leave it out.';
  options.report(options.spanOf(name), message, hint);
  return false;
}

const rawDatumsHint =
  "For values that are bare datums, set avro.raw_datums = true and avro.schema = '{…}'.";

function readAvro(options: OptionReader, connector: SourceConnector): Format<'avro'> | undefined {
  const isUnstructured = options.boolean('avro.into_unstructured_json') ?? false;
  const isFramed = readRegistry(options, connector, 'avro');
  const isRaw = options.boolean('avro.raw_datums') ?? false;
  const text = options.text('avro.schema');
  if (isFramed && isRaw) {
    const message = "Values have a registry's bytes before them, or are raw datums: not both.";
    options.report(options.spanOf('avro.raw_datums'), message, 'Keep one of them.');
    return undefined;
  }
  if (isFramed) return readFramedAvro(options, connector, isUnstructured);
  if (!isRaw) {
    if (!options.has('avro.confluent_schema_registry')) {
      const message = 'The format avro does not say how values tell their schema.';
      const hint = `Set avro.confluent_schema_registry = true. ${rawDatumsHint}`;
      options.report(options.spanOf('format'), message, hint);
    }
    return undefined;
  }
  if (text === undefined) {
    const hint = 'Add avro.schema = \'{"type": "record", …}\': the schema they are written with.';
    options.report(options.spanOf('avro.raw_datums'), 'Raw datums need their schema.', hint);
    return undefined;
  }
  return { kind: 'avro', schema: { kind: 'declared', text }, isUnstructured };
}

function readFramedAvro(
  options: OptionReader,
  connector: SourceConnector,
  isUnstructured: boolean,
): Format<'avro'> {
  if (options.has('avro.schema')) {
    const message = 'With a registry, values name their schema themselves.';
    options.report(options.spanOf('avro.schema'), message, 'Leave avro.schema out.');
  }
  const connection = connector.kind === 'kafka' ? connector.connection : undefined;
  const endpoint = connection?.options['schema_registry.endpoint'];
  if (endpoint === undefined && connection?.profile === undefined) {
    const message = 'The table does not say where its schema registry is.';
    const hint = "Add schema_registry.endpoint = 'http://host:8081', or use a connection_profile.";
    options.report(options.spanOf('avro.confluent_schema_registry'), message, hint);
  }
  return { kind: 'avro', schema: { kind: 'registry' }, isUnstructured };
}

/** A sink's `format`, the first of those available unless it says; undefined for any other. */
export function readSinkFormat(
  options: OptionReader,
  available: readonly [string, ...string[]],
): string | undefined {
  const written = options.text('format') ?? available[0];
  if (available.includes(written.toLowerCase())) return written.toLowerCase();
  const { message, hint } = formatRefusal(written, available);
  options.report(options.spanOf('format'), message, hint);
  return undefined;
}

/** How a sink writes JSON, as its options or else its format would have it. */
export function readJsonForm(
  options: OptionReader,
  connector: SinkConnector,
): Pick<SinkTable, 'timestampFormat' | 'decimalEncoding' | 'takesChanges'> {
  refuseJsonOptions(options);
  const timestampFormat = options.choice(['json.timestamp_format'], timestampFormats);
  // Queries read these files.
  const encodings =
    connector.kind === 'filesystem' ? ({ number: 'number' } as const) : decimalEncodings;
  const decimalEncoding = options.choice<DecimalEncoding>(['json.decimal_encoding'], encodings);
  if (!isDebezium(options)) {
    return { timestampFormat: timestampFormat ?? 'rfc3339', decimalEncoding };
  }
  return {
    timestampFormat: timestampFormat ?? 'unix_millis',
    decimalEncoding: decimalEncoding ?? (connector.kind === 'filesystem' ? 'number' : 'bytes'),
    takesChanges: true,
  };
}

export function isDebezium(options: OptionReader): boolean {
  return options.text('format')?.toLowerCase() === 'debezium_json';
}

const decimalEncodings = { number: 'number', string: 'string', bytes: 'bytes' } as const;
type DecimalEncoding = keyof typeof decimalEncodings;

/** Of the options of the format json, those that a sink does not have. */
function refuseJsonOptions(options: OptionReader): void {
  const hint = 'Leave it out, or set it to false.';
  for (const name of ['json.confluent_schema_registry', 'json.include_schema'] as const) {
    if (options.boolean(name) !== true) continue;
    options.report(options.spanOf(name), `${name} is not available for sinks.`, hint);
  }
}
