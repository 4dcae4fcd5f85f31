import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { ColumnType, Schema } from '../../event/schema.ts';
import { pathList } from '../sql-parts.ts';

type TimestampFormat = 'rfc3339' | 'unix_millis';

/**
 * SQL of the rows of JSON lines that Helios wrote (`jsonObjectSql`), by their files, compressed as
 * their names say. Values are exact; columns that a line lacks are NULL.
 *
 * DuckDB makes doubles of all numbers with a fraction, so these are made strings first: one pattern
 * takes strings and numbers in turn, so that no number in a string is one. What it marks are
 * control characters, which JSON text never holds bare.
 */
export function ownLines(
  columns: Schema,
  timestampFormat: TimestampFormat,
): (paths: readonly string[]) => string {
  const shape = Object.fromEntries(columns.map(({ name, type }) => [name, readType(type)]));
  const reader = new Reader(timestampFormat);
  const values = columns.map(({ name, type }) => {
    const raw = `struct_extract(helios_row, ${quoteText(name)})`;
    return `${reader.value(type, raw)} AS ${quoteName(name)}`;
  });
  return (paths) => `SELECT ${values.join(', ')} FROM (
    SELECT json_transform(${marked('json::VARCHAR')}, ${quoteText(JSON.stringify(shape))})
    AS helios_row FROM read_ndjson_objects(${pathList(paths)}, format = 'newline_delimited',
    hive_partitioning = false, maximum_object_size = ${objectBytesMax}))`;
}

/** The longest line that sources take, too. */
const objectBytesMax = 32 * 1024 * 1024;

const string = String.raw`"(?:[^"\\]|\\.)*"`;
const fraction = String.raw`-?[0-9]+(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)`;

/** A number that was made a string begins and ends so: no text of anybody else's does. */
const mark = String.raw`\u0001helios\u0001`;

/** The JSON text with each fractional number as a marked string. */
function marked(json: string): string {
  const pattern = quoteText(`(${string})|(${fraction})`);
  // A string is followed by two marks with nothing between; a number has one on either side.
  const marks = String.raw`'\1' || chr(1) || '\2' || chr(2)`;
  const split = `regexp_replace(${json}, ${pattern}, ${marks}, 'g')`;
  const plain = `replace(${split}, chr(1) || chr(2), '')`;
  const opened = `replace(${plain}, chr(1), ${quoteText(`"${mark}`)})`;
  return `replace(${opened}, chr(2), ${quoteText(`${mark}"`)})`;
}

/** Types that JSON is read as at first: text at all leaves. */
function readType(type: ColumnType): string {
  switch (type.kind) {
    case 'json':
      return 'JSON';
    case 'list':
      return `${readType(type.element)}[]`;
    case 'struct': {
      const fields = type.fields.map((field) => `${quoteName(field.name)} ${readType(field.type)}`);
      return `STRUCT(${fields.join(', ')})`;
    }
    case 'map':
      return `MAP(VARCHAR, ${readType(type.value)})`;
    default:
      return 'VARCHAR';
  }
}

class Reader {
  readonly #timestampFormat: TimestampFormat;
  #lambdas = 0;

  constructor(timestampFormat: TimestampFormat) {
    this.#timestampFormat = timestampFormat;
  }

  value(type: ColumnType, raw: string): string {
    switch (type.kind) {
      case 'text':
        return raw;
      case 'json':
        return `CAST(${unmarkedJson(`CAST(${raw} AS VARCHAR)`)} AS JSON)`;
      case 'decimal':
      case 'float':
        return `CAST(${unmarked(raw)} AS ${duckdbType(type)})`;
      case 'bytes':
        return `from_base64(${raw})`;
      case 'timestamp':
        return this.#timestampFormat === 'unix_millis'
          ? `make_timestamptz(CAST(${raw} AS BIGINT) * 1000)`
          : `CAST(${raw} AS TIMESTAMPTZ)`;
      case 'list': {
        const item = this.#variable();
        return `list_transform(${raw}, lambda ${item}: ${this.value(type.element, item)})`;
      }
      case 'struct': {
        const fields = type.fields.map(({ name, type: of }) => {
          const field = `struct_extract(${raw}, ${quoteText(name)})`;
          return `${quoteName(name)} := ${this.value(of, field)}`;
        });
        return `CASE WHEN ${raw} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
      }
      case 'map': {
        const item = this.#variable();
        const key = this.value(type.key, `${item}.key`);
        const entry = `struct_pack(k := ${key}, v := ${this.value(type.value, `${item}.value`)})`;
        const entries = `list_transform(map_entries(${raw}), lambda ${item}: ${entry})`;
        return `CASE WHEN ${raw} IS NOT NULL THEN map_from_entries(${entries}) END`;
      }
      default:
        return `CAST(${raw} AS ${duckdbType(type)})`;
    }
  }

  /** Nested lambdas must not share a name. */
  #variable(): string {
    this.#lambdas += 1;
    return `helios_item_${this.#lambdas}`;
  }
}

/** The text of a number that may have been marked. */
function unmarked(text: string): string {
  return `replace(${text}, chr(1) || 'helios' || chr(1), '')`;
}

/** JSON text with the marked strings as the numbers that they were. */
function unmarkedJson(json: string): string {
  return `replace(replace(${json}, ${quoteText(`"${mark}`)}, ''), ${quoteText(`${mark}"`)}, '')`;
}
