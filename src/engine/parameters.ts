import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  SQLNULL,
  VARCHAR,
} from '@duckdb/node-api';
import { HeliosError } from '../base/errors.ts';

/**
 * Values of a statement's parameters: a list for `$1`…, an object for `$name`. JSON scalars only.
 */
export type Parameters = readonly unknown[] | Readonly<Record<string, unknown>>;

export type BoundParameters =
  /** A statement without parameters is run at once instead of prepared first. */
  | { readonly values: undefined; readonly types: undefined }
  | { readonly values: DuckDBValue[]; readonly types: DuckDBType[] }
  | { readonly values: Record<string, DuckDBValue>; readonly types: Record<string, DuckDBType> };

/**
 * Gives each value the narrowest type that holds it exactly; `invalid_request` for what is no
 * scalar.
 */
export function bindParameters(parameters: Parameters): BoundParameters {
  if (Object.keys(parameters).length === 0) return { values: undefined, types: undefined };
  if (isList(parameters)) {
    const bound = parameters.map((value, index) => bindOne(String(index + 1), value));
    return { values: bound.map(([value]) => value), types: bound.map(([, type]) => type) };
  }
  const values: Record<string, DuckDBValue> = {};
  const types: Record<string, DuckDBType> = {};
  for (const [name, value] of Object.entries(parameters)) {
    [values[name], types[name]] = bindOne(name, value);
  }
  return { values, types };
}

function isList(parameters: Parameters): parameters is readonly unknown[] {
  return Array.isArray(parameters);
}

function bindOne(name: string, value: unknown): readonly [DuckDBValue, DuckDBType] {
  if (value === null) return [null, SQLNULL];
  if (typeof value === 'string') return [wellFormed(name, value), VARCHAR];
  if (typeof value === 'boolean') return [value, BOOLEAN];
  if (typeof value === 'number') return bindNumber(name, value);
  throw new HeliosError(
    'invalid_request',
    `The parameter $${name} is ${Array.isArray(value) ? 'a list' : `an ${typeof value}`}.`,
    { hint: 'Parameters are texts, numbers, true, false or null. Pass JSON as text and cast it.' },
  );
}

function wellFormed(name: string, text: string): string {
  if (text.isWellFormed()) return text;
  throw new HeliosError('invalid_request', `The parameter $${name} has half of a surrogate pair.`);
}

/** From here on a JSON number may be a whole number that lost its last digits on the way. */
const roundedMin = Number.MAX_SAFE_INTEGER + 1;
/** From here on JSON writers use an exponent: who writes so means a double. */
const exponentMin = 1e21;

function bindNumber(name: string, value: number): readonly [DuckDBValue, DuckDBType] {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size >= roundedMin && size < exponentMin) {
    throw new HeliosError(
      'invalid_request',
      `The parameter $${name} is a whole number beyond 2^53, whose last digits JSON may lose.`,
      { hint: `Pass it as text, and write $${name}::BIGINT, ::HUGEINT or ::DOUBLE in the SQL.` },
    );
  }
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return [value, DOUBLE];
  return Math.abs(value) < 2 ** 31 ? [value, INTEGER] : [BigInt(value), BIGINT];
}
