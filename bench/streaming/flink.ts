import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPeer } from '../peers/contender.ts';
import { flinkProgram } from '../peers/flink.ts';
import type { Place, StreamContender } from './contender.ts';
import type { ColumnKind, StreamQuery } from './query.ts';

const types: Readonly<Record<ColumnKind, string>> = {
  text: 'STRING',
  integer: 'BIGINT',
  decimal: 'DECIMAL(23, 3)',
  time: 'TIMESTAMP_LTZ(3)',
};

/**
 * Flink's SQL with windows as table functions, state on the heap and a checkpoint every 5 seconds,
 * into Parquet. Undefined, with a printed reason, where it can't be had.
 */
export async function flinkStreams(place: Place): Promise<StreamContender | undefined> {
  const program = await flinkProgram('FlinkStatements.java');
  if (program === undefined) return undefined;
  return {
    name: 'Flink 2.2.0',
    run: async (query, folder) => {
      mkdirSync(folder, { recursive: true });
      const file = join(folder, 'statements.sql');
      const results = join(folder, 'results');
      writeFileSync(file, statements(query, place, results).join('\n\n'));
      const peer = program([join(folder, 'checkpoints'), file]);
      const cost = await runPeer(peer, place.brokerPid);
      // Files that are not committed have names that begin with a dot.
      return { ...cost, rows: `read_parquet('${results}/part-*')` };
    },
  };
}

function statements(query: StreamQuery, place: Place, folder: string): readonly string[] {
  const source = `'connector' = 'kafka', 'properties.bootstrap.servers' = '${place.bootstrap}',
    'topic' = '${query.input.name}', 'scan.startup.mode' = 'earliest-offset',
    'scan.bounded.mode' = 'latest-offset', 'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'`;
  const columns = Object.entries(query.columns).map(([name, kind]) => `${name} ${types[kind]}`);
  const chosen = Object.entries(query.columns).map(([name, kind]) =>
    kind === 'time' ? `CAST(${name} AS ${types.time})` : name,
  );
  return [
    ...query.input.flink.map((text) => text.replace('$options', source)),
    `CREATE TABLE results (${columns.join(', ')}) WITH ('connector' = 'filesystem',
      'path' = 'file://${folder}', 'format' = 'parquet', 'parquet.compression' = 'ZSTD',
      'parquet.utc-timezone' = 'true')`,
    `INSERT INTO results SELECT ${chosen.join(', ')} FROM (${query.flink})`,
  ];
}
