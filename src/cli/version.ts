import { duckdbVersion } from '../doctor/duckdb-version.ts';
import type { CliContext } from './context.ts';

/** `helios 0.1.0 (Node v24.1.0, DuckDB v1.5.5)`. */
export async function versionLine(context: CliContext): Promise<string> {
  return `helios ${context.version} (Node ${process.version}, DuckDB ${await duckdbVersion()})`;
}
