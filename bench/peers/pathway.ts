import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWith } from '../../test/peers/python.ts';
import { eventColumns } from '../data.ts';
import { type Contender, runPeer, type Task } from './contender.ts';

const requirements = ['pathway==0.33.0'];

/** Pathway on two threads. Undefined, with a printed reason, where it can't be had. */
export async function pathwayContender(task: Task): Promise<Contender | undefined> {
  const python = await pythonWith(requirements);
  if (python === undefined) return undefined;
  const script = join(import.meta.dirname, 'pathway_kafka.py');
  // A column of Pathway's can't be named id; its times have a zone.
  const columns = eventColumns
    .map(([name, type]) => [
      name === 'id' ? 'event_id' : name,
      type === 'TIMESTAMP' ? 'TIMESTAMPTZ' : type,
    ])
    .map(([name, type]) => `${name}: '${type}'`)
    .join(', ');
  const environment = { PATHWAY_THREADS: '2', TZ: 'UTC' };
  return {
    name: 'Pathway 0.33.0',
    difference: 'it writes lines of JSON, as its writer of Delta wants a licence key',
    run: async (folder) => {
      mkdirSync(folder, { recursive: true });
      const file = join(folder, 'kept.jsonl');
      const parameters = ['-u', script, task.bootstrap, task.topic, file];
      const cost = await runPeer({ command: python, parameters, environment }, task.brokerPid);
      const lines = `read_json('${file}', columns = {${columns}}, format = 'newline_delimited')`;
      return { ...cost, rows: `(SELECT event_id AS id, * EXCLUDE (event_id) FROM ${lines})` };
    },
  };
}
