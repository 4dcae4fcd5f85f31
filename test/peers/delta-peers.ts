import { join } from 'node:path';
import { PythonPeer, pythonWith } from './python.ts';

/** Engines beside Helios that read Delta tables, in versions that work together. */
const requirements = [
  'deltalake==1.6.6',
  'duckdb==1.5.5',
  'duckdb-extension-delta==1.5.5',
  'pyarrow==26.0.1',
  'chdb==4.4.0',
];

export type DeltaReader = 'delta-rs' | 'duckdb' | 'clickhouse';
export const deltaReaders: readonly DeltaReader[] = ['delta-rs', 'duckdb', 'clickhouse'];

/** The Python that has them; undefined, with a printed reason, where there is none. */
export async function deltaPython(): Promise<string | undefined> {
  return await pythonWith(requirements);
}

export type PeerFacts = {
  readonly version: number;
  readonly transaction: number | null;
  readonly fileCount: number;
  /** Newest first. */
  readonly operations: readonly string[];
};

/** One process with all of them; questions are answered in order. */
export class DeltaPeers implements AsyncDisposable {
  readonly #peer: PythonPeer;

  /** With AWS_ENDPOINT_URL, AWS_REGION and a key in `environment`, paths may be s3://. */
  constructor(python: string, environment: NodeJS.ProcessEnv = {}) {
    const program = [join(import.meta.dirname, 'delta_peer.py')];
    this.#peer = new PythonPeer(python, program, environment);
  }

  /** Rows of a SELECT from `t`, the table at an absolute path or an s3:// URL. */
  async query(reader: DeltaReader, path: string, sql: string): Promise<readonly unknown[]> {
    return (await this.#peer.ask({ action: reader, path, sql })) as readonly unknown[];
  }

  /** What delta-rs says about a table. */
  async facts(path: string, appId: string): Promise<PeerFacts> {
    return (await this.#peer.ask({ action: 'facts', path, app_id: appId })) as PeerFacts;
  }

  /** Appends rows with delta-rs; `schema` has pyarrow's type functions by column. */
  async append(
    path: string,
    rows: readonly object[],
    schema: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#peer.ask({ action: 'append', path, rows, schema });
  }

  /** OPTIMIZE by delta-rs. */
  async compact(path: string): Promise<void> {
    await this.#peer.ask({ action: 'compact', path });
  }

  /** DELETE by delta-rs: it writes the files anew that hold such rows. */
  async delete(path: string, predicate: string): Promise<void> {
    await this.#peer.ask({ action: 'delete', path, predicate });
  }

  /** RESTORE by delta-rs. */
  async restore(path: string, version: number): Promise<void> {
    await this.#peer.ask({ action: 'restore', path, version });
  }

  /** Puts other rows and columns in the place of all. */
  async overwrite(
    path: string,
    rows: readonly object[],
    schema: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#peer.ask({ action: 'overwrite', path, rows, schema });
  }

  /** Has delta-rs write a checkpoint of the newest version. */
  async checkpoint(path: string): Promise<void> {
    await this.#peer.ask({ action: 'checkpoint', path });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer[Symbol.asyncDispose]();
  }
}
