import { randomUUID } from 'node:crypto';
import { availableParallelism, totalmem } from 'node:os';
import type { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { systemClock } from '../base/clock.ts';
import type { HeliosError } from '../base/errors.ts';
import { Catalog } from '../catalog/catalog.ts';
import { checkCatalogIsThere, type DataDirectory } from '../catalog/data-directory.ts';
import type { LogLevel } from '../cli/context.ts';
import { checkpointRun, Journal } from '../pipeline/care/journal.ts';
import { Engine } from '../engine/engine.ts';
import { EventLog } from '../log/event-log.ts';
import { Supervisor, type SupervisorContext } from '../pipeline/supervisor.ts';
import { QueryableTables } from '../pipeline/tables/queryable-tables.ts';
import { TableRegistry } from '../pipeline/tables/table-registry.ts';
import { LookupReader } from '../query/lookup/lookup-reader.ts';
import { type Acknowledgement, mirrorOf } from './acknowledgement.ts';
import { createConnectors, createStreams, releaseStreams } from './connectors.ts';
import { mergedFacts, type StoreFacts } from '../storage/store-facts.ts';
import { Storages } from './storages.ts';
import {
  checkStateIsHere,
  moveOwnTables,
  RunningState,
  type StateRequest,
  type TakenState,
  takeState,
} from './kept-state.ts';
import { BrokerStreams } from './stream/broker-streams.ts';
import { type KnownConnections, knownConnections } from './known-connections.ts';

/**
 * DuckDB's memory for pipelines: a quarter of the machine, but not less than works nor more than
 * helps.
 */
const engineBytesMin = 256 * 1024 * 1024;
const engineBytesMax = 4 * 1024 * 1024 * 1024;

/** Files of object stores that are kept on this machine, unless given. */
const cacheBytesDefault = 10 * 1024 * 1024 * 1024;

/** What every command that works on a data directory needs. */
export type Core = {
  readonly data: DataDirectory;
  readonly catalog: Catalog;
  readonly engine: Engine;
  readonly log: EventLog;
  readonly backed: BrokerStreams;
  readonly known: KnownConnections;
  readonly storages: Storages;
  /** What stores were asked: for tables, the state and the log. */
  readonly stores: () => StoreFacts | undefined;
  /** What was done for tables besides writing rows. */
  readonly journal: Journal;
  readonly registry: TableRegistry;
  readonly queryable: QueryableTables;
  readonly supervisor: Supervisor;
  /** Undefined where the data directory alone has the state. */
  readonly state: RunningState | undefined;
  /** Resolves when another machine writes the log or has the state: this one has to stop. */
  readonly fenced: Promise<HeliosError>;
  readonly close: () => Promise<void>;
};

export type CoreOptions = {
  /** Closed with the core. */
  readonly data: DataDirectory;
  readonly baseDirectory: string;
  readonly logLevel: LogLevel;
  /** Where `env:NAME` leads. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Bytes of files of object stores that are kept on this machine. */
  readonly cacheBytesMax?: number | undefined;
  /** Where the state is kept besides the data directory. */
  readonly state?:
    | (Pick<StateRequest, 'url' | 'intervalMs' | 'standby'> & Acknowledgement)
    | undefined;
  /** Where bare SELECTs print; undefined refuses them. */
  readonly stdout: Writable | undefined;
  /** Told of each failure of a pipeline; unless given, it is logged. */
  readonly onFailed?: SupervisorContext['onFailed'];
};

/** Opens everything that lives in a data directory but queries. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { data } = options;
  const logger = createLogger(options.logLevel);
  const onProblem = (problem: HeliosError): void => logger.error({ err: problem }, problem.message);
  const taken = await stateOf(options, onProblem);
  const ground = await openGround(options, logger);
  try {
    return await openUpon(ground, taken, options);
  } catch (thrown) {
    // What is left open would keep the process.
    await closeGround(ground, data);
    throw thrown;
  }
}

async function openUpon(
  ground: Ground,
  taken: TakenState | undefined,
  options: CoreOptions,
): Promise<Core> {
  const { data } = options;
  const logger = createLogger(options.logLevel);
  const onProblem = (problem: HeliosError): void => logger.error({ err: problem }, problem.message);
  const { catalog, engine, storages, outpaced } = ground;
  if (taken !== undefined) {
    const from = { catalog, dataDirectory: data.path };
    await moveOwnTables(from, taken.storage.location, storages.open);
  }
  const common = { data, catalog, clock: systemClock, onProblem };
  const state =
    taken && new RunningState({ ...common, state: taken, supervisor: () => supervisor });
  const journal = await Journal.open(data.inside('maintenance.ndjson'), onProblem);
  const registry = await openRegistry({ data, catalog, engine, storages, journal, onProblem });
  const temporaryDirectory = data.inside('tmp');
  const queryable = new QueryableTables({ registry, catalog, engine, temporaryDirectory });
  const lookups = new LookupReader({ tables: queryable, clock: systemClock, temporaryDirectory });
  const pieces = { ...ground, registry, lookups, state, logger };
  const supervisor: Supervisor = createSupervisor(options, pieces);
  state?.start();
  const close = async (): Promise<void> => {
    await supervisor.close();
    await state?.close();
    await journal.settle();
    await closeGround(ground, data);
  };
  const fenced = Promise.race([outpaced, ...(state === undefined ? [] : [state.fenced])]);
  const stores = (): StoreFacts | undefined =>
    mergedFacts([storages.facts(), taken?.facts(), ground.logStore?.()]);
  const opened = { ...ground, data, journal, registry, queryable, supervisor };
  return { ...opened, state, stores, fenced, close };
}

async function closeGround(ground: Ground, data: DataDirectory): Promise<void> {
  await ground.backed.close();
  await ground.log.close();
  ground.catalog.close();
  ground.engine.close();
  data.close();
}

/** What the rest stands on. */
type Ground = Pick<Core, 'catalog' | 'engine' | 'log' | 'backed' | 'known' | 'storages'> & {
  /** Resolves when another machine writes the log. */
  readonly outpaced: Promise<HeliosError>;
  /** What the store of acknowledged events was asked, where there is one. */
  readonly logStore: Storages['facts'] | undefined;
};

async function openGround(options: CoreOptions, logger: Logger): Promise<Ground> {
  const { data, environment } = options;
  const onProblem = (problem: HeliosError): void => logger.error({ err: problem }, problem.message);
  const catalog = new Catalog(data.inside('catalog.db'));
  const engine = await Engine.open({
    threads: availableParallelism(),
    memoryBytes: Math.min(Math.max(totalmem() / 4, engineBytesMin), engineBytesMax),
    tempDirectory: data.inside('tmp', 'engine'),
  });
  const { log, outpaced, logStore } = await openLog(options, onProblem);
  const { random } = Math;
  const known = knownConnections({ catalog, clock: systemClock, random, environment });
  const backed = new BrokerStreams({
    catalog,
    directory: data.inside('streams'),
    ...known,
    newId: randomUUID,
    namesOfLog: () => log.listStreams().map(({ name }) => name),
  });
  const storages = new Storages({
    context: known.context,
    use: 'tables',
    cacheDirectory: data.inside('cache'),
    uploadsDirectory: data.inside('uploads', 'tables'),
    cacheBytesMax: options.cacheBytesMax ?? cacheBytesDefault,
    onWarning: (problem) => logger.warn({ err: problem }, problem.message),
  });
  return { catalog, engine, log, outpaced, logStore, known, backed, storages };
}

function createSupervisor(
  { data, baseDirectory, stdout, onFailed }: CoreOptions,
  {
    logger,
    known,
    backed,
    log,
    storages,
    ...context
  }: Ground &
    Pick<Core, 'registry' | 'state'> & {
      readonly lookups: LookupReader;
      readonly logger: Logger;
    },
): Supervisor {
  const onProblem = (problem: HeliosError): void => logger.error({ err: problem }, problem.message);
  const openStorage = storages.open;
  const spoolDirectory = data.inside('tmp', 'spool');
  const means = { log, backed, spoolDirectory, openStorage, stdout, onProblem };
  return new Supervisor({
    ...context,
    dataDirectory: data.path,
    baseDirectory,
    clock: systemClock,
    random: Math.random,
    newId: randomUUID,
    onProblem,
    connectors: createConnectors({ ...means, ...known }),
    canPrint: stdout !== undefined,
    prepare: async (plan) => await createStreams(log, backed, plan),
    forget: async (pipelineId, plan) => await releaseStreams(log, pipelineId, plan),
    onFailed:
      onFailed ??
      ((pipeline, id, error) => logger.error({ pipeline, id, err: error }, error.message)),
  });
}

/** The log, and the store that mirrors it. */
async function openLog(
  { data, state, environment }: CoreOptions,
  onProblem: (problem: HeliosError) => void,
): Promise<Pick<Ground, 'log' | 'outpaced' | 'logStore'>> {
  const { promise: outpaced, resolve: onFenced } = Promise.withResolvers<HeliosError>();
  const request = { data, environment, onProblem };
  const mirrored = state && (await mirrorOf({ ...request, url: state.url }, state));
  const { mirror, facts: logStore } = mirrored ?? {};
  const log = await EventLog.open({
    directory: data.path,
    clock: systemClock,
    mirror: mirror && { ...mirror, onFenced },
    onProblem,
  });
  return { log, outpaced, logStore };
}

/** The state, where it is kept elsewhere too: before anything of the data directory is read. */
async function stateOf(
  { data, state, environment }: CoreOptions,
  onProblem: (problem: HeliosError) => void,
): Promise<TakenState | undefined> {
  if (state === undefined) {
    await checkStateIsHere(data);
    checkCatalogIsThere(data);
  }
  return state && (await takeState({ ...state, data, environment, onProblem }));
}

async function openRegistry({
  data,
  storages,
  journal,
  ...context
}: Pick<Core, 'data' | 'catalog' | 'engine' | 'storages' | 'journal'> & {
  readonly onProblem: (problem: HeliosError) => void;
}): Promise<TableRegistry> {
  const registry = new TableRegistry({
    ...context,
    clock: systemClock,
    random: Math.random,
    newId: randomUUID,
    openStorage: storages.open,
    temporaryDirectory: data.inside('tmp'),
    onCheckpoint: (table, checkpoint) => journal.add(checkpointRun(table, checkpoint)),
  });
  await registry.openAll();
  return registry;
}

/** Talk goes to stderr, so that stdout is data alone. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
}
