import { HeliosError } from '../base/errors.ts';
import { unreachable } from '../base/assert.ts';
import type { Column, ColumnType } from '../event/schema.ts';

/** A name as DuckDB reads it whatever it contains. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal; with NUL in it an expression, as DuckDB's SQL ends at a NUL. */
export function quoteText(text: string): string {
  const literal = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\0') ? `(${literal.replaceAll('\0', "' || chr(0) || '")})` : literal;
}

/**
 * DuckDB's name of a column type. An instant is TIMESTAMPTZ, everywhere and always in UTC, but for
 * files that keep it without a zone.
 */
export function duckdbType(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return (type.isUnsigned ? 'U' : '') + integerNames[type.bits];
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'text':
      return 'VARCHAR';
    case 'json':
      return 'JSON';
    case 'bytes':
      return 'BLOB';
    case 'date':
      return 'DATE';
    case 'time':
      return 'TIME';
    case 'timestamp':
      return type.isLocal === true ? 'TIMESTAMP' : 'TIMESTAMPTZ';
    case 'interval':
      return 'INTERVAL';
    case 'list':
      return `${duckdbType(type.element)}[]`;
    case 'struct':
      return `STRUCT(${type.fields.map(fieldType).join(', ')})`;
    case 'map':
      return `MAP(${duckdbType(type.key)}, ${duckdbType(type.value)})`;
    default:
      return unreachable(type);
  }
}

function fieldType(field: Column): string {
  return `${quoteName(field.name)} ${duckdbType(field.type)}`;
}

const integerNames = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' } as const;

/**
 * DuckDB's types that are one of ours under another name; the widths that Delta lacks are widened
 * on writing.
 */
const scalarTypes: Readonly<Record<string, ColumnType>> = {
  BOOLEAN: { kind: 'boolean' },
  TINYINT: { kind: 'integer', bits: 8, isUnsigned: false },
  SMALLINT: { kind: 'integer', bits: 16, isUnsigned: false },
  INTEGER: { kind: 'integer', bits: 32, isUnsigned: false },
  BIGINT: { kind: 'integer', bits: 64, isUnsigned: false },
  UTINYINT: { kind: 'integer', bits: 8, isUnsigned: true },
  USMALLINT: { kind: 'integer', bits: 16, isUnsigned: true },
  UINTEGER: { kind: 'integer', bits: 32, isUnsigned: true },
  UBIGINT: { kind: 'integer', bits: 64, isUnsigned: true },
  HUGEINT: { kind: 'decimal', precision: 38, scale: 0 },
  UHUGEINT: { kind: 'decimal', precision: 38, scale: 0 },
  BIGNUM: { kind: 'decimal', precision: 38, scale: 0 },
  FLOAT: { kind: 'float', bits: 32 },
  DOUBLE: { kind: 'float', bits: 64 },
  VARCHAR: { kind: 'text' },
  UUID: { kind: 'text' },
  BIT: { kind: 'text' },
  JSON: { kind: 'json' },
  BLOB: { kind: 'bytes' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  'TIME WITH TIME ZONE': { kind: 'text' },
  TIMESTAMP: { kind: 'timestamp' },
  TIMESTAMP_S: { kind: 'timestamp' },
  TIMESTAMP_MS: { kind: 'timestamp' },
  TIMESTAMP_NS: { kind: 'timestamp' },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamp' },
  INTERVAL: { kind: 'interval' },
  '"NULL"': { kind: 'text' },
  NULL: { kind: 'text' },
};

/** Reads a type as DuckDB prints it in DESCRIBE, such as `STRUCT(a INTEGER, "b c" VARCHAR[])`. */
export function parseDuckdbType(text: string): ColumnType {
  const reader = new TypeReader(text);
  const type = reader.type();
  reader.end();
  return type;
}

class TypeReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    if (this.#at !== this.#text.length) this.#fail();
  }

  type(): ColumnType {
    let type = this.#base();
    for (;;) {
      const array = this.#match(/\[\d*\]/y);
      if (array === undefined) return type;
      type = { kind: 'list', element: type };
    }
  }

  #base(): ColumnType {
    if (this.#match(/STRUCT\(/y) !== undefined) return { kind: 'struct', fields: this.#fields() };
    if (this.#match(/MAP\(/y) !== undefined) return this.#map();
    if (this.#match(/ENUM\(/y) !== undefined) return this.#enum();
    const decimal = this.#match(/DECIMAL\(\d+,\d+\)/y);
    if (decimal !== undefined) {
      const [precision, scale] = decimal.slice(8, -1).split(',').map(Number);
      return { kind: 'decimal', precision: precision ?? 18, scale: scale ?? 3 };
    }
    const name = this.#match(/TIME(STAMP)? WITH TIME ZONE|"NULL"|[A-Z_0-9]+/y);
    const scalar = name === undefined ? undefined : scalarTypes[name];
    return scalar ?? this.#fail();
  }

  #fields(): Column[] {
    const fields: Column[] = [];
    do {
      const name = this.#match(/"(?:[^"]|"")*"|[^ ]+/y) ?? this.#fail();
      this.#match(/ /y);
      fields.push({ name: unquote(name), type: this.type() });
    } while (this.#match(/, /y) !== undefined);
    this.#match(/\)/y) ?? this.#fail();
    return fields;
  }

  #map(): ColumnType {
    const key = this.type();
    this.#match(/, /y) ?? this.#fail();
    const value = this.type();
    this.#match(/\)/y) ?? this.#fail();
    return { kind: 'map', key, value };
  }

  #enum(): ColumnType {
    this.#match(/'(?:[^']|'')*'(?:, '(?:[^']|'')*')*\)/y) ?? this.#fail();
    return { kind: 'text' };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(): never {
    throw new HeliosError('invalid_sql', `The type ${this.#text} has no column type in Helios.`, {
      hint: 'Cast it, for example to VARCHAR.',
    });
  }
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
