import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPeer } from '../peers/contender.ts';
import { addedFiles, sparkProgram } from '../peers/spark.ts';
import type { Place, StreamContender } from './contender.ts';
import { delaySeconds } from './input.ts';

/**
 * Structured Streaming into Delta, with the trigger AvailableNow: what there is in one batch, and
 * one more for the windows that it ends. Undefined, with a printed reason, where it can't be had.
 */
export async function sparkStreams(place: Place): Promise<StreamContender | undefined> {
  const program = await sparkProgram('spark_stream.py');
  if (program === undefined) return undefined;
  return {
    name: 'Spark 4.0.1',
    run: async (query, folder) => {
      if (query.spark === undefined) return undefined;
      const table = join(folder, 'table');
      const work = join(folder, 'work');
      mkdirSync(work, { recursive: true });
      const task = {
        bootstrap: place.bootstrap,
        topic: query.input.name,
        ...query.input.spark,
        delay: `${delaySeconds} seconds`,
        select: query.spark,
        table,
      };
      const file = join(folder, 'task.json');
      writeFileSync(file, JSON.stringify(task));
      const cost = await runPeer(program([work, file]), place.brokerPid);
      return { ...cost, rows: `read_parquet([${addedFiles(table).join(', ')}])` };
    },
  };
}
