import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { Access } from '../../access/access.ts';
import { AuditLog } from '../../access/audit-log.ts';
import type { Alerts } from '../../alert/alert.ts';
import { AlertStore } from '../../alert/alert-store.ts';
import { AlertWatch } from '../../alert/alert-watch.ts';
import { systemClock } from '../../base/clock.ts';
import { Catalog } from '../../catalog/catalog.ts';
import { StoredConnections } from '../../catalog/connections.ts';
import { Library } from '../../catalog/library.ts';
import { testConnection } from '../../connection/check/test-connection.ts';
import { ReferencedSecrets } from '../../connection/secrets.ts';
import type { Discovery } from '../../discovery/discovery.ts';
import { EventLog } from '../../log/event-log.ts';
import type { Replays } from '../../pipeline/replay/replay.ts';
import { Server } from '../server.ts';
import { NamedPipelines, NamedTables, ScriptedQueries, ScriptedTail } from './fakes.ts';
import type { ServerConfig, ServerDependencies } from '../dependencies.ts';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * A server on a free port with a real event log in a folder of its own, for tests of this folder.
 */
export class TestServer implements AsyncDisposable {
  readonly server: Server;
  readonly log: EventLog;
  readonly pipelines: NamedPipelines = new NamedPipelines();
  readonly queries: ScriptedQueries = new ScriptedQueries();
  readonly tables: NamedTables = new NamedTables();
  readonly tail: ScriptedTail = new ScriptedTail();
  readonly dependencies: ServerDependencies;
  readonly logLines: Record<string, unknown>[];
  /** All that this server writes. */
  readonly directory: string;
  readonly #catalog: Catalog;

  private constructor(
    directory: string,
    { log, audit }: { readonly log: EventLog; readonly audit: AuditLog },
    config: TestConfig,
  ) {
    this.directory = directory;
    this.log = log;
    const { logLines, stream } = collectedLines();
    this.logLines = logLines;
    const { pipelines, queries, tables, tail: tableTail } = this;
    const logger = pino({ level: 'debug' }, stream);
    const clock = systemClock;
    this.#catalog = new Catalog(join(directory, 'catalog.db'));
    const connections = connectionsIn(this.#catalog, config.environment ?? {});
    const { discovery, replays } = config;
    const library = new Library({ catalog: this.#catalog, clock });
    const parts = { log, pipelines, queries, tables, tableTail, connections, discovery, library };
    const alerts = alertsIn(this.#catalog, pipelines, config.environment ?? {});
    const { isTokenRequired: isRequired = false, adminToken } = config;
    const entries = this.#catalog.access;
    const access = new Access({ entries, clock, isRequired, adminToken });
    this.dependencies = { ...parts, access, audit, replays, alerts, clock, logger };
    const required = { version: '9.9.9', isReady: () => true };
    this.server = new Server(this.dependencies, { ...required, ...config });
  }

  static async start(config: TestConfig = {}): Promise<TestServer> {
    const directory = await mkdtemp(join(tmpdir(), 'helios-server-'));
    const log = await EventLog.open({ directory, clock: systemClock });
    const audit = await AuditLog.open({
      path: join(directory, 'audit.ndjson'),
      clock: systemClock,
      onProblem: (problem) => {
        throw problem;
      },
    });
    const test = new TestServer(directory, { log, audit }, config);
    await test.server.listen({ host: '127.0.0.1', port: 0 });
    return test;
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return Number(new URL(this.server.url).port);
  }

  /** What a stream holds, as its lines. */
  async stored(stream = 'events'): Promise<string[]> {
    const lines: string[] = [];
    for (let after = 0; ;) {
      const batch = await this.log.read(stream, 0, after, 1_000_000_000);
      if (!batch) return lines;
      lines.push(...(await readFile(batch.path, 'utf8')).split('\n').slice(0, -1));
      after = batch.to;
      await batch.release();
    }
  }

  async post(path: string, body: string | Uint8Array, headers: Headers = {}): Promise<Answer> {
    return await this.send('POST', path, { body, headers });
  }

  async json(method: string, path: string, body?: unknown): Promise<Answer> {
    if (body === undefined) return await this.send(method, path, {});
    const headers = { 'content-type': 'application/json' };
    return await this.send(method, path, { body: JSON.stringify(body), headers });
  }

  /** By node:http, which sends the path and the headers as they are. */
  async send(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Headers; body?: string | Uint8Array },
  ): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { port } = this;
    const options = { host: '127.0.0.1', port, method, path, headers, agent: false };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.once('error', reject);
    request.end(body);
    return await promise;
  }

  /** Sends exactly these bytes, then half-closes where asked, and gives all that comes back. */
  async raw(bytes: string | Uint8Array, options: { isEnding?: boolean } = {}): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    socket.write(bytes);
    if (options.isEnding ?? false) socket.end();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await new Promise<void>((resolve) => {
      socket.once('error', () => resolve());
      socket.once('close', () => resolve());
    });
    return Buffer.concat(chunks).toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.log.close();
    this.#catalog.close();
    await rm(this.directory, { recursive: true });
  }
}

type Environment = Readonly<Record<string, string>>;

/** `environment` is where references to secrets look. */
type TestConfig = Partial<ServerConfig> & {
  readonly isTokenRequired?: boolean;
  readonly adminToken?: string;
  readonly environment?: Environment;
  readonly discovery?: Discovery;
  readonly replays?: Replays;
};

/** Real ones; nothing uses them. */
function connectionsIn(
  catalog: Catalog,
  environment: Environment,
): NonNullable<ServerDependencies['connections']> {
  const parts = { environment, clock: systemClock, random: () => 0.5 };
  const context = { ...parts, secrets: new ReferencedSecrets(parts) };
  return {
    connections: new StoredConnections({ catalog, clock: systemClock, usersOf: () => [] }),
    test: (connection, request) => testConnection(connection, context, request),
  };
}

/** Real ones; nothing looks at the pipelines by itself. */
function alertsIn(catalog: Catalog, pipelines: NamedPipelines, environment: Environment): Alerts {
  const parts = { environment, clock: systemClock, random: () => 0.5 };
  return new AlertWatch({
    ...parts,
    store: new AlertStore({ catalog, clock: systemClock }),
    pipelines: () => pipelines.list(),
    secrets: new ReferencedSecrets(parts),
    newId: () => 'id',
    consoleUrl: () => 'http://127.0.0.1:7311',
    onProblem: () => undefined,
  });
}

type Headers = Readonly<Record<string, string>>;

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
};

/** The body of an answer that is JSON. */
export function json(answer: Answer): unknown {
  return JSON.parse(answer.text);
}

function collectedLines(): { logLines: Record<string, unknown>[]; stream: Writable } {
  const logLines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done): void {
      logLines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { logLines, stream };
}
