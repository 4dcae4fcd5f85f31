import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { javaHome, mavenFolder } from './java.ts';
import { PythonPeer, pythonWith } from './python.ts';

const run = promisify(execFile);

const requirements = ['pyspark==4.0.1'];
const artifacts = [
  'io.delta:delta-spark_2.13:4.0.0',
  'io.delta:delta-storage:4.0.0',
  'org.antlr:antlr4-runtime:4.13.1',
];

/** What reads and writes s3a:// besides. */
const storeArtifacts = [
  'org.apache.hadoop:hadoop-aws:3.4.1',
  'software.amazon.awssdk:bundle:2.24.6',
];

export type SparkParts = {
  readonly python: string;
  readonly java: string;
  readonly jars: string;
};

/**
 * What Spark 4.0 with Delta 4.0 needs; undefined, with a printed reason, where that is not there.
 */
export async function sparkParts(
  reach: 'disk' | 'disk and S3' = 'disk',
): Promise<SparkParts | undefined> {
  const java = await javaHome(17, 21);
  if (java === undefined) return undefined;
  const python = await pythonWith(requirements);
  if (python === undefined) return undefined;
  const jars = await mavenFolder(reach === 'disk' ? artifacts : [...artifacts, ...storeArtifacts]);
  return jars === undefined ? undefined : { python, java, jars };
}

/** What the environment of a Spark has that puts no commit on a disk in the place of another's. */
export async function linkingCommits(
  { python, java, jars }: SparkParts,
  folder: string,
): Promise<NodeJS.ProcessEnv> {
  const where = 'import os, pyspark; print(os.path.dirname(pyspark.__file__))';
  const { stdout } = await run(python, ['-c', where]);
  const classes = `${join(stdout.trim(), 'jars')}/*:${jars}/*`;
  const source = join(import.meta.dirname, 'LinkingLogStore.java');
  await run(join(java, 'bin', 'javac'), ['-cp', classes, '-d', folder, source]);
  return { SPARK_CLASSES: folder, SPARK_LOG_STORE: 'LinkingLogStore' };
}

/** Spark in one process, on two threads; questions are answered in order. */
export class Spark implements AsyncDisposable {
  readonly #peer: PythonPeer;

  /**
   * `workFolder` is an existing folder for whatever Spark leaves behind. With AWS_ENDPOINT_URL,
   * AWS_REGION and a key in `environment`, paths may be s3a://.
   */
  constructor(parts: SparkParts, workFolder: string, environment: NodeJS.ProcessEnv = {}) {
    const script = join(import.meta.dirname, 'spark_peer.py');
    this.#peer = new PythonPeer(parts.python, [script, parts.jars, workFolder], {
      JAVA_HOME: parts.java,
      SPARK_LOCAL_IP: '127.0.0.1',
      TZ: 'UTC',
      ...environment,
    });
  }

  async versions(): Promise<string> {
    return (await this.#peer.ask({ action: 'versions' })) as string;
  }

  /** Rows of a SELECT from `t`, the table at an absolute path or s3a:// URL. */
  async query(path: string, sql: string): Promise<readonly unknown[]> {
    return (await this.#peer.ask({ action: 'query', path, sql })) as readonly unknown[];
  }

  /** Rows of a SELECT from `t`, the Parquet files at an absolute path. */
  async queryParquet(path: string, sql: string): Promise<readonly unknown[]> {
    const question = { action: 'query', path, sql, format: 'parquet' };
    return (await this.#peer.ask(question)) as readonly unknown[];
  }

  /** Runs a statement that writes; the table's name in it is TABLE. */
  async execute(path: string, sql: string): Promise<void> {
    await this.#peer.ask({ action: 'execute', path, sql });
  }

  /** Spark's types by column. */
  async types(path: string): Promise<Readonly<Record<string, string>>> {
    return (await this.#peer.ask({ action: 'types', path })) as Readonly<Record<string, string>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#peer.ask({ action: 'stop' });
    } finally {
      // Its JVM ends with it.
      await this.#peer[Symbol.asyncDispose]();
    }
  }
}
