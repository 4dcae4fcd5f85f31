import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBScalarFunction,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBVector,
  FLOAT,
  INTEGER,
  SMALLINT,
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
 * A value as functions outside of DuckDB see it: TIMESTAMP is microseconds since 1970, DECIMAL and
 * DATE are text, 64-bit integers and timestamps are bigint.
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
          this.#answer(input, output, result);
        } catch (thrown) {
          info.setError(thrown instanceof Error ? thrown.message : String(thrown));
        }
      },
    });
  }

  #answer(input: DuckDBDataChunk, output: DuckDBVector, result: ColumnType): void {
    const [ids, ...columns] = Array.from({ length: input.columnCount }, (_, index) =>
      input.getColumnVector(index),
    );
    const id = ids?.getItem(0);
    const site = typeof id === 'number' ? this.#sites.get(id) : undefined;
    if (site === undefined) throw new HeliosError('internal', 'A function is called that is gone.');
    const { rowCount } = input;
    for (let row = 0; row < rowCount; row++) {
      const value = site(columns.map((column) => plain(column.getItem(row))));
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
    default:
      return undefined;
  }
}

const signedTypes = { 8: TINYINT, 16: SMALLINT, 32: INTEGER, 64: BIGINT } as const;
const unsignedTypes = { 8: UTINYINT, 16: USMALLINT, 32: UINTEGER, 64: UBIGINT } as const;

function plain(value: DuckDBValue): PlainValue {
  if (value === null || typeof value !== 'object') return value;
  return value instanceof DuckDBTimestampTZValue ? value.micros : String(value);
}

function fromPlain(value: PlainValue, type: ColumnType): DuckDBValue {
  if (value === null) return value;
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
