/** A schema's type with its names resolved; a record may contain itself. */
export type AvroType =
  | { readonly kind: 'null' | 'boolean' }
  | { readonly kind: 'float' | 'double' | 'string' }
  | { readonly kind: 'int' | 'long'; readonly logical: AvroTime | undefined }
  | { readonly kind: 'bytes'; readonly logical: AvroDecimal | undefined }
  | {
      readonly kind: 'fixed';
      readonly size: number;
      readonly logical: AvroDecimal | { readonly kind: 'uuid' | 'duration' } | undefined;
    }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord;

export type AvroRecord = {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: AvroType }[];
};

/** Units of times and timestamps, by how many make a second. */
export type AvroTime =
  | { readonly kind: 'date' }
  | { readonly kind: 'time' | 'timestamp'; readonly perSecond: number };

export type AvroDecimal = { readonly kind: 'decimal'; readonly scale: number };

export type ParsedSchema =
  | { readonly kind: 'ok'; readonly type: AvroType }
  | { readonly kind: 'error'; readonly message: string };

/**
 * Reads a schema (JSON text), after those whose names it uses. Logical types that do not fit what
 * they stand on are passed over, as the specification says.
 */
export function parseAvroSchema(text: string, references: readonly string[] = []): ParsedSchema {
  const parser = new SchemaParser();
  try {
    for (const reference of references) parser.parse(JSON.parse(reference), '', 0);
    return { kind: 'ok', type: parser.parse(JSON.parse(text), '', 0) };
  } catch (thrown) {
    return { kind: 'error', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** Deeper schemas are refused, so that reading one can't overflow. */
const depthMax = 100;

const primitives: ReadonlySet<string> = new Set(
  'null boolean int long float double bytes string'.split(' '),
);

type Json = Readonly<Record<string, unknown>>;

class SchemaParser {
  readonly #named = new Map<string, AvroType>();

  parse(schema: unknown, namespace: string, depth: number): AvroType {
    if (depth > depthMax) throw new Error(`It nests more than ${depthMax} levels deep.`);
    if (typeof schema === 'string') return this.#reference(schema, namespace);
    if (Array.isArray(schema)) {
      const branches = schema.map((branch) => this.parse(branch, namespace, depth + 1));
      return { kind: 'union', branches };
    }
    if (!isObject(schema)) throw new Error(`${JSON.stringify(schema)} is no type.`);
    const { type } = schema;
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(schema, namespace, depth);
      case 'enum':
        return this.#enum(schema, namespace);
      case 'fixed':
        return this.#fixed(schema, namespace);
      case 'array':
        return { kind: 'array', items: this.parse(schema['items'], namespace, depth + 1) };
      case 'map':
        return { kind: 'map', values: this.parse(schema['values'], namespace, depth + 1) };
      default:
        if (typeof type !== 'string') return this.parse(type, namespace, depth + 1);
        return primitives.has(type) ? primitive(type, schema) : this.#reference(type, namespace);
    }
  }

  #reference(name: string, namespace: string): AvroType {
    if (primitives.has(name)) return primitive(name, {});
    const found = this.#named.get(fullName(name, namespace)) ?? this.#named.get(name);
    if (found === undefined) throw new Error(`The type "${name}" is not defined.`);
    return found;
  }

  #record(schema: Json, namespace: string, depth: number): AvroType {
    const name = nameOf(schema, namespace);
    const inner = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
    const fields: { name: string; type: AvroType }[] = [];
    // Known before its fields are read: they may name it.
    const record: AvroRecord = { kind: 'record', name, fields };
    this.#define(name, record);
    if (!Array.isArray(schema['fields'])) throw new Error(`The record ${name} has no fields.`);
    for (const field of schema['fields'] as readonly unknown[]) {
      if (!isObject(field) || typeof field['name'] !== 'string') {
        throw new Error(`A field of the record ${name} has no name.`);
      }
      fields.push({ name: field['name'], type: this.parse(field['type'], inner, depth + 1) });
    }
    return record;
  }

  #enum(schema: Json, namespace: string): AvroType {
    const name = nameOf(schema, namespace);
    const { symbols } = schema;
    if (!Array.isArray(symbols) || !symbols.every((symbol) => typeof symbol === 'string')) {
      throw new Error(`The enum ${name} has no symbols.`);
    }
    return this.#define(name, { kind: 'enum', symbols });
  }

  #fixed(schema: Json, namespace: string): AvroType {
    const name = nameOf(schema, namespace);
    const { size } = schema;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw new Error(`The fixed ${name} has no size.`);
    }
    return this.#define(name, { kind: 'fixed', size, logical: logicalOfFixed(schema, size) });
  }

  #define(name: string, type: AvroType): AvroType {
    if (this.#named.has(name)) throw new Error(`The type "${name}" is defined twice.`);
    this.#named.set(name, type);
    return type;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(schema: Json, namespace: string): string {
  const { name, namespace: own } = schema;
  if (typeof name !== 'string' || name === '') throw new Error('A named type has no name.');
  return fullName(name, typeof own === 'string' ? own : namespace);
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function primitive(name: string, schema: Json): AvroType {
  switch (name) {
    case 'int':
      return { kind: name, logical: timeOf(schema, intTimes) };
    case 'long':
      return { kind: name, logical: timeOf(schema, longTimes) };
    case 'bytes':
      return { kind: name, logical: decimalOf(schema) };
    case 'null':
    case 'boolean':
    case 'float':
    case 'double':
      return { kind: name };
    default:
      return { kind: 'string' };
  }
}

function logicalOfFixed(
  schema: Json,
  size: number,
): Extract<AvroType, { readonly kind: 'fixed' }>['logical'] {
  const { logicalType } = schema;
  if (logicalType === 'uuid' && size === 16) return { kind: 'uuid' };
  if (logicalType === 'duration' && size === 12) return { kind: 'duration' };
  return decimalOf(schema);
}

function decimalOf({ logicalType, precision, scale = 0 }: Json): AvroDecimal | undefined {
  const isDecimal =
    logicalType === 'decimal' &&
    typeof precision === 'number' &&
    typeof scale === 'number' &&
    Number.isInteger(scale) &&
    scale >= 0 &&
    scale <= precision;
  return isDecimal ? { kind: 'decimal', scale } : undefined;
}

function timeOf(schema: Json, times: Readonly<Record<string, AvroTime>>): AvroTime | undefined {
  const name = schema['logicalType'] ?? schema['connect.name'];
  return typeof name === 'string' && Object.hasOwn(times, name) ? times[name] : undefined;
}

const [milli, micro, nano] = [1000, 1_000_000, 1_000_000_000];

/** Logical types, and the names that Kafka Connect gives to what Debezium writes. */
const intTimes: Readonly<Record<string, AvroTime>> = {
  date: { kind: 'date' },
  'time-millis': { kind: 'time', perSecond: milli },
  'io.debezium.time.Date': { kind: 'date' },
  'io.debezium.time.Time': { kind: 'time', perSecond: milli },
};

/** A local time is taken to be UTC, as text without a zone is. */
const longTimes: Readonly<Record<string, AvroTime>> = {
  'time-micros': { kind: 'time', perSecond: micro },
  'timestamp-millis': { kind: 'timestamp', perSecond: milli },
  'timestamp-micros': { kind: 'timestamp', perSecond: micro },
  'timestamp-nanos': { kind: 'timestamp', perSecond: nano },
  'local-timestamp-millis': { kind: 'timestamp', perSecond: milli },
  'local-timestamp-micros': { kind: 'timestamp', perSecond: micro },
  'local-timestamp-nanos': { kind: 'timestamp', perSecond: nano },
  'io.debezium.time.MicroTime': { kind: 'time', perSecond: micro },
  'io.debezium.time.NanoTime': { kind: 'time', perSecond: nano },
  'io.debezium.time.Timestamp': { kind: 'timestamp', perSecond: milli },
  'io.debezium.time.MicroTimestamp': { kind: 'timestamp', perSecond: micro },
  'io.debezium.time.NanoTimestamp': { kind: 'timestamp', perSecond: nano },
};
