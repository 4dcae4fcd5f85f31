import { setTimeout as sleep } from 'node:timers/promises';
import type { HeliosProcess } from '../test/process/helios-process.ts';
import { eventColumnList } from './data.ts';
import type { LoadSummary } from './load.ts';
import { say } from './measurement.ts';
import { childrenOf, outputOf, readProcess } from './program.ts';

/** Nothing that a benchmark waits for takes longer. */
const waitMsMax = 120_000;
const memorySampleEveryMs = 250;

/** A pipeline from the stream `bench` to a Delta table; rolls as often as `interval` says. */
export async function createPipeline(
  helios: HeliosProcess,
  table: { readonly name: string; readonly path: string; readonly interval: string },
): Promise<void> {
  await helios.call('POST', '/api/v1/pipelines', {
    name: table.name,
    sql: `CREATE TABLE ${table.name}_source (${eventColumnList}) WITH (connector = 'http',
        stream = 'bench', format = 'json', type = 'source');
      CREATE TABLE ${table.name} WITH (connector = 'delta', path = 'file://${table.path}',
        format = 'parquet', type = 'sink',
        'rolling_policy.interval' = interval '${table.interval}');
      INSERT INTO ${table.name} SELECT * FROM ${table.name}_source;`,
  });
}

/** Runs the load generator as a process; resolves when it is through. */
export async function load(options: Readonly<Record<string, string>>): Promise<LoadSummary> {
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const summary = JSON.parse(await outputOf('load.ts', words)) as LoadSummary;
  if (summary.refused > 0) say(`${summary.refused} requests refused: ${summary.refusal}`);
  if (summary.broken > 0) say(`${summary.broken} connections broke`);
  return summary;
}

/** Memory of a process and all below it in bytes: PSS, so that shared pages count once. */
export function memoryBytes(pid: number): number {
  const bytes = treeBytes(pid);
  if (bytes === 0)
    throw new Error(`process ${pid} has no memory: it ended, or /proc is not to read`);
  return bytes;
}

/** The most memory (PSS) that a process and all below it had at any of a few looks a second. */
export class PeakMemory implements Disposable {
  readonly #timer: NodeJS.Timeout;
  bytes = 0;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      this.bytes = Math.max(this.bytes, treeBytes(pid));
    }, memorySampleEveryMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/**
 * Until the SQL gives at least `least`; the time between two questions is `pauseMs`. A question
 * that fails is asked again: right after a start the tables may not be there yet.
 */
export async function untilAtLeast(
  helios: HeliosProcess,
  sql: string,
  { least, pauseMs }: { readonly least: number; readonly pauseMs: number },
): Promise<void> {
  const endAtMs = performance.now() + waitMsMax;
  let hasFailed = false;
  for (;;) {
    const value = await helios.queryNumber(sql).catch(String);
    if (typeof value === 'number' && value >= least) return;
    if (typeof value === 'string' && !hasFailed) say(`asked again after ${value}`);
    hasFailed ||= typeof value === 'string';
    if (performance.now() > endAtMs) throw new Error(`${sql}: ${value} and not ${least}`);
    await sleep(pauseMs);
  }
}

/** A child that ended between being listed and being read has none. */
function treeBytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readProcess(`${pid}/smaps_rollup`))?.[1] ?? 0;
  return childrenOf(pid).reduce((sum, child) => sum + treeBytes(child), Number(kilobytes) * 1024);
}
