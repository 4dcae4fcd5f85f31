import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosProcess } from '../../test/process/helios-process.ts';
import { PeakMemory } from '../helios.ts';
import type { RunCost } from '../peers/contender.ts';
import { treeCpuMs } from '../program.ts';
import type { Place } from './contender.ts';
import { endedRows, fingerprintOf, type StreamQuery } from './query.ts';

const patienceMs = 600_000;
const lookEveryMs = 50;

type Listed = {
  readonly pipelines: readonly {
    readonly error?: { readonly message: string } | null;
    readonly sinks: readonly { readonly rows_out: number }[];
  }[];
};

/** What Helios did, and its rows as `fingerprintOf` tells them. */
export type HeliosRun = RunCost & { readonly fingerprint: string };

/** From the request that makes the pipeline until SQL sees every row of windows that are over. */
export async function runHelios(
  query: StreamQuery,
  place: Place,
  { folder, rows }: { readonly folder: string; readonly rows: number },
): Promise<HeliosRun> {
  const startedAtMs = performance.now();
  await using helios = await HeliosProcess.start({ dataDirectory: `${folder}-data` });
  using memory = new PeakMemory(helios.pid);
  const brokerBeforeMs = treeCpuMs(place.brokerPid);
  const cpuBeforeMs = treeCpuMs(helios.pid);
  const readAtMs = performance.now();
  const sql = heliosScript(query, place, folder);
  await helios.call('POST', '/api/v1/pipelines', { name: 'bench', sql });
  await untilAll(helios, query, rows);
  const endedAtMs = performance.now();
  const cost = {
    readingMs: endedAtMs - readAtMs,
    wholeMs: endedAtMs - startedAtMs,
    cpuMs: treeCpuMs(helios.pid) - cpuBeforeMs,
    brokerCpuMs: treeCpuMs(place.brokerPid) - brokerBeforeMs,
    peakBytes: memory.bytes,
  };
  const select = `SELECT ${fingerprintOf(query)} FROM ${endedRows(query, 'results')}`;
  const answer = await helios.query(select);
  return { ...cost, fingerprint: String(answer.rows[0]?.[0]) };
}

function heliosScript(query: StreamQuery, place: Place, folder: string): string {
  const source = `connector = 'kafka', bootstrap_servers = '${place.bootstrap}',
    topic = '${query.input.name}', format = 'json', type = 'source', 'source.offset' = 'earliest'`;
  return `${query.input.helios.replace('$options', source)}
    CREATE TABLE results WITH (connector = 'delta', path = 'file://${folder}', format = 'parquet',
      type = 'sink', 'parquet.compression' = 'zstd');
    INSERT INTO results ${query.helios};`;
}

/** Asks for what costs least, and in the end what counts. */
async function untilAll(helios: HeliosProcess, query: StreamQuery, rows: number): Promise<void> {
  const endAtMs = performance.now() + patienceMs;
  let found = 0;
  while (performance.now() < endAtMs) {
    const { pipelines } = await helios.call<Listed>('GET', '/api/v1/pipelines');
    const error = pipelines[0]?.error;
    if (error !== undefined && error !== null) throw new Error(error.message);
    const written = pipelines[0]?.sinks[0]?.rows_out ?? 0;
    if (written >= rows) {
      found = await helios.queryNumber(`SELECT count(*) FROM ${endedRows(query, 'results')}`);
      if (found === rows) return;
      if (found > rows) throw new Error(`${found} rows, not ${rows}`);
    }
    await sleep(lookEveryMs);
  }
  throw new Error(`there are ${found} and not ${rows} rows after ${patienceMs} ms`);
}
