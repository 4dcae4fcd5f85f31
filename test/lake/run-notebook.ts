import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const peers: string = join(import.meta.dirname, '..', 'peers');

/**
 * Checks a notebook by nbformat and runs its cells in Jupyter's own kernel, in the notebook's
 * folder; gives what each cell showed, by the cell's id, `<image>` for a chart. Rejects with the
 * cell's own words when one fails.
 */
export async function runNotebook(
  python: string,
  file: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, string>>> {
  await using home = await duckdbHome(python);
  const { stdout } = await run(python, [join(peers, 'run_notebook.py'), file], {
    cwd: dirname(file),
    env: { ...process.env, HOME: home.folder, ...environment },
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Readonly<Record<string, string>>;
}

/** A home folder with DuckDB's extensions, which it would download otherwise. */
export async function duckdbHome(
  python: string,
): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'helios-duckdb-home-'));
  const env = { ...process.env, HOME: folder };
  await run(python, [join(peers, 'duckdb_home.py')], { env });
  return {
    folder,
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}
