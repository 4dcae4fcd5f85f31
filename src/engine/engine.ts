import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBValue,
} from '@duckdb/node-api';
import { HeliosError } from '../base/errors.ts';
import type { Column } from '../event/schema.ts';
import { appendRows, type NewColumn } from './append-rows.ts';
import {
  type Calls,
  type CallSite,
  CallSites,
  type RegisteredCall,
  settled,
  type Signature,
} from './calls.ts';
import { duckdbFailure } from './failure.ts';
import { bindParameters, type Parameters } from './parameters.ts';
import { parseDuckdbType } from './types.ts';

export type EngineOptions = {
  readonly threads: number;
  readonly memoryBytes: number;
  /** Where DuckDB may spill; the engine's own folder. */
  readonly tempDirectory: string;
};

/** Values that a row of `rows()` holds: 64-bit integers and decimals are exact text. */
export type Cell =
  | string
  | number
  | boolean
  | null
  | readonly Cell[]
  | { readonly [key: string]: Cell };
export type Row = Readonly<Record<string, Cell>>;

/** A column of a result; `typeText` is DuckDB's, such as `DECIMAL(18,3)`. */
export type ResultColumn = { readonly name: string; readonly typeText: string };

/**
 * One DuckDB instance in UTC. Its work runs on native threads; JavaScript only sends SQL and sees
 * small results. Connections are cheap, and one connection runs one statement at a time.
 */
export class Engine {
  readonly #instance: DuckDBInstance;
  readonly #callSites = new CallSites();
  /** What DuckDB may take. */
  readonly memoryBytes: number;

  private constructor(instance: DuckDBInstance, memoryBytes: number) {
    this.#instance = instance;
    this.memoryBytes = memoryBytes;
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      memory_limit: `${Math.floor(options.memoryBytes / 1024)}KiB`,
      temp_directory: options.tempDirectory,
      allow_persistent_secrets: 'false',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const engine = new Engine(instance, options.memoryBytes);
    await using connection = await engine.connect();
    await connection.execute("SET GLOBAL TimeZone = 'UTC'");
    await connection.execute('SET GLOBAL errors_as_json = true');
    return engine;
  }

  async connect(): Promise<Connection> {
    return new Connection(await this.#instance.connect(), this.#callSites);
  }

  close(): void {
    this.#instance.closeSync();
  }
}

export class Connection implements AsyncDisposable {
  readonly #connection: DuckDBConnection;
  readonly #callSites: CallSites;
  #calls: Calls | undefined;
  #ownSites: readonly RegisteredCall[] = [];

  constructor(connection: DuckDBConnection, callSites: CallSites) {
    this.#connection = connection;
    this.#callSites = callSites;
  }

  /**
   * From now on, statements of this connection may call these functions, which are given in their
   * order. `calls` closes with the connection.
   */
  callOut(
    calls: Calls,
    functions: readonly { readonly signature: Signature; readonly site: CallSite }[],
  ): readonly RegisteredCall[] {
    this.#dropCalls();
    this.#calls = calls;
    this.#ownSites = functions.map(({ signature, site }) =>
      this.#callSites.add(this.#connection, signature, site),
    );
    return this.#ownSites;
  }

  async #attempt<Result>(sql: string, statement: () => Promise<Result>): Promise<Result> {
    const attempt = async (): Promise<Result> => {
      try {
        return await statement();
      } catch (thrown) {
        throw duckdbFailure(thrown, sql);
      }
    };
    if (this.#calls === undefined) return await attempt();
    return await settled(this.#connection, this.#calls, attempt);
  }

  #dropCalls(): void {
    this.#calls?.close();
    this.#calls = undefined;
    for (const site of this.#ownSites) this.#callSites.remove(site);
  }

  /** Runs one statement, or several separated by semicolons, for their effect. */
  async execute(sql: string): Promise<void> {
    await this.#attempt(sql, async () => {
      await this.#connection.run(sql);
    });
  }

  /**
   * Runs one statement and gives all its rows: for small results only. `$1`… are bound in order.
   */
  async rows(sql: string, values?: readonly DuckDBValue[]): Promise<readonly Row[]> {
    return await this.#attempt(sql, async () => {
      const reader = await this.#connection.runAndReadAll(sql, values ? [...values] : undefined);
      return reader.getRowObjectsJson();
    });
  }

  /** As `rows`, by column, for many rows of texts, booleans and numbers of at most 32 bits. */
  async columns(sql: string): Promise<readonly (readonly DuckDBValue[])[]> {
    return await this.#attempt(sql, async () => {
      return (await this.#connection.runAndReadAll(sql)).getColumns();
    });
  }

  /** Appends `rowCount` rows to a table, by its bare name; its columns are of these types. */
  async append(table: string, rowCount: number, columns: readonly NewColumn[]): Promise<void> {
    try {
      await appendRows(this.#connection, table, rowCount, columns);
    } catch (thrown) {
      throw duckdbFailure(thrown, '');
    }
  }

  /** Columns that a SELECT would yield, without running it. */
  async describe(select: string): Promise<readonly Column[]> {
    const describe = 'DESCRIBE ';
    try {
      const reader = await this.#connection.runAndReadAll(`${describe}${select}`);
      return reader.getRowObjectsJson().map((row) => ({
        name: String(row['column_name']),
        type: parseDuckdbType(String(row['column_type'])),
      }));
    } catch (thrown) {
      throw thrown instanceof HeliosError ? thrown : duckdbFailure(thrown, select, describe);
    }
  }

  /**
   * Runs one statement with its parameters bound; gives how many rows it says it wrote or changed.
   */
  async run(sql: string, parameters: Parameters): Promise<number> {
    const { values, types } = bindParameters(parameters);
    return await this.#attempt(sql, async () => {
      const reader = await this.#connection.runAndReadAll(sql, values, types);
      return Number(reader.getRows()[0]?.[0] ?? 0);
    });
  }

  /** As `rows`, with parameters as a person gives them. */
  async rowsWith(sql: string, parameters: Parameters): Promise<readonly Row[]> {
    const { values, types } = bindParameters(parameters);
    return await this.#attempt(sql, async () => {
      return (await this.#connection.runAndReadAll(sql, values, types)).getRowObjectsJson();
    });
  }

  /**
   * Names and DuckDB's type texts of what a statement gives, by running it: only for one that is
   * cheap, such as a SELECT with LIMIT 0. Unlike a prepared statement it knows the types of
   * parameters.
   */
  async resultColumns(sql: string, parameters: Parameters): Promise<readonly ResultColumn[]> {
    const { values, types } = bindParameters(parameters);
    try {
      const reader = await this.#connection.runAndReadAll(sql, values, types);
      const columnTypes = reader.columnTypes();
      return reader.columnNames().map((name, index) => ({
        name,
        // JSON is VARCHAR under an alias.
        typeText: columnTypes[index]?.alias ?? String(columnTypes[index]),
      }));
    } catch (thrown) {
      throw duckdbFailure(thrown, sql);
    }
  }

  /** The rows of one statement, a chunk (at most 2048 rows) at a time, as they are made. */
  async *chunks(sql: string, parameters: Parameters): AsyncGenerator<DuckDBDataChunk> {
    const { values, types } = bindParameters(parameters);
    try {
      const result = await this.#connection.stream(sql, values, types);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk;
      }
    } catch (thrown) {
      throw duckdbFailure(thrown, sql);
    }
  }

  /**
   * How far the running statement is, once `enable_progress_bar` is on. `percent` may stand still
   * for long at 100: never show it without the rows.
   */
  progress(): { readonly rowsRead: number; readonly percent: number | undefined } {
    const { percentage, rows_processed: rowsRead } = this.#connection.progress;
    return { rowsRead: Number(rowsRead), percent: percentage < 0 ? undefined : percentage };
  }

  /** Makes the running statement fail with `cancelled`, within milliseconds for most work. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  close(): void {
    this.#dropCalls();
    this.#connection.closeSync();
  }
}
