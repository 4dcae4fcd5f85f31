import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, Engine } from '../src/engine/engine.ts';

/** Folder in the system's temporary one that all benchmarks share. */
export const temporaryRoot = 'helios-bench';

const engineBytes = 4 * 1024 ** 3;

/** A folder of one benchmark, empty, removed at the end. */
export class Workspace implements Disposable {
  readonly path: string;

  constructor(name: string) {
    const root = join(tmpdir(), temporaryRoot);
    mkdirSync(root, { recursive: true });
    this.path = mkdtempSync(join(root, `${name}-`));
  }

  inside(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** DuckDB in this process with as many threads as Helios uses: a peer, and who makes the data. */
export class BenchEngine implements Disposable {
  readonly #engine: Engine;
  readonly connection: Connection;

  constructor(engine: Engine, connection: Connection) {
    this.#engine = engine;
    this.connection = connection;
  }

  [Symbol.dispose](): void {
    this.connection.close();
    this.#engine.close();
  }
}

export async function openEngine(): Promise<BenchEngine> {
  const tempDirectory = join(tmpdir(), temporaryRoot, 'engine');
  mkdirSync(tempDirectory, { recursive: true });
  const engine = await Engine.open({
    threads: availableParallelism(),
    memoryBytes: engineBytes,
    tempDirectory,
  });
  return new BenchEngine(engine, await engine.connect());
}
