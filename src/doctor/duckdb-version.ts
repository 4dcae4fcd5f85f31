import { tmpdir } from 'node:os';

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
