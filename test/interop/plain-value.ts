import type { ColumnType } from '../../src/event/schema.ts';

/**
 * The form in which values of all engines are compared, the one of test/peers/plain_values.py:
 * bytes in hexadecimal digits, instants with six digits, decimals and large integers as text.
 */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [name: string]: Plain };

/** A value of Helios's JSON results. */
export function heliosValue(type: ColumnType, value: unknown): Plain {
  return converted(type, value, heliosScalar);
}

/** A value of Trino's JSON results. */
export function trinoValue(type: ColumnType, value: unknown): Plain {
  return converted(type, value, trinoScalar);
}

/** What ClickHouse makes of it: it has no NULL for lists, structs and maps. */
export function withoutNullNests(type: ColumnType, value: Plain): Plain {
  if (type.kind === 'list') {
    const list = Array.isArray(value) ? value : [];
    return list.map((each: Plain) => withoutNullNests(type.element, each));
  }
  if (type.kind === 'struct') {
    const struct = isObject(value) ? value : {};
    const entries = type.fields.map(({ name, type: fieldType }) => [
      name,
      withoutNullNests(fieldType, struct[name] ?? null),
    ]);
    return Object.fromEntries(entries) as Plain;
  }
  return type.kind === 'map' ? (value ?? {}) : value;
}

/** What an engine makes of it that rounds instants to milliseconds, as Trino does. */
export function toMilliseconds(type: ColumnType, value: Plain): Plain {
  return converted(type, value, (scalar, each) =>
    scalar.kind === 'timestamp' ? rounded(String(each)) : (each as Plain),
  );
}

function rounded(instantText: string): string {
  const [, milliseconds = '', rest = ''] = /^(.*)(\d{3})Z$/.exec(instantText) ?? [];
  const carry = Number(rest) >= 500 ? 1 : 0;
  return new Date(Date.parse(`${milliseconds}Z`) + carry).toISOString().replace('Z', '000Z');
}

type Scalar = (type: ColumnType, value: unknown) => Plain;

function converted(type: ColumnType, value: unknown, scalar: Scalar): Plain {
  if (value === null || value === undefined) return null;
  if (type.kind === 'list' && Array.isArray(value)) {
    return value.map((each) => converted(type.element, each, scalar));
  }
  if (type.kind === 'struct' && isObject(value)) {
    // Trino's structs are lists: their names are in the type only.
    const values = Array.isArray(value) ? value : type.fields.map(({ name }) => value[name]);
    const entries = type.fields.map((field, index) => [
      field.name,
      converted(field.type, values[index], scalar),
    ]);
    return Object.fromEntries(entries) as Plain;
  }
  if (type.kind === 'map' && isObject(value)) {
    const entries = Object.entries(value).map(([key, each]) => [
      key,
      converted(type.value, each, scalar),
    ]);
    return Object.fromEntries(entries) as Plain;
  }
  return scalar(type, value);
}

function heliosScalar(type: ColumnType, value: unknown): Plain {
  if (type.kind === 'timestamp') return instant(String(value).replace('Z', ''));
  return commonScalar(type, value);
}

function trinoScalar(type: ColumnType, value: unknown): Plain {
  if (type.kind === 'timestamp')
    return instant(String(value).replace(' UTC', '').replace(' ', 'T'));
  return commonScalar(type, value);
}

function commonScalar(type: ColumnType, value: unknown): Plain {
  switch (type.kind) {
    case 'integer': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    case 'float': {
      const number = Number(value);
      if (Number.isFinite(number)) return number;
      return Number.isNaN(number) ? 'nan' : `${number < 0 ? '-' : ''}inf`;
    }
    case 'bytes':
      return Buffer.from(String(value), 'base64').toString('hex');
    case 'boolean':
      return value === true;
    default:
      return String(value);
  }
}

/** `text` is an instant without its zone, and with a fraction of any length. */
function instant(text: string): string {
  const [seconds = '', fraction = ''] = text.split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}Z`;
}

function isObject(value: unknown): value is Readonly<Record<string, Plain>> & object {
  return typeof value === 'object' && value !== null;
}
