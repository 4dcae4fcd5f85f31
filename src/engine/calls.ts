import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBBlobValue,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBScalarFunction,
  DuckDBStructValue,
  DuckDBTimeValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBVector,
  FLOAT,
  INTEGER,
  INTERVAL,
  LIST,
  SMALLINT,
  STRUCT,
  TIME,
  TIMESTAMPTZ,
  TINYINT,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import { HeliosError } from '../base/errors.ts';
import type { ColumnType } from '../event/schema.ts';
import { quoteName } from './types.ts';

/**
 * A value as functions outside of DuckDB see it: TIMESTAMP is microseconds since 1970, DECIMAL,
 * DATE and TIME are text, 64-bit integers and timestamps are bigint, bytes are text in base 16.
 * Lists, structs and intervals are JSON text of arrays: of the values, those of the fields in their
 * order, months with days and microseconds; in them bigints, and numbers that JSON has not, are
 * text.
 */
export type PlainValue = string | number | bigint | boolean | null;

export type Signature = {
  readonly name: string;
  readonly parameters: readonly ColumnType[];
  readonly result: ColumnType;
};

/**
 * Gives a function's value for arguments from what it knows; throws what is said of a record on
 * which the function fails. Of arguments that it doesn't know it takes note, and gives null.
 */
export type CallSite = (values: readonly PlainValue[]) => PlainValue;

/** The functions that a connection's statements call, which are answered somewhere else. */
export type Calls = {
  /** A statement begins. */
  readonly begin: () => void;
  /** Whether it was asked for values that it didn't know: what the statement gave is nothing. */
  readonly hasOpen: () => boolean;
  /** Finds those values out. */
  readonly settle: () => Promise<void>;
  readonly close: () => void;
};

/** A function as one connection calls it. */
export type RegisteredCall = {
  readonly id: number;
  /** SQL of a call, of the SQL of its arguments. */
  readonly sql: (values: readonly string[]) => string;
};

/**
 * DuckDB's scalar functions that ask a call site: one for each name and signature, of an instance,
 * told by their first argument which site. DuckDB calls them from its own threads, which wait for
 * the event loop; so nothing may run a statement in the event loop itself, and no call may wait.
 */
export class CallSites {
  readonly #sites = new Map<number, CallSite>();
  readonly #registered = new Map<string, string>();
  #count = 0;

  /** Gives a call's SQL, of its arguments' SQL. */
  add(connection: DuckDBConnection, signature: Signature, site: CallSite): RegisteredCall {
    const key = JSON.stringify(signature);
    let name = this.#registered.get(key);
    if (name === undefined) {
      name = `__helios_call_${this.#registered.size}_${signature.name}`;
      connection.registerScalarFunction(this.#scalarFunction(name, signature));
      this.#registered.set(key, name);
    }
    const id = this.#count++;
    this.#sites.set(id, site);
    const opening = quoteName(name);
    return { id, sql: (values) => `${opening}(${[idText(id, values[0]), ...values].join(', ')})` };
  }

  remove({ id }: RegisteredCall): void {
    this.#sites.delete(id);
  }

  #scalarFunction(name: string, { parameters, result }: Signature): DuckDBScalarFunction {
    return DuckDBScalarFunction.create({
      name,
      parameterTypes: [INTEGER, ...parameters.map((type) => callType(type) ?? VARCHAR)],
      returnType: callType(result) ?? VARCHAR,
      specialHandling: true,
      mainFunction: (info, input, output) => {
        try {
          this.#answer(input, output, { parameters, result });
        } catch (thrown) {
          info.setError(thrown instanceof Error ? thrown.message : String(thrown));
        }
      },
    });
  }

  #answer(
    input: DuckDBDataChunk,
    output: DuckDBVector,
    { parameters, result }: Pick<Signature, 'parameters' | 'result'>,
  ): void {
    const [ids, ...columns] = Array.from({ length: input.columnCount }, (_, index) =>
      input.getColumnVector(index),
    );
    const id = ids?.getItem(0);
    const site = typeof id === 'number' ? this.#sites.get(id) : undefined;
    if (site === undefined) throw new HeliosError('internal', 'A function is called that is gone.');
    const { rowCount } = input;
    for (let row = 0; row < rowCount; row++) {
      const value = site(columns.map((column, at) => plain(column.getItem(row), parameters[at])));
      output.setItem(row, fromPlain(value, result));
    }
    output.flush();
  }
}

/**
 * DuckDB has no way to hear that a function may fail, and would move a filter with it in front of
 * others that drop the rows it fails on. A cast of what is no constant may fail as far as DuckDB
 * knows.
 */
function idText(id: number, value: string | undefined): string {
  if (value === undefined) return `${id}::INTEGER`;
  return `CAST(CASE WHEN ${value} IS NULL THEN '0${id}' ELSE '${id}' END AS INTEGER)`;
}

/** A function whose arguments differ each time it is asked would never be answered. */
const passesMax = 32;

/**
 * Runs a statement as often as it takes until all values are known that it asks for: each time
 * but the last it is undone.
 */
export async function settled<Result>(
  connection: DuckDBConnection,
  calls: Calls,
  statement: () => Promise<Result>,
): Promise<Result> {
  calls.begin();
  for (let pass = 0; pass < passesMax; pass++) {
    await connection.run('BEGIN TRANSACTION');
    try {
      const result = await statement();
      if (!calls.hasOpen()) {
        await connection.run('COMMIT');
        return result;
      }
      await connection.run('ROLLBACK');
    } catch (thrown) {
      await connection.run('ROLLBACK');
      // What failed may have failed on a value that isn't known yet.
      if (!calls.hasOpen() || !isOfValues(thrown)) throw thrown;
    }
    await calls.settle();
  }
  throw new HeliosError('invalid_sql', 'A function is called with values that change each time.', {
    hint: 'Leave random(), uuid(), now() and the like out of the arguments of your functions.',
  });
}

function isOfValues(thrown: unknown): boolean {
  return (
    thrown instanceof HeliosError &&
    (thrown.code === 'query_failed' || thrown.code === 'invalid_sql')
  );
}

function callType(type: ColumnType): DuckDBType | undefined {
  switch (type.kind) {
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return type.isUnsigned ? unsignedTypes[type.bits] : signedTypes[type.bits];
    case 'float':
      return type.bits === 32 ? FLOAT : DOUBLE;
    case 'decimal':
      return DECIMAL(type.precision, type.scale);
    case 'text':
    case 'json':
      return VARCHAR;
    case 'date':
      return DATE;
    case 'timestamp':
      return type.isLocal === true ? undefined : TIMESTAMPTZ;
    case 'bytes':
      return BLOB;
    case 'time':
      return TIME;
    case 'interval':
      return INTERVAL;
    case 'list':
      return LIST(callType(type.element) ?? VARCHAR);
    case 'struct':
      return STRUCT(
        Object.fromEntries(type.fields.map((one) => [one.name, callType(one.type) ?? VARCHAR])),
      );
    default:
      return undefined;
  }
}

const signedTypes = { 8: TINYINT, 16: SMALLINT, 32: INTEGER, 64: BIGINT } as const;
const unsignedTypes = { 8: UTINYINT, 16: USMALLINT, 32: UINTEGER, 64: UBIGINT } as const;

function plain(value: DuckDBValue, type: ColumnType | undefined): PlainValue {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex');
  const isPart = type?.kind === 'list' || type?.kind === 'struct' || type?.kind === 'interval';
  return isPart ? JSON.stringify(partOf(value, type)) : String(value);
}

type Part = string | number | boolean | null | readonly Part[];

function partOf(value: DuckDBValue, type: ColumnType): Part {
  if (value instanceof DuckDBListValue && type.kind === 'list') {
    return value.items.map((item) => partOf(item, type.element));
  }
  if (value instanceof DuckDBStructValue && type.kind === 'struct') {
    return type.fields.map((one) => partOf(value.entries[one.name] ?? null, one.type));
  }
  if (value instanceof DuckDBIntervalValue) {
    return [value.months, value.days, String(value.micros)];
  }
  const scalar = plain(value, type);
  if (typeof scalar === 'bigint') return String(scalar);
  const isOdd = typeof scalar === 'number' && (!Number.isFinite(scalar) || Object.is(scalar, -0));
  if (!isOdd) return scalar;
  return Object.is(scalar, -0) ? '-0' : String(scalar);
}

/** Part of the JSON of a value, as DuckDB takes it. */
function fromPart(value: unknown, type: ColumnType): DuckDBValue {
  if (value === null) return null;
  const parts: readonly unknown[] = Array.isArray(value) ? value : [];
  switch (type.kind) {
    case 'list':
      return new DuckDBListValue(parts.map((part) => fromPart(part, type.element)));
    case 'struct':
      return new DuckDBStructValue(
        Object.fromEntries(
          type.fields.map((one, index) => [one.name, fromPart(parts[index] ?? null, one.type)]),
        ),
      );
    case 'interval': {
      const [months, days, micros] = parts;
      return new DuckDBIntervalValue(Number(months), Number(days), BigInt(String(micros)));
    }
    case 'integer':
      return type.bits === 64 ? BigInt(String(value)) : Number(value);
    case 'float':
      return Number(value);
    case 'boolean':
      return value === true;
    default:
      return fromPlain(String(value), type);
  }
}

/** Microseconds since midnight. */
function timeMicros(text: string): bigint {
  const [, hours, minutes, seconds, fraction = ''] =
    /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

function fromPlain(value: PlainValue, type: ColumnType): DuckDBValue {
  if (value === null) return value;
  if (type.kind === 'list' || type.kind === 'struct' || type.kind === 'interval') {
    return fromPart(JSON.parse(String(value)), type);
  }
  if (type.kind === 'bytes') return new DuckDBBlobValue(Buffer.from(String(value), 'hex'));
  if (type.kind === 'time') return new DuckDBTimeValue(timeMicros(String(value)));
  if (type.kind === 'timestamp') return new DuckDBTimestampTZValue(BigInt(value));
  if (type.kind === 'date') {
    const [year = 0, month = 0, day = 0] = String(value).split('-').map(Number);
    return DuckDBDateValue.fromParts({ year, month, day });
  }
  if (type.kind !== 'decimal') return value;
  const [whole = '', fraction = ''] = String(value).split('.');
  const digits = BigInt(whole + fraction.padEnd(type.scale, '0'));
  return new DuckDBDecimalValue(digits, type.precision, type.scale);
}
