import { quoteText } from '../../../engine/types.ts';
import type { ColumnType } from '../../../event/schema.ts';
import type { RecordFormat, SourceColumn } from '../../../sql/script.ts';

/** What stands for instants and decimals, where a record has no schema that says so. */
export type ConnectFormat = Pick<
  Extract<RecordFormat, { readonly kind: 'debezium_json' }>,
  'timestampFormat' | 'decimalEncoding'
>;

type ConnectContext = {
  readonly format: ConnectFormat;
  /** Expression for the field's schema as `fieldSchemas` gives it, or NULL. */
  readonly schema: string | undefined;
  /** Prefix of strings that stand for numbers, in examined lines. */
  readonly mark: string | undefined;
};

/** Whether a schema may say something about values of a type. */
export function needsSchema({ kind }: ColumnType): boolean {
  return kind === 'decimal' || kind === 'timestamp' || kind === 'time';
}

/** The schemas of a row's fields, of the JSON schema of a whole change event. */
export function fieldSchemas(schema: string): string {
  const field = '{"field":"VARCHAR","name":"VARCHAR","parameters":{"scale":"VARCHAR"}}';
  const shape = `{"fields":[{"field":"VARCHAR","fields":[${field}]}]}`;
  return `list_filter(json_transform(${schema}, '${shape}').fields,
    lambda image: image.field IN ('after', 'before'))[1].fields`;
}

/**
 * A value as Kafka Connect writes it in JSON → the JSON that the column's own rules take: decimals
 * as their digits, times as ISO 8601. What is neither stays as it is.
 */
export function connectValue(column: SourceColumn, json: string, context: ConnectContext): string {
  const { format, schema } = context;
  const { type } = column;
  const name = schema === undefined ? 'NULL' : `${schema}.name`;
  switch (type.kind) {
    case 'decimal': {
      const scale = schema === undefined ? 'NULL' : `${schema}.parameters.scale`;
      return decimalJson(json, `coalesce(TRY_CAST(${scale} AS INTEGER), ${type.scale})`, context);
    }
    case 'timestamp':
      return numberJson(json, instantText(json, perSecondOf(name, format.timestampFormat)));
    case 'date':
      return numberJson(json, `TRY((DATE '1970-01-01' + ${integer(json, 'INTEGER')})::VARCHAR)`);
    case 'time':
      return numberJson(json, timeText(json, perSecondOf(name, format.timestampFormat)));
    default:
      return json;
  }
}

/** `text` as a JSON string where the value is a whole number and there is such a text. */
function numberJson(json: string, text: string): string {
  return `CASE WHEN regexp_full_match(${json}::VARCHAR, '-?[0-9]+')
    THEN coalesce(to_json(${text}), ${json}) ELSE ${json} END`;
}

function integer(json: string, type: 'BIGINT' | 'INTEGER'): string {
  return `TRY_CAST(${json}::VARCHAR AS ${type})`;
}

/** How many of a field's units make a second: by its schema's name, or the table's format. */
function perSecondOf(name: string, format: ConnectFormat['timestampFormat']): string {
  const named = Object.entries(unitNames).map(([unit, perSecond]) => {
    return `WHEN '${unit}' THEN ${perSecond}`;
  });
  const declared = { rfc3339: 'NULL', unix_millis: 1e3, unix_micros: 1e6, unix_nanos: 1e9 }[format];
  return `CASE ${name} ${named.join(' ')} ELSE ${declared} END`;
}

const unitNames: Readonly<Record<string, number>> = {
  'io.debezium.time.Timestamp': 1e3,
  'io.debezium.time.MicroTimestamp': 1e6,
  'io.debezium.time.NanoTimestamp': 1e9,
  'io.debezium.time.Time': 1e3,
  'io.debezium.time.MicroTime': 1e6,
  'io.debezium.time.NanoTime': 1e9,
  'org.apache.kafka.connect.data.Timestamp': 1e3,
  'org.apache.kafka.connect.data.Time': 1e3,
};

function instantText(json: string, perSecond: string): string {
  const micros = microsOf(json, perSecond);
  return `TRY(strftime(make_timestamp(${micros}), '%Y-%m-%dT%H:%M:%S.%f')
    || ${nanosOf(json, perSecond)} || 'Z')`;
}

function timeText(json: string, perSecond: string): string {
  const micros = microsOf(json, perSecond);
  return `CASE WHEN ${micros} BETWEEN 0 AND 86399999999 THEN
    strftime(make_timestamp(${micros}), '%H:%M:%S.%f') || ${nanosOf(json, perSecond)} END`;
}

/** Whole microseconds, downwards; NULL where no unit is known. */
function microsOf(json: string, perSecond: string): string {
  const value = integer(json, 'BIGINT');
  return `(CASE ${perSecond} WHEN 1000 THEN TRY(${value} * 1000) WHEN 1000000 THEN ${value}
    WHEN 1000000000 THEN (${value} - (${value} % 1000 + 1000) % 1000) // 1000 END)`;
}

/** The three digits of a microsecond's rest: nanoseconds alone have one. */
function nanosOf(json: string, perSecond: string): string {
  const rest = `((${integer(json, 'BIGINT')} % 1000 + 1000) % 1000)`;
  return `CASE ${perSecond} WHEN 1000000000 THEN lpad(${rest}::VARCHAR, 3, '0') ELSE '' END`;
}

function decimalJson(json: string, scale: string, { format, mark }: ConnectContext): string {
  const isMarked =
    mark === undefined ? '' : `AND NOT starts_with(${json}::VARCHAR, ${quoteText(`"${mark}`)})`;
  const isString = `(starts_with(${json}::VARCHAR, '"') ${isMarked})`;
  switch (format.decimalEncoding) {
    case 'string':
      return json;
    case 'number':
      // Text is no number here: it may be bytes in base64 that look like one.
      return `CASE WHEN ${isString} THEN json_object('string', ${json}) ELSE ${json} END`;
    case 'bytes': {
      const variable = `TRY_CAST(${json} ->> 'scale' AS INTEGER)`;
      return `CASE WHEN ${isString} THEN
          coalesce(${unscaledJson(`(${json} ->> '$')`, scale)}, json_object('bytes', ${json}))
        WHEN starts_with(${json}::VARCHAR, '{') AND ${variable} IS NOT NULL THEN
          coalesce(${unscaledJson(`(${json} ->> 'value')`, variable)}, ${json})
        ELSE ${json} END`;
    }
  }
}

/** Two's complement in base64, the highest byte first → a JSON string of digits, or NULL. */
function unscaledJson(base64: string, scale: string): string {
  const number = `list_transform([TRY(from_base64(${base64}))], lambda bytes: ${wholeOf})[1]`;
  // Lists of one item are what DuckDB has for names within an expression.
  return `list_transform([{'whole': ${number}, 'scale': ${scale}}], lambda n: ${scaledText})[1]`;
}

const paddedBytes = `repeat(CASE WHEN bytes[1:1] >= '\\x80'::BLOB THEN '\\xFF'::BLOB
  ELSE '\\x00'::BLOB END, greatest(16 - octet_length(bytes), 0)) || bytes`;

const wholeOf = `CASE WHEN octet_length(bytes) BETWEEN 1 AND 16
  THEN (${paddedBytes})::BIT::HUGEINT END`;

const digits = `ltrim(n.whole::VARCHAR, '-')`;
const longDigits = `lpad(${digits}, greatest(n.scale + 1, len(${digits}))::INTEGER, '0')`;

const scaledText = `to_json(CASE WHEN n.whole < 0 THEN '-' ELSE '' END || CASE
  WHEN n.scale NOT BETWEEN -38 AND 38 THEN NULL
  WHEN n.scale <= 0 THEN ${digits} || repeat('0', -n.scale)
  ELSE left(${longDigits}, -n.scale) || '.' || right(${longDigits}, n.scale) END)`;
