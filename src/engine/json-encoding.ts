import type { ColumnType, Schema } from '../event/schema.ts';
import { decimalBytesSql } from './decimal-bytes.ts';
import { quoteName, quoteText } from './types.ts';

/**
 * Whom the JSON is for. In results whatever a double can't hold is a string, and a JSON column is
 * its text; in sinks numbers are numbers with all their digits, and a JSON column is the value
 * itself.
 */
export type JsonTarget = 'result' | JsonForm;

/** How a sink writes instants and decimals. */
export type JsonForm = {
  readonly timestampFormat: 'rfc3339' | 'unix_millis';
  /** Numbers unless it says; `bytes`: what has a fraction is as Kafka Connect has it. */
  readonly decimalEncoding?: DecimalEncoding | undefined;
};

export type DecimalEncoding = 'number' | 'string' | 'bytes';

/**
 * SQL whose value is the JSON text of `expression`: one line, exact, `null` for NULL, never NULL
 * itself.
 */
export function jsonValueSql(type: ColumnType, expression: string, target: JsonTarget): string {
  return new Encoder(target).value(type, expression);
}

/** SQL whose value is one JSON object a row with the columns of `schema`, as sinks write it. */
export function jsonObjectSql(schema: Schema, form: JsonForm): string {
  const fields = schema.map(({ name, type }) => ({ name, type, expression: quoteName(name) }));
  return jsonFieldsSql(fields, form);
}

/** A named value of a JSON object. */
export type JsonField = {
  readonly name: string;
  readonly type: ColumnType;
  readonly expression: string;
};

/** SQL whose value is the JSON object of `fields`, in their order. */
export function jsonFieldsSql(fields: readonly JsonField[], target: JsonTarget): string {
  const parts = fields.flatMap((field, index) => [
    jsonKeySql(field, index),
    jsonValueSql(field.type, field.expression, target),
  ]);
  return parts.length === 0 ? "'{}'" : joinedTextSql([...parts, "'}'"]);
}

/** SQL of what stands before the value of an object's field: its key, behind a brace or a comma. */
export function jsonKeySql({ name }: Pick<JsonField, 'name'>, index: number): string {
  return quoteText(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
}

/**
 * SQL whose value is the texts of `parts`, none of which is NULL, one behind the other. A chain of
 * `||` is as deep as it is long, and DuckDB refuses what is deeper than 1000: a row of so many
 * columns. One call has them all beside each other.
 */
export function joinedTextSql(parts: readonly string[]): string {
  return `concat(${parts.join(', ')})`;
}

/** SQL whose value is the CSV field of `expression`, quoted where it must be; nothing for NULL. */
export function csvValueSql(type: ColumnType, expression: string): string {
  return `coalesce(${csvText(type, expression)}, '')`;
}

class Encoder {
  readonly #target: JsonTarget;
  #lambdas = 0;

  constructor(target: JsonTarget) {
    this.#target = target;
  }

  value(type: ColumnType, expression: string): string {
    return `coalesce(${this.#text(type, expression)}, 'null')`;
  }

  /** NULL where `expression` is. */
  #text(type: ColumnType, expression: string): string {
    switch (type.kind) {
      case 'integer':
        return type.bits === 64 ? this.#wide(type, expression) : plainText(type, expression);
      case 'decimal':
        return this.#decimal(type, expression);
      case 'float':
        return floatJson(expression);
      case 'boolean':
        return plainText(type, expression);
      case 'json':
        // Line breaks in JSON text can only be white space between its tokens.
        return this.#target === 'result'
          ? textJson(expression)
          : `translate((${expression})::VARCHAR, chr(10) || chr(13), '  ')`;
      case 'text':
        return textJson(expression);
      case 'timestamp':
        return this.#target !== 'result' && this.#target.timestampFormat === 'unix_millis'
          ? `epoch_ms(${expression})::VARCHAR`
          : quoted(plainText(type, expression));
      case 'list':
        return this.#list(type.element, expression);
      case 'struct':
        return this.#struct(type, expression);
      case 'map':
        return this.#map(type, expression);
      default:
        return quoted(plainText(type, expression));
    }
  }

  #wide(type: ColumnType, expression: string): string {
    const digits = plainText(type, expression);
    return this.#target === 'result' ? quoted(digits) : digits;
  }

  #decimal(type: Extract<ColumnType, { kind: 'decimal' }>, expression: string): string {
    switch (this.#target === 'result' ? 'number' : this.#target.decimalEncoding) {
      case 'string':
        return quoted(plainText(type, expression));
      case 'bytes':
        // Sums of whole numbers are decimals without a fraction, and nobody means bytes by them.
        return type.scale === 0 ? plainText(type, expression) : quoted(decimalBytesSql(expression));
      default:
        return this.#wide(type, expression);
    }
  }

  #list(element: ColumnType, expression: string): string {
    const item = this.#variable();
    const items = `list_transform(${expression}, lambda ${item}: ${this.value(element, item)})`;
    return `CASE WHEN (${expression}) IS NOT NULL THEN '[' || ${joined(items)} || ']' END`;
  }

  /** The fields of `row(1, 2)` have no names: it is an array. */
  #struct(type: Extract<ColumnType, { kind: 'struct' }>, expression: string): string {
    const isTuple = type.fields.every((field) => field.name === '');
    const [open, close] = isTuple ? ['[', ']'] : ['{', '}'];
    const fields = type.fields.flatMap((field, index) => {
      const before = index === 0 ? open : ',';
      const place = isTuple
        ? `struct_extract_at(${expression}, ${index + 1})`
        : `struct_extract(${expression}, ${quoteText(field.name)})`;
      const key = isTuple ? '' : `${JSON.stringify(field.name)}:`;
      return [quoteText(`${before}${key}`), this.value(field.type, place)];
    });
    const text = joinedTextSql([...fields, quoteText(close)]);
    return `CASE WHEN (${expression}) IS NOT NULL THEN ${text} END`;
  }

  #map(type: Extract<ColumnType, { kind: 'map' }>, expression: string): string {
    const item = this.#variable();
    const key = mapKeyJson(type.key, `${item}.key`, this);
    const entry = `${key} || ':' || ${this.value(type.value, `${item}.value`)}`;
    const entries = `list_transform(map_entries(${expression}), lambda ${item}: ${entry})`;
    return `CASE WHEN (${expression}) IS NOT NULL THEN '{' || ${joined(entries)} || '}' END`;
  }

  /** Nested lambdas must not share a name. */
  #variable(): string {
    this.#lambdas += 1;
    return `helios_item_${this.#lambdas}`;
  }
}

/** The keys of a JSON object are strings, whatever the keys of the map are. */
function mapKeyJson(type: ColumnType, expression: string, encoder: Encoder): string {
  switch (type.kind) {
    case 'text':
    case 'json':
      return textJson(expression);
    case 'list':
    case 'struct':
    case 'map':
      return textJson(encoder.value(type, expression));
    default:
      return quoted(plainText(type, expression));
  }
}

/**
 * The value as text by Helios's rules, without quotes and without anything that would need an
 * escape.
 */
function plainText(type: ColumnType, expression: string): string {
  switch (type.kind) {
    case 'bytes':
      return `to_base64(${expression})`;
    case 'timestamp':
      return timestampText(expression);
    case 'interval':
      return intervalText(expression);
    case 'float':
      return floatText(expression);
    case 'decimal':
      return decimalTextSql(type, expression);
    case 'date':
      return dateTextSql(expression);
    default:
      return `(${expression})::VARCHAR`;
  }
}

/** A decimal's digits. DuckDB leaves out the 0 before the point where the type has no room. */
export function decimalTextSql(
  type: Extract<ColumnType, { kind: 'decimal' }>,
  expression: string,
): string {
  const digits = `(${expression})::VARCHAR`;
  return type.scale < type.precision ? digits : `regexp_replace(${digits}, '^(-?)[.]', '\\10.')`;
}

/** ISO 8601, whose year 0000 DuckDB calls `0001 (BC)`. Years have four digits or more. */
export function dateTextSql(expression: string): string {
  const date = `(${expression})`;
  return `CASE WHEN ${date} < DATE '0001-01-01' AND isfinite(${date})
    THEN ${oldYearText(date)} || system.main.strftime(${date}, '-%m-%d')
    ELSE ${date}::VARCHAR END`.replaceAll(/\s+/g, ' ');
}

/** The year of a time before the year 1, of which `strftime` writes as many digits as it has. */
function oldYearText(time: string): string {
  const year = `system.main.year(${time})`;
  const digits = `abs(${year})::VARCHAR`;
  return `CASE WHEN ${year} < 0 THEN '-' ELSE '' END
    || lpad(${digits}, greatest(4, strlen(${digits})::INTEGER), '0')`;
}

/** The beginning of the year 1, in microseconds. */
const yearOneMicros = '-62135596800000000';

/**
 * RFC 3339 in UTC with six digits of fraction, or none where it is zero. Goes through TIMESTAMP,
 * since DuckDB's functions of TIMESTAMPTZ ask ICU for each row.
 */
function timestampText(expression: string): string {
  const utc = `make_timestamp(epoch_us(${expression}))`;
  return `CASE WHEN NOT isfinite(${expression}) THEN (${expression})::VARCHAR
    WHEN epoch_us(${expression}) < ${yearOneMicros} THEN ${oldYearText(utc)} ||
      CASE WHEN epoch_us(${expression}) % 1000000 = 0
      THEN system.main.strftime(${utc}, '-%m-%dT%H:%M:%SZ')
      ELSE system.main.strftime(${utc}, '-%m-%dT%H:%M:%S.%fZ') END
    WHEN epoch_us(${expression}) % 1000000 = 0
    THEN system.main.strftime(${utc}, '%Y-%m-%dT%H:%M:%SZ')
    ELSE system.main.strftime(${utc}, '%Y-%m-%dT%H:%M:%S.%fZ') END`.replaceAll(/\s+/g, ' ');
}

/**
 * ISO 8601 duration; each part has its own sign, as DuckDB keeps months, days and microseconds
 * apart.
 */
function intervalText(expression: string): string {
  const part = (name: string): string => `system.main.date_part('${name}', ${expression})`;
  const micros = part('microsecond');
  const designated = (name: string, letter: string): string =>
    `CASE WHEN ${part(name)} <> 0 THEN ${part(name)} || '${letter}' ELSE '' END`;
  const fraction = `lpad((abs(${micros}) % 1000000)::VARCHAR, 6, '0')`;
  const digits = `(abs(${micros}) // 1000000) || rtrim(rtrim('.' || ${fraction}, '0'), '.')`;
  const sign = `CASE WHEN ${micros} < 0 THEN '-' ELSE '' END`;
  const seconds = `CASE WHEN ${micros} <> 0 THEN ${sign} || ${digits} || 'S' ELSE '' END`;
  const date = [designated('year', 'Y'), designated('month', 'M'), designated('day', 'D')].join(
    ' || ',
  );
  const time = [designated('hour', 'H'), designated('minute', 'M'), seconds].join(' || ');
  // `P1DT` and `P` alone are not durations.
  return `CASE WHEN (${expression}) IS NULL THEN NULL
    WHEN 'P' || ${date} || 'T' || ${time} = 'PT' THEN 'PT0S'
    ELSE rtrim('P' || ${date} || 'T' || ${time}, 'T') END`.replaceAll(/\s+/g, ' ');
}

function floatText(expression: string): string {
  return `CASE WHEN isfinite(${expression}) THEN (${expression})::VARCHAR
    WHEN isnan(${expression}) THEN 'NaN'
    WHEN (${expression}) > 0 THEN 'Infinity'
    WHEN (${expression}) < 0 THEN '-Infinity' END`.replaceAll(/\s+/g, ' ');
}

function floatJson(expression: string): string {
  const other = quoted(floatText(expression));
  return `CASE WHEN isfinite(${expression}) THEN (${expression})::VARCHAR ELSE ${other} END`;
}

function textJson(expression: string): string {
  return `to_json((${expression})::VARCHAR)::VARCHAR`;
}

/** Text without anything to escape: cheaper than putting quotes around it, in time and memory. */
function quoted(text: string): string {
  return `to_json(${text})::VARCHAR`;
}

function joined(list: string): string {
  return `coalesce(array_to_string(${list}, ','), '')`;
}

function csvText(type: ColumnType, expression: string): string {
  switch (type.kind) {
    case 'text':
    case 'json':
      return quotedIfNeeded(`(${expression})::VARCHAR`);
    case 'list':
    case 'struct':
    case 'map': {
      const json = jsonValueSql(type, expression, 'result');
      return `CASE WHEN (${expression}) IS NOT NULL THEN ${quotedIfNeeded(json)} END`;
    }
    default:
      return plainText(type, expression);
  }
}

/** RFC 4180. The empty string is quoted, since nothing at all is NULL. */
function quotedIfNeeded(text: string): string {
  const quotedText = `'"' || replace(${text}, '"', '""') || '"'`;
  return `CASE WHEN regexp_matches(${text}, '^$|[",\\r\\n]') THEN ${quotedText} ELSE ${text} END`;
}
