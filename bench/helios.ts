import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HeliosProcess } from '../test/process/helios-process.ts';
import type { LoadSummary } from './load.ts';
import { eventColumnList } from './workspace.ts';

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
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the load generator ended with ${String(code)}`);
  return JSON.parse(output) as LoadSummary;
}

/** Memory of a process and all below it in bytes: PSS, so that shared pages count once. */
export function memoryBytes(pid: number): number {
  const rollup = readProcess(`${pid}/smaps_rollup`);
  const kilobytes = Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  return childrenOf(pid).reduce((sum, child) => sum + memoryBytes(child), kilobytes * 1024);
}

function childrenOf(pid: number): readonly number[] {
  const tasks = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  return tasks
    .flatMap((task) => readProcess(`${pid}/task/${task}/children`).split(' '))
    .filter((text) => text !== '')
    .map(Number);
}

/** Empty for a process that has ended meanwhile. */
function readProcess(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

/** Until the SQL gives at least `least`; the time between two questions is `pauseMs`. */
export async function untilAtLeast(
  helios: HeliosProcess,
  sql: string,
  { least, pauseMs }: { readonly least: number; readonly pauseMs: number },
): Promise<void> {
  for (;;) {
    if ((await helios.queryNumber(sql).catch(() => 0)) >= least) return;
    await sleep(pauseMs);
  }
}
