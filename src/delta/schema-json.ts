import { unreachable } from '../base/assert.ts';
import { HeliosError } from '../base/errors.ts';
import type { Column, ColumnType, Schema } from '../event/schema.ts';

/** A struct of Delta's schema, with whatever else its writer put there. */
export type StructJson = { readonly type: 'struct'; readonly fields: readonly FieldJson[] };

export type FieldJson = {
  readonly name: string;
  readonly type: unknown;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
};

/**
 * A schema as Delta writes it. Every column may hold NULL: readers disagree about columns that may
 * not. Types that Delta lacks become the type that `storedType` names. Fails with `invalid_name` on
 * names that Parquet readers refuse, `invalid_sql` on columns whose names differ only by case.
 */
export function printSchema(schema: Schema): string {
  return JSON.stringify({ type: 'struct', fields: fieldsOf(schema) });
}

/** A schema's own JSON with columns appended to it; what was there stays as it is. */
export function appendColumns(schemaString: string, columns: Schema): string {
  const struct = parseStruct(schemaString);
  const fields = [...struct.fields, ...fieldsOf(columns)];
  checkDuplicates(fields.map((field) => field.name));
  return JSON.stringify({ ...struct, fields });
}

/**
 * The columns of a `schemaString`. A `timestamp_ntz` is read as the instant that it is in UTC.
 * Fails with
 * `unsupported_table` on a type that Helios does not read.
 */
export function parseSchema(schemaString: string): Schema {
  return parseStruct(schemaString).fields.map((field) => parseField(field));
}

/** All fields of a schema with their dotted names, nested ones too. */
export function* allFields(struct: StructJson, prefix = ''): Generator<[string, FieldJson]> {
  for (const field of struct.fields) {
    const name = prefix + field.name;
    yield [name, field];
    yield* fieldsOfType(field.type, `${name}.`);
  }
}

/** Fails with `corrupt_data` when the text is not a struct. */
export function parseStruct(schemaString: string): StructJson {
  let struct: unknown;
  try {
    struct = JSON.parse(schemaString);
  } catch (thrown) {
    return fail(schemaString, thrown);
  }
  return isStruct(struct) ? struct : fail(schemaString, undefined);
}

/**
 * The type in which Delta keeps a column: unsigned integers are widened; JSON, times and intervals
 * are text. The sink casts to it (`duckdbType(storedType(type))`) before it writes a file.
 */
export function storedType(type: ColumnType): ColumnType {
  switch (type.kind) {
    case 'integer':
      return type.isUnsigned ? widened[type.bits] : type;
    case 'json':
    case 'time':
    case 'interval':
      return { kind: 'text' };
    case 'list':
      return { kind: 'list', element: storedType(type.element) };
    case 'struct':
      return { kind: 'struct', fields: storedSchema(type.fields) };
    case 'map':
      return { kind: 'map', key: storedType(type.key), value: storedType(type.value) };
    case 'boolean':
    case 'float':
    case 'decimal':
    case 'text':
    case 'bytes':
    case 'date':
    case 'timestamp':
      return type;
    default:
      return unreachable(type);
  }
}

export function storedSchema(schema: Schema): Schema {
  return schema.map((column) => ({ name: column.name, type: storedType(column.type) }));
}

/** Whether two columns' types are the same once stored, with a zone or without. */
export function isSameStoredType(left: ColumnType, right: ColumnType): boolean {
  const [one, other] = [left, right].map((type) =>
    JSON.stringify(typeJson(type)).replaceAll('"timestamp_ntz"', '"timestamp"'),
  );
  return one === other;
}

const widened: Readonly<Record<8 | 16 | 32 | 64, ColumnType>> = {
  8: { kind: 'integer', bits: 16, isUnsigned: false },
  16: { kind: 'integer', bits: 32, isUnsigned: false },
  32: { kind: 'integer', bits: 64, isUnsigned: false },
  64: { kind: 'decimal', precision: 20, scale: 0 },
};

const integerNames = { 8: 'byte', 16: 'short', 32: 'integer', 64: 'long' } as const;

const primitives: Readonly<Record<string, ColumnType>> = {
  boolean: { kind: 'boolean' },
  byte: { kind: 'integer', bits: 8, isUnsigned: false },
  short: { kind: 'integer', bits: 16, isUnsigned: false },
  integer: { kind: 'integer', bits: 32, isUnsigned: false },
  long: { kind: 'integer', bits: 64, isUnsigned: false },
  float: { kind: 'float', bits: 32 },
  double: { kind: 'float', bits: 64 },
  string: { kind: 'text' },
  binary: { kind: 'bytes' },
  date: { kind: 'date' },
  timestamp: { kind: 'timestamp' },
  timestamp_ntz: { kind: 'timestamp' },
  /** A column of which nobody knows the type yet: all its values are NULL. */
  void: { kind: 'text' },
};

function fieldsOf(columns: Schema): FieldJson[] {
  checkDuplicates(columns.map((column) => column.name));
  return columns.map((column) => {
    checkColumnName(column.name);
    return { name: column.name, type: typeJson(column.type), nullable: true, metadata: {} };
  });
}

function typeJson(type: ColumnType): unknown {
  const stored = storedType(type);
  switch (stored.kind) {
    case 'integer':
      return integerNames[stored.bits];
    case 'float':
      return stored.bits === 32 ? 'float' : 'double';
    case 'decimal':
      return `decimal(${stored.precision},${stored.scale})`;
    case 'bytes':
      return 'binary';
    case 'text':
    case 'json':
    case 'time':
    case 'interval':
      return 'string';
    case 'list':
      return { type: 'array', elementType: typeJson(stored.element), containsNull: true };
    case 'struct':
      return { type: 'struct', fields: fieldsOf(stored.fields) };
    case 'map':
      return {
        type: 'map',
        keyType: typeJson(stored.key),
        valueType: typeJson(stored.value),
        valueContainsNull: true,
      };
    case 'timestamp':
      return stored.isLocal === true ? 'timestamp_ntz' : 'timestamp';
    case 'boolean':
    case 'date':
      return stored.kind;
    default:
      return unreachable(stored);
  }
}

/**
 * Spark and Hive refuse these in Parquet column names unless the table maps names, which few read.
 */
export function isColumnName(name: string): boolean {
  return name !== '' && !/[ ,;{}()\n\t=]/.test(name);
}

function checkColumnName(name: string): void {
  if (isColumnName(name)) return;
  throw new HeliosError(
    'invalid_name',
    `The column ${JSON.stringify(name)} cannot be in a Delta table: ` +
      'its name is empty or has one of ' +
      'the characters space , ; { } ( ) = tab or newline.',
    { hint: 'Give it another name with AS.' },
  );
}

function checkDuplicates(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (seen.has(key)) {
      throw new HeliosError(
        'invalid_name',
        `The column name ${JSON.stringify(name)} is there twice.`,
        {
          hint: 'Names may not differ by case alone. Give one of the columns another name with AS.',
        },
      );
    }
    seen.add(key);
  }
}

function parseField(field: FieldJson): Column {
  return { name: field.name, type: parseFieldType(field) };
}

/** The type of one field. Fails with `unsupported_table` on one that Helios does not read. */
export function parseFieldType(field: FieldJson): ColumnType {
  const type = parseType(field.type);
  if (type !== undefined) return type;
  throw new HeliosError(
    'unsupported_table',
    `The column ${field.name} has the type ${JSON.stringify(field.type)}, ` +
      'which Helios does not read.',
  );
}

function parseType(type: unknown): ColumnType | undefined {
  if (typeof type === 'string') return parsePrimitive(type);
  if (typeof type !== 'object' || type === null || !('type' in type)) return undefined;
  if (isStruct(type))
    return { kind: 'struct', fields: type.fields.map((field) => parseField(field)) };
  if (type.type === 'array' && 'elementType' in type) {
    const element = parseType(type.elementType);
    return element && { kind: 'list', element };
  }
  if (type.type === 'map' && 'keyType' in type && 'valueType' in type) {
    const key = parseType(type.keyType);
    const value = parseType(type.valueType);
    return key && value && { kind: 'map', key, value };
  }
  return undefined;
}

function parsePrimitive(name: string): ColumnType | undefined {
  if (name === 'decimal') return { kind: 'decimal', precision: 10, scale: 0 };
  const [, precision, scale] = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(name) ?? [];
  if (precision === undefined)
    return Object.hasOwn(primitives, name) ? primitives[name] : undefined;
  return { kind: 'decimal', precision: Number(precision), scale: Number(scale) };
}

function* fieldsOfType(type: unknown, prefix: string): Generator<[string, FieldJson]> {
  if (typeof type !== 'object' || type === null) return;
  if (isStruct(type)) yield* allFields(type, prefix);
  for (const key of ['elementType', 'keyType', 'valueType']) {
    if (key in type) yield* fieldsOfType(Reflect.get(type, key), prefix);
  }
}

function isStruct(value: unknown): value is StructJson {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'struct' &&
    'fields' in value &&
    Array.isArray(value.fields) &&
    value.fields.every((field: unknown) => isField(field))
  );
}

function isField(value: unknown): value is FieldJson {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'type' in value
  );
}

function fail(schemaString: string, cause: unknown): never {
  throw new HeliosError(
    'corrupt_data',
    `The table's schemaString is not a struct: ${schemaString.slice(0, 200)}`,
    { cause },
  );
}
