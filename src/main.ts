import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, homedir, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { systemClock } from './base/clock.ts';
import { armCrashPoint } from './base/crash-point.ts';
import { HeliosError } from './base/errors.ts';
import { Catalog } from './catalog/catalog.ts';
import { DataDirectory } from './catalog/data-directory.ts';
import { runCli } from './cli/cli.ts';
import type {
  CliContext,
  LogLevel,
  RunningHelios,
  RunOptions,
  RunSummary,
  StartOptions,
} from './cli/context.ts';
import { Engine } from './engine/engine.ts';
import { EventLog } from './log/event-log.ts';
import type { PipelineInfo } from './pipeline/pipeline.ts';
import { Supervisor } from './pipeline/supervisor.ts';
import { HotTail } from './query/tables/hot-tail.ts';
import { QueryableTables } from './pipeline/tables/queryable-tables.ts';
import { addSystemTables } from './query/tables/system-rows.ts';
import { TableCatalog } from './pipeline/tables/table-facts.ts';
import { TableRegistry } from './pipeline/tables/table-registry.ts';
import { createQueryService } from './query/service.ts';
import { createConnectors, createStreams, releaseStreams } from './runtime/connectors.ts';
import { type KnownConnections, knownConnections } from './runtime/known-connections.ts';
import { Server } from './server/server.ts';

const version = '0.1.0';
const packageRoot = join(fileURLToPath(import.meta.url), '..', '..');

/**
 * DuckDB's memory for pipelines: a quarter of the machine, but not less than works nor more than
 * helps.
 */
const engineBytesMin = 256 * 1024 * 1024;
const engineBytesMax = 4 * 1024 * 1024 * 1024;

/** Progress of `helios run` is told this often. */
const progressIntervalMs = 250;

/** What every command that works on a data directory needs. */
type Core = {
  readonly data: DataDirectory;
  readonly catalog: Catalog;
  readonly engine: Engine;
  readonly log: EventLog;
  readonly known: KnownConnections;
  readonly registry: TableRegistry;
  readonly supervisor: Supervisor;
  readonly close: () => Promise<void>;
};

type CoreOptions = {
  readonly dataDirectory: string;
  readonly baseDirectory: string;
  readonly logLevel: LogLevel;
  /** Where bare SELECTs print; undefined refuses them. */
  readonly stdout: Writable | undefined;
};

async function openCore(options: CoreOptions): Promise<Core> {
  const data = DataDirectory.open(options.dataDirectory);
  const logger = createLogger(options.logLevel);
  const clock = systemClock;
  const catalog = new Catalog(data.inside('catalog.db'));
  const engine = await Engine.open({
    threads: availableParallelism(),
    memoryBytes: Math.min(Math.max(totalmem() / 4, engineBytesMin), engineBytesMax),
    tempDirectory: data.inside('tmp', 'engine'),
  });
  const log = await EventLog.open({
    directory: data.path,
    clock,
    onProblem: (problem) => logger.error({ err: problem }, 'event log'),
  });
  const { random } = Math;
  const known = knownConnections({ catalog, clock, random, environment: process.env });
  const registry = new TableRegistry({
    catalog,
    engine,
    clock,
    random: Math.random,
    newId: randomUUID,
    temporaryDirectory: data.inside('tmp'),
  });
  await registry.openAll();
  const supervisor = new Supervisor({
    dataDirectory: data.path,
    baseDirectory: options.baseDirectory,
    engine,
    registry,
    catalog,
    clock,
    random: Math.random,
    newId: randomUUID,
    onProblem: (problem) => logger.error({ err: problem }, problem.message),
    connectors: createConnectors({
      log,
      ...known,
      spoolDirectory: data.inside('tmp', 'spool'),
      stdout: options.stdout,
      onProblem: (problem) => logger.error({ err: problem }, problem.message),
    }),
    canPrint: options.stdout !== undefined,
    prepare: async (plan) => await createStreams(log, plan),
    forget: async (pipelineId, plan) => await releaseStreams(log, pipelineId, plan),
    onFailed: (pipeline, id, error) => logger.error({ pipeline, id, err: error }, error.message),
  });
  const close = async (): Promise<void> => {
    await supervisor.close();
    await log.close();
    catalog.close();
    engine.close();
    data.close();
  };
  return { data, catalog, engine, log, known, registry, supervisor, close };
}

async function startHelios(options: StartOptions): Promise<RunningHelios> {
  const baseDirectory = process.cwd();
  const core = await openCore({ ...options, baseDirectory, stdout: undefined });
  const logger = createLogger(options.logLevel);
  const { data, catalog, engine, log, registry, supervisor } = core;
  const queryable = new QueryableTables({
    registry,
    catalog,
    engine,
    temporaryDirectory: data.inside('tmp'),
  });
  const queries = await createQueryService({
    tables: queryable,
    tempDirectory: data.inside('tmp', 'queries'),
  });
  addSystemTables(queryable, { supervisor, registry, queries });
  const tables = new TableCatalog({
    registry,
    queryable,
    catalog,
    engine,
    baseDirectory,
    rejectedOf: (name) => rejectedOf(supervisor.list(), name),
  });
  let isReady = false;
  const server = new Server(
    {
      log,
      pipelines: supervisor,
      queries,
      tables,
      tableTail: new HotTail(registry, queryable, queries),
      connections: core.known,
      clock: systemClock,
      logger,
    },
    { version, isReady: () => isReady, allowedOrigins: options.allowedOrigins },
  );
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await server.close();
    await queries.close();
    await core.close();
  };
  try {
    await supervisor.startAll();
    await server.listen({ host: options.host, port: options.port });
    isReady = true;
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { url: server.url, dataDirectory: data.path, close: () => (closing ??= close()) };
}

async function runPipeline(options: RunOptions): Promise<RunSummary> {
  const temporary =
    options.dataDirectory === undefined ? await mkdtemp(join(tmpdir(), 'helios-run-')) : undefined;
  const core = await openCore({
    dataDirectory: options.dataDirectory ?? temporary ?? '',
    baseDirectory: options.baseDirectory,
    logLevel: options.logLevel,
    stdout: options.stdout,
  });
  const name = 'run';
  const ended = new AbortController();
  try {
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

/** Until the signal aborts. */
async function tellProgress(
  supervisor: Supervisor,
  name: string,
  options: RunOptions,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await systemClock.sleep(progressIntervalMs);
    if (signal.aborted) return;
    options.onProgress(progressOf(supervisor.get(name)));
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

function rejectedOf(pipelines: readonly PipelineInfo[], table: string): number {
  return pipelines
    .filter(({ sinks }) => sinks.some((sink) => sink.table.toLowerCase() === table.toLowerCase()))
    .reduce((sum, pipeline) => sum + pipeline.recordsRejected, 0);
}

function progressOf(info: PipelineInfo): Parameters<RunOptions['onProgress']>[0] {
  const behind = info.sources.map((source) => source.bytesBehind);
  const isKnown = behind.every((bytes) => bytes !== undefined);
  return {
    bytesIn: info.bytesIn,
    recordsRejected: info.recordsRejected,
    bytesBehind: isKnown ? behind.reduce((sum, bytes) => sum + (bytes ?? 0), 0) : undefined,
  };
}

function summaryOf(info: PipelineInfo): RunSummary {
  const sinks = info.sinks.filter((sink) => sink.table !== 'quarantine');
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

/** Talk goes to stderr, so that stdout is data alone. */
function createLogger(level: LogLevel): Logger {
  return pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
}

/** SIGINT and SIGTERM; the second one ends the process at once. */
function onInterrupt(listener: () => void): () => void {
  let count = 0;
  const handle = (): void => {
    count++;
    if (count > 1) process.exit(130);
    listener();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}

const crash = process.env['HELIOS_CRASH_AT'];
if (crash !== undefined) {
  // Asleep instead of dead, for tests of two processes that own one pipeline.
  const signal = crash.endsWith(':SIGSTOP') ? 'SIGSTOP' : 'SIGKILL';
  armCrashPoint(crash, () => process.kill(process.pid, signal));
}

const context: CliContext = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isStdinTty: process.stdin.isTTY,
  isStdoutTty: process.stdout.isTTY,
  isStderrTty: process.stderr.isTTY,
  columns: () => process.stdout.columns,
  environment: process.env,
  workingDirectory: process.cwd(),
  homeDirectory: homedir(),
  examplesDirectory: join(packageRoot, 'examples'),
  version,
  clock: systemClock,
  random: Math.random,
  onInterrupt,
  startHelios,
  runPipeline,
};

process.exitCode = await runCli(process.argv.slice(2), context);
