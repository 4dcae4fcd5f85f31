import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { javaHome, mavenFolder } from '../../test/peers/java.ts';
import { eventColumns } from '../data.ts';
import { type Contender, type PeerProgram, runPeer, type Task } from './contender.ts';

const artifacts = [
  'org.apache.flink:flink-clients:2.2.0',
  'org.apache.flink:flink-table-api-java-bridge:2.2.0',
  'org.apache.flink:flink-table-planner-loader:2.2.0',
  'org.apache.flink:flink-table-runtime:2.2.0',
  'org.apache.flink:flink-connector-files:2.2.0',
  'org.apache.flink:flink-json:2.2.0',
  'org.apache.flink:flink-parquet:2.2.0',
  'org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2',
  // Parquet's writer wants classes of Hadoop's.
  'org.apache.hadoop:hadoop-client-api:3.4.2',
  'org.apache.hadoop:hadoop-client-runtime:3.4.2',
];
const heapOption = '-Xmx4g';
const opened = ['java.lang', 'java.util', 'java.time'];

/**
 * Flink's SQL in one process, with a parallelism of 2. Undefined, with a printed reason, where it
 * can't be had.
 */
export async function flinkContender(task: Task): Promise<Contender | undefined> {
  const program = await flinkProgram('FlinkKafka.java');
  if (program === undefined) return undefined;
  const columns = eventColumns.map(([name, type]) => `\`${name}\` ${flinkType(type)}`).join(', ');
  return {
    name: 'Flink 2.2.0',
    difference: "it writes Parquet alone, as there is no connector of Delta's for Flink 2",
    run: async (folder) => {
      mkdirSync(folder, { recursive: true });
      const { bootstrap, topic, filter } = task;
      const peer = program([bootstrap, topic, columns, filter, folder]);
      const cost = await runPeer(peer, task.brokerPid);
      // Files that are not committed have names that begin with a dot.
      return { ...cost, rows: `read_parquet('${folder}/part-*')` };
    },
  };
}

/**
 * How a Java file of this folder is run with Flink; undefined, with a printed reason, where Java
 * or Flink can't be had.
 */
export async function flinkProgram(
  file: string,
): Promise<((words: readonly string[]) => PeerProgram) | undefined> {
  const java = await javaHome(17, 21);
  const jars = java === undefined ? undefined : await mavenFolder(artifacts, 'with dependencies');
  if (java === undefined || jars === undefined) return undefined;
  const opens = opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);
  const source = join(import.meta.dirname, file);
  return (words) => ({
    command: join(java, 'bin', 'java'),
    parameters: [heapOption, ...opens, '-cp', join(jars, '*'), source, ...words],
  });
}

function flinkType(type: string): string {
  switch (type) {
    case 'TEXT':
      return 'STRING';
    case 'TIMESTAMP':
      // Its plain TIMESTAMP takes no text with a zone.
      return 'TIMESTAMP_LTZ(3)';
    default:
      return type;
  }
}
