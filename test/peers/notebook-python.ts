import { pythonWith } from './python.ts';

/** What somebody has who works with notebooks, and the extensions of DuckDB as signed binaries. */
const requirements = [
  'nbformat==5.11.1',
  'nbclient==0.11.0',
  'ipykernel==7.4.0',
  'matplotlib==3.11.2',
  'pandas==3.1.1',
  'pyarrow==26.0.1',
  'deltalake==1.6.6',
  'duckdb==1.5.5',
  'duckdb-extension-delta==1.5.5',
  'duckdb-extension-httpfs==1.5.5',
];

/** The Python that has them; undefined, with a printed reason, where there is none. */
export async function notebookPython(): Promise<string | undefined> {
  return await pythonWith(requirements);
}
