import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import type { Column } from '../event/schema.ts';
import { duckdbFailure } from './failure.ts';
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

/**
 * One DuckDB instance in UTC. Its work runs on native threads; JavaScript only sends SQL and sees
 * small results. Connections are cheap, and one connection runs one statement at a time.
 */
export class Engine {
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
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
    const engine = new Engine(instance);
    await using connection = await engine.connect();
    await connection.execute("SET GLOBAL TimeZone = 'UTC'");
    await connection.execute('SET GLOBAL errors_as_json = true');
    return engine;
  }

  async connect(): Promise<Connection> {
    return new Connection(await this.#instance.connect());
  }

  close(): void {
    this.#instance.closeSync();
  }
}

export class Connection implements AsyncDisposable {
  readonly #connection: DuckDBConnection;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** Runs one statement, or several separated by semicolons, for their effect. */
  async execute(sql: string): Promise<void> {
    try {
      await this.#connection.run(sql);
    } catch (thrown) {
      throw duckdbFailure(thrown, sql);
    }
  }

  /**
   * Runs one statement and gives all its rows: for small results only. `$1`… are bound in order.
   */
  async rows(sql: string, values?: readonly DuckDBValue[]): Promise<readonly Row[]> {
    try {
      const reader = await this.#connection.runAndReadAll(sql, values ? [...values] : undefined);
      return reader.getRowObjectsJson();
    } catch (thrown) {
      throw duckdbFailure(thrown, sql);
    }
  }

  /** Columns that a SELECT would yield, without running it. */
  async describe(select: string): Promise<readonly Column[]> {
    const rows = await this.rows(`DESCRIBE ${select}`);
    return rows.map((row) => ({
      name: String(row['column_name']),
      type: parseDuckdbType(String(row['column_type'])),
    }));
  }

  /** Makes the running statement fail with `cancelled`, within milliseconds for most work. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  close(): void {
    this.#connection.closeSync();
  }
}
