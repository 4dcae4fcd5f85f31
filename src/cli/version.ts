import { tmpdir } from 'node:os';
import type { CliContext } from './context.ts';

/** `helios 0.1.0 (Node v24.1.0, DuckDB v1.5.5)`. */
export async function versionLine(context: CliContext): Promise<string> {
  return `helios ${context.version} (Node ${process.version}, DuckDB ${await duckdbVersion()})`;
}

/** Loads DuckDB and asks it. Throws what loading throws. */
export async function duckdbVersion(): Promise<string> {
  // Loaded here because most commands talk to a running Helios and need no engine of their own.
  const { Engine } = await import('../engine/engine.ts');
  const engine = await Engine.open({
    threads: 1,
    memoryBytes: 64 * 1024 * 1024,
    tempDirectory: tmpdir(),
  });
  try {
    await using connection = await engine.connect();
    const [row] = await connection.rows('SELECT version() AS version');
    return String(row?.['version']);
  } finally {
    engine.close();
  }
}
