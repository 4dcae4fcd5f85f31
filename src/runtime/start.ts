import type { Logger } from 'pino';
import { systemClock } from '../base/clock.ts';
import { Library } from '../catalog/library.ts';
import type { RunningHelios, StartOptions } from '../cli/context.ts';
import { Doctor } from '../doctor/doctor.ts';
import type { QueryService } from '../query/query.ts';
import { createQueryService } from '../query/service.ts';
import { HotTail } from '../query/tables/hot-tail.ts';
import { addSystemTables } from '../query/tables/system-rows.ts';
import { ConsoleFiles } from '../server/console-files.ts';
import { Server } from '../server/server.ts';
import { loginUrl } from '../server/access/routes.ts';
import { type AccessStart, openAccess } from './access.ts';
import { acknowledgementNotes } from './acknowledgement.ts';
import { createAlertWatch } from './alerts.ts';
import { type Core, type CoreOptions, createLogger, openCore } from './core.ts';
import type { Launched } from './launch.ts';
import { createDiscovery } from './stream-looks.ts';
import { createTableCare } from './tables/table-care.ts';
import { createTableCatalog } from './tables/table-catalog.ts';

/** What a start takes from the process it runs in. */
export type Host = {
  /** Where relative paths of pipelines start. Absolute. */
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Where the built console is, if it was built. Absolute. */
  readonly consoleDirectory: string;
};

/** Helios whole: server, queries, pipelines. Resolves when it serves. */
export async function startHelios(
  options: StartOptions,
  host: Host,
  { data, processes }: Launched,
): Promise<RunningHelios> {
  const { workingDirectory: baseDirectory, environment, version, consoleDirectory } = host;
  const own = { data, environment, baseDirectory, state: stateOf(options), stdout: undefined };
  const core = await openCore({ ...options, ...own });
  const logger = createLogger(options.logLevel);
  const { catalog, log, backed, registry, supervisor, state, stores } = core;
  const entrance = await enter(core, options, logger);
  const { access, audit, publicUrl, originSecret } = entrance;
  const { queryable } = core;
  const queries = await openQueries(core, entrance, processes);
  const care = createTableCare(core, queryable);
  const alerts = createAlertWatch(core, { logger, consoleUrl: () => server.publicUrl });
  let isReady = false;
  const server: Server = new Server(
    {
      ...{ access, audit, log, backed, queries, care, alerts, stores, logger },
      ...{ pipelines: supervisor, replays: supervisor.replays },
      tables: createTableCatalog(core, queryable, baseDirectory),
      tableTail: new HotTail(registry, queryable, queries),
      connections: core.known,
      discovery: createDiscovery(core, baseDirectory),
      doctor: doctorOf(core),
      demo: options.demo,
      library: new Library({ catalog, clock: systemClock }),
      clock: systemClock,
    },
    {
      version,
      isReady: () => isReady,
      allowedOrigins: options.allowedOrigins,
      ...{ publicUrl, originSecret },
      state,
      console: await ConsoleFiles.read(consoleDirectory),
    },
  );
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await alerts.close();
    await server.close();
    await entrance.close();
    await care.close();
    await queries.close();
    await core.close();
  };
  try {
    // First, so that a port in use is told at once, and events are taken while pipelines come back.
    await server.listen({ host: options.host, port: options.port });
    await supervisor.startAll();
    isReady = true;
    care.start();
    alerts.start();
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    url: server.url,
    dataDirectory: data.path,
    loginLink: loginLinkOf(entrance, server.publicUrl),
    notes: notesOf(core),
    fenced: core.fenced,
    close: () => (closing ??= close()),
  };
}

/** Closes what was opened where nobody could come in. */
async function enter(core: Core, options: StartOptions, logger: Logger): Promise<AccessStart> {
  try {
    return await openAccess(core, options, logger);
  } catch (thrown) {
    await core.close();
    throw thrown;
  }
}

async function openQueries(
  { data, queryable, registry, supervisor, journal, stores }: Core,
  { audit }: AccessStart,
  processes: Launched['processes'],
): Promise<QueryService> {
  const queries = await createQueryService({
    tables: queryable,
    tempDirectory: data.inside('tmp', 'queries'),
    processes,
  });
  addSystemTables(queryable, { supervisor, registry, queries, journal, audit, stores });
  return queries;
}

/** A way in for who started it. */
function loginLinkOf({ access }: AccessStart, publicUrl: string): string | undefined {
  return access.isRequired ? loginUrl(publicUrl, access.newLink().code) : undefined;
}

function doctorOf({ data, supervisor, log, state }: Core): Doctor {
  return new Doctor({
    dataDirectory: data.path,
    clock: systemClock,
    pipelines: () => supervisor.list(),
    damagedStreams: () => log.damagedStreams(),
    stateFailure: state && (() => state.status().failing?.message),
  });
}

/** What whoever starts Helios should know. */
function notesOf({ state, log, backed }: Core): readonly string[] {
  return [...(state?.notes ?? []), ...acknowledgementNotes(log, backed.named())];
}

function stateOf({
  stateUrl: url,
  stateIntervalMs: intervalMs,
  standby,
  acknowledgement,
  ackIntervalMs,
}: StartOptions): CoreOptions['state'] {
  if (url === undefined) return undefined;
  return { url, intervalMs, standby, acknowledgement, ackIntervalMs };
}
