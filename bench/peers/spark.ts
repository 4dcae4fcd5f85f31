import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { javaHome, mavenFolder } from '../../test/peers/java.ts';
import { pythonWith } from '../../test/peers/python.ts';
import { eventColumns } from '../data.ts';
import { type Contender, type PeerProgram, runPeer, type Task } from './contender.ts';

const requirements = ['pyspark==4.0.1'];
const artifacts = [
  'io.delta:delta-spark_2.13:4.0.0',
  'io.delta:delta-storage:4.0.0',
  'org.antlr:antlr4-runtime:4.13.1',
  'org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.1',
  // That of 4.0.1 is not on Maven Central.
  'org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.0.0',
  'org.apache.kafka:kafka-clients:3.9.1',
  'org.apache.commons:commons-pool2:2.12.0',
];

/**
 * Structured Streaming with Delta, local[2], the trigger AvailableNow: one batch, no shuffle.
 * Undefined, with a printed reason, where it can't be had.
 */
export async function sparkContender(task: Task): Promise<Contender | undefined> {
  const program = await sparkProgram('spark_kafka.py');
  if (program === undefined) return undefined;
  const columns = eventColumns
    .map(([name, type]) => `${name} ${type === 'TEXT' ? 'STRING' : type}`)
    .join(', ');
  return {
    name: 'Spark 4.0.1',
    difference: '',
    run: async (folder) => {
      const table = join(folder, 'table');
      const work = join(folder, 'work');
      mkdirSync(work, { recursive: true });
      const { bootstrap, topic, filter } = task;
      const peer = program([work, bootstrap, topic, columns, filter, table]);
      const cost = await runPeer(peer, task.brokerPid);
      return { ...cost, rows: `read_parquet([${addedFiles(table).join(', ')}])` };
    },
  };
}

/**
 * How a Python file of this folder is run with Spark, the folder of jars its first word; undefined,
 * with a printed reason, where Java, Python or Spark can't be had.
 */
export async function sparkProgram(
  file: string,
): Promise<((words: readonly string[]) => PeerProgram) | undefined> {
  const java = await javaHome(17, 21);
  const python = java === undefined ? undefined : await pythonWith(requirements);
  const jars = python === undefined ? undefined : await mavenFolder(artifacts);
  if (java === undefined || python === undefined || jars === undefined) return undefined;
  const environment = { JAVA_HOME: java, SPARK_LOCAL_IP: '127.0.0.1', TZ: 'UTC' };
  const script = join(import.meta.dirname, file);
  return (words) => ({ command: python, parameters: ['-u', script, jars, ...words], environment });
}

/** Quoted paths of the files that a Delta table's commits have added; nothing removes any. */
export function addedFiles(table: string): readonly string[] {
  const log = join(table, '_delta_log');
  const commits = readdirSync(log).filter((name) => name.endsWith('.json'));
  return commits
    .flatMap((name) => readFileSync(join(log, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly add?: { readonly path: string } })
    .flatMap(({ add }) => (add === undefined ? [] : [`'${join(table, add.path)}'`]));
}
