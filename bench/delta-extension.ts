import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Connection, Engine } from '../src/engine/engine.ts';
import { notebookPython } from '../test/peers/notebook-python.ts';
import { storeEnvironment } from './object-store.ts';

const memoryBytes = 4 * 1024 ** 3;

/** DuckDB with its own Delta and HTTP extensions, that knows a store: the peer. */
export class DeltaScan implements Disposable {
  readonly #engine: Engine;
  readonly connection: Connection;

  private constructor(engine: Engine, connection: Connection) {
    this.#engine = engine;
    this.connection = connection;
  }

  /** A new one, which has read nothing yet. */
  static async open(
    extensions: readonly string[],
    { endpoint, tempDirectory }: { readonly endpoint: string; readonly tempDirectory: string },
  ): Promise<DeltaScan> {
    const engine = await Engine.open({
      threads: availableParallelism(),
      memoryBytes,
      tempDirectory,
    });
    const connection = await engine.connect();
    for (const path of extensions) await connection.execute(`LOAD '${path}'`);
    const [key, secret] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map(
      (name) => storeEnvironment[name],
    );
    await connection.execute(`CREATE SECRET (TYPE s3, KEY_ID '${key}', SECRET '${secret}',
      REGION 'us-east-1', ENDPOINT '${new URL(endpoint).host}', URL_STYLE 'path', USE_SSL false)`);
    return new DeltaScan(engine, connection);
  }

  [Symbol.dispose](): void {
    this.connection.close();
    this.#engine.close();
  }
}

/** The signed binaries, from wheels that have them. */
export async function deltaExtensions(): Promise<readonly string[]> {
  const python = await notebookPython();
  if (python === undefined) throw new Error("There is no Python for DuckDB's extensions.");
  const code = `import duckdb_extension_httpfs as h, duckdb_extension_delta as d
print(h.__path__[0]); print(d.__path__[0])`;
  const folders = execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim().split('\n');
  return folders.map((folder) => {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const name = names.find((one) => one.endsWith('.duckdb_extension'));
    if (name === undefined) throw new Error(`${folder} has no extension.`);
    return join(folder, name);
  });
}
