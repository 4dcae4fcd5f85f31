import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { DataDirectory } from '../catalog/data-directory.ts';
import type { RunOptions, RunSummary } from '../cli/context.ts';
import { quarantineTable } from '../pipeline/epoch/quarantine.ts';
import { scriptFailure } from '../pipeline/plan/planner.ts';
import type { PipelineInfo } from '../pipeline/pipeline.ts';
import type { Supervisor } from '../pipeline/supervisor.ts';
import { parseScript } from '../sql/parse-script.ts';
import { openCore } from './core.ts';

/** Progress of `helios run` is told this often. */
const progressIntervalMs = 250;

/** One script, until its sources end or the signal aborts. */
export async function runPipeline(
  options: RunOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunSummary> {
  if (options.dataDirectory === undefined) checkKeepsNothing(options.sql);
  const temporary =
    options.dataDirectory === undefined ? await mkdtemp(join(tmpdir(), 'helios-run-')) : undefined;
  const core = await openCore({
    data: DataDirectory.open(options.dataDirectory ?? temporary ?? ''),
    baseDirectory: options.baseDirectory,
    logLevel: options.logLevel,
    environment,
    stdout: options.stdout,
    // What it waits for is told with its progress, and what ends it is thrown.
    onFailed: () => undefined,
  });
  const name = 'run';
  const ended = new AbortController();
  try {
    if (isExplain(options.sql)) return await planOf(core.supervisor, options.sql);
    await beginRun(core.supervisor, name, options);
    void tellProgress(core.supervisor, name, options, ended.signal);
    const done = await core.supervisor.whenDone(name, options.signal);
    const info = options.signal.aborted
      ? await core.supervisor.stop(name, { isDiscarding: false })
      : done;
    if (info.state === 'failed') throw failureOf(info);
    return summaryOf(info);
  } finally {
    ended.abort();
    await core.close();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** Materialized views are in the data directory, which would be gone with the run. */
function checkKeepsNothing(sql: string): void {
  const parsed = parseScript(sql);
  const sinks = parsed.kind === 'ok' ? parsed.script.sinks : [];
  const view = sinks.find(({ isView }) => isView === true);
  if (view === undefined) return;
  const { name, position } = view;
  const message = `The materialized view ${name} would be gone when this run ends.`;
  const hint = 'Say where it stays, with --data DIR, or write CREATE VIEW and SELECT from it.';
  throw new HeliosError('invalid_sql', message, { hint, position });
}

function isExplain(sql: string): boolean {
  const parsed = parseScript(sql);
  return parsed.kind === 'ok' && parsed.script.explained.length > 0;
}

/** Nothing runs. */
async function planOf(supervisor: Supervisor, sql: string): Promise<RunSummary> {
  const validation = await supervisor.validate(sql);
  if (validation.kind === 'errors') throw scriptFailure(validation.errors);
  const { graph, plan } = validation;
  return { bytesIn: 0, recordsRejected: 0, sinks: [], explained: { graph, plan } };
}

/** Until the signal aborts. */
async function tellProgress(
  supervisor: Supervisor,
  name: string,
  options: RunOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (;;) {
      // Without the signal the process would stay for the rest of the interval.
      await systemClock.sleep(progressIntervalMs, signal);
      options.onProgress(progressOf(supervisor.get(name)));
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

/** Goes on where a run with the same data directory stopped; its SQL may have changed since. */
async function beginRun(supervisor: Supervisor, name: string, options: RunOptions): Promise<void> {
  supervisor.openAll();
  const known = supervisor.list().find((pipeline) => pipeline.name === name);
  const { sql, baseDirectory } = options;
  if (known === undefined) {
    await supervisor.create({ name, sql, isAdopting: false, baseDirectory });
    return;
  }
  if (known.sql !== sql) await supervisor.edit(name, sql, { isDiscarding: false });
  await supervisor.start(name);
}

function progressOf(info: PipelineInfo): Parameters<RunOptions['onProgress']>[0] {
  const behind = info.sources.map((source) => source.bytesBehind);
  const isKnown = behind.every((bytes) => bytes !== undefined);
  return {
    bytesIn: info.bytesIn,
    recordsRejected: info.recordsRejected,
    bytesBehind: isKnown ? behind.reduce((sum, bytes) => sum + (bytes ?? 0), 0) : undefined,
    waitingFor: info.state === 'retrying' ? info.error : undefined,
  };
}

function summaryOf(info: PipelineInfo): RunSummary {
  const sinks = info.sinks.filter(({ table }) => table !== quarantineTable);
  return {
    bytesIn: info.bytesIn,
    recordsRejected: info.recordsRejected,
    sinks: sinks.map(({ table, rowsOut }) => ({ table, rowsOut })),
  };
}

function failureOf({ error, name }: PipelineInfo): HeliosError {
  const code = error?.code ?? 'internal';
  return new HeliosError(code, error?.message ?? `${name} failed.`, { hint: error?.hint });
}
