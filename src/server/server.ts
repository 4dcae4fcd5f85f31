import { createServer as createHttpServer } from 'node:http';
import swagger from '@fastify/swagger';
import createFastify from 'fastify';
import { assert } from '../base/assert.ts';
import type { Principal } from '../access/token.ts';
import { HeliosError, systemCode } from '../base/errors.ts';
import { addAccessRoutes } from './access/routes.ts';
import { AuditTrail } from './access/audit-trail.ts';
import { Gatekeeper } from './access/gatekeeper.ts';
import { guardRoutes } from './access/guard-routes.ts';
import { accessRules, isLoopback } from './access/host-and-origin.ts';
import { errorAnswer } from './answer/error-answer.ts';
import { logRefusal } from './answer/log-refusal.ts';
import { compilersFactory } from './framework.ts';
import { FrontDoor } from './front-door.ts';
import { Ingest } from './ingest/ingest.ts';
import { defaultServerLimits } from './limits.ts';
import { Live } from './live/live.ts';
import { addAlertRoutes } from './alerts/routes.ts';
import { alertSamples } from './metrics/alert-samples.ts';
import { stateSamples } from './metrics/state-samples.ts';
import { Metrics } from './metrics/metrics.ts';
import { keepChange, keepChanges } from './keep-changes.ts';
import { noRoute } from './not-found.ts';
import { describeApi } from './openapi.ts';
import { addDemoRoutes } from './demo/routes.ts';
import { addDoctorRoute } from './doctor/routes.ts';
import { addLibraryRoutes } from './library/routes.ts';
import { SharedAnswers } from './library/shared-answers.ts';
import { addSharedQueryRoute } from './library/shared-route.ts';
import { addConsoleRoutes, sendUnknownPage } from './routes/console.ts';
import { addConnectionRoutes } from './routes/connections.ts';
import { addDiscoveryRoutes } from './routes/discovery.ts';
import { addNotebookRoute } from './routes/notebook.ts';
import { addEditRoutes } from './edit/routes.ts';
import { addPipelineRoutes } from './routes/pipelines.ts';
import { addQueryRoutes } from './routes/query.ts';
import { addStreamRoutes } from './routes/streams.ts';
import { addSystemRoutes } from './routes/system.ts';
import { addCareRoutes } from './care/routes.ts';
import { addQuarantineRoutes } from './quarantine/routes.ts';
import { addTableRoutes } from './routes/tables.ts';
import type { ServerConfig, ServerDependencies } from './dependencies.ts';
import type { Routes } from './framework.ts';
import type { ServerLimits } from './limits.ts';
import type { KnownRoute } from './not-found.ts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, Server as HttpServer } from 'node:http';

export type ListenOptions = {
  /** Beyond the loopback interface only with an admin's token to ask for. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
};

/**
 * The HTTP server: ingest, API, live socket. It owns its sockets and nothing else; what it was
 * given is closed by whoever opened it, after `close`.
 */
export class Server implements AsyncDisposable {
  readonly #dependencies: ServerDependencies;
  readonly #config: ServerConfig;
  readonly #limits: ServerLimits;
  readonly #metrics: Metrics = new Metrics();
  readonly #ingest: Ingest;
  readonly #live: Live;
  readonly #audit: AuditTrail;
  #gatekeeper: Gatekeeper | undefined;
  #http: HttpServer | undefined;
  #url = '';

  constructor(dependencies: ServerDependencies, config: ServerConfig) {
    this.#dependencies = dependencies;
    this.#config = config;
    this.#limits = { ...defaultServerLimits, ...config.limits };
    this.#audit = new AuditTrail(dependencies.audit, dependencies.clock);
    const own = { limits: this.#limits, metrics: this.#metrics };
    this.#ingest = new Ingest({ ...dependencies, ...own });
    const live = { limits: this.#limits.live, metrics: this.#metrics, trail: this.#audit };
    const isWelcome = (request: IncomingMessage): boolean => this.#door().isWelcome(request);
    const admit = (request: IncomingMessage): Principal => this.#door().admitKnown(request);
    this.#live = new Live({ ...dependencies, ...live, admit, isWelcome });
  }

  /** `http://127.0.0.1:7311`, once it listens. */
  get url(): string {
    return this.#url;
  }

  /** Where browsers and programs elsewhere find it. */
  get publicUrl(): string {
    return this.#config.publicUrl ?? this.#url;
  }

  /** Errors: `not_allowed` where nobody could be told apart, `conflict` for a port in use. */
  async listen({ host, port }: ListenOptions): Promise<void> {
    this.#checkExposure(host);
    const routes: KnownRoute[] = [];
    const app = await this.#createApi(routes);
    const limits = this.#limits;
    const { logger } = this.#dependencies;
    const http = createHttpServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.timeoutCheckIntervalMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      // Other protocols (h2c) may be asked for and ignored; the request is answered as it is.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    });
    http.maxConnections = limits.connectionsMax;
    const boundPort = await bind(http, host, port);
    const { allowedOrigins = [], publicUrl, originSecret } = this.#config;
    const rules = accessRules({ host, port: boundPort }, allowedOrigins, publicUrl);
    const { access } = this.#dependencies;
    const gatekeeper = new Gatekeeper({ access, rules, originSecret });
    this.#gatekeeper = gatekeeper;
    const door = new FrontDoor({
      gatekeeper,
      audit: this.#audit,
      ingest: this.#ingest,
      api: (request, response) => app.routing(request, response),
      routes,
      isReady: this.#config.isReady,
      live: (request, socket, head) => this.#live.accept(request, socket, head),
      limits,
      logger,
      metrics: this.#metrics,
    });
    http.on('request', (request, response) => door.request(request, response));
    http.on('upgrade', (request, socket, head) => door.upgrade(request, socket, head));
    http.on('error', (thrown) => logger.error({ err: thrown }, 'could not accept a connection'));
    http.on('clientError', (thrown, socket) => door.clientError(thrown, socket));
    this.#http = http;
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
  }

  /** Takes no more requests, lets those in flight finish for a while, then cuts them. */
  async close(): Promise<void> {
    const http = this.#http;
    if (!http) return;
    this.#http = undefined;
    this.#audit.flush();
    const { clock } = this.#dependencies;
    const endMs = clock.monotonicMs() + this.#limits.closeGraceMs;
    const closed = new Promise<'closed'>((resolve) => http.close(() => resolve('closed')));
    this.#live.close();
    for (;;) {
      // A connection that is kept alive becomes idle only after its last answer.
      http.closeIdleConnections();
      if ((await Promise.race([closed, clock.sleep(closeCheckIntervalMs)])) === 'closed') return;
      if (clock.monotonicMs() < endMs) continue;
      http.closeAllConnections();
      this.#live.terminate();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #createApi(routes: KnownRoute[]): Promise<Routes> {
    const app: Routes = createFastify<HttpServer>({
      logger: false,
      bodyLimit: this.#limits.apiBodyBytesMax,
      requestIdHeader: 'x-request-id',
      routerOptions: { maxParamLength: this.#limits.nameCharactersMax * longestEncoding },
      schemaController: { compilersFactory },
      frameworkErrors: (thrown, request, reply) => this.#answerError(thrown, request, reply),
    });
    app.removeContentTypeParser('text/plain');
    app.setErrorHandler((thrown: FastifyError, request, reply) =>
      this.#answerError(thrown, request, reply),
    );
    app.setNotFoundHandler(async (request, reply) => {
      if (await sendUnknownPage({ files: this.#config.console }, request, reply)) return reply;
      throw noRoute(routes, request.method, request.url);
    });
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, path: url });
    });
    const { isReady } = this.#config;
    guardRoutes(app, { gatekeeper: () => this.#door(), audit: this.#audit, isReady });
    if (this.#config.state !== undefined) keepChanges(app, this.#config.state);
    await app.register(swagger, describeApi(this.#config.version));
    this.#addRoutes(app);
    await app.ready();
    return app;
  }

  #addRoutes(app: Routes): void {
    const { log, backed, logger, pipelines, tables, care } = this.#dependencies;
    const { connections, discovery, library, doctor, demo, replays, alerts } = this.#dependencies;
    const { access, clock } = this.#dependencies;
    const publicUrl = (): string => this.publicUrl;
    const { state } = this.#config;
    const keep = async (): Promise<void> => await (state && keepChange(state));
    addAccessRoutes(app, { access, clock, gatekeeper: () => this.#door(), publicUrl, keep });
    addStreamRoutes(app, log, backed);
    addPipelineRoutes(app, pipelines, logger);
    addEditRoutes(app, pipelines);
    addTableRoutes(app, tables);
    if (care !== undefined) addCareRoutes(app, care, logger);
    if (connections !== undefined) addConnectionRoutes(app, connections, logger);
    if (discovery !== undefined) addDiscoveryRoutes(app, discovery);
    if (library !== undefined) addLibraryRoutes(app, library);
    if (replays !== undefined) addQuarantineRoutes(app, replays);
    if (alerts !== undefined) addAlertRoutes(app, alerts, clock);
    if (doctor !== undefined) addDoctorRoute(app, doctor);
    if (demo !== undefined) addDemoRoutes(app, demo);
    addQueryRoutes(app, { ...this.#dependencies, metrics: this.#metrics });
    const onDone = (outcome: string): void =>
      this.#metrics.count('helios_queries_total', { outcome });
    const { queries } = this.#dependencies;
    addSharedQueryRoute(app, new SharedAnswers({ ...this.#dependencies, onDone }), queries);
    addNotebookRoute(app, this.#dependencies, this.#config.publicUrl);
    addSystemRoutes(app, {
      server: this.#dependencies,
      config: this.#config,
      metrics: this.#metrics,
      recognise: (request) => this.#door().recognise(request),
      ownSamples: () => [
        { name: 'helios_ingest_body_bytes', labels: {}, value: this.#ingest.bodyBytes },
        { name: 'helios_live_sockets', labels: {}, value: this.#live.socketCount },
        ...alertSamples(alerts),
        ...stateSamples(this.#config.state, clock),
      ],
    });
    const { version, console: files } = this.#config;
    addConsoleRoutes(app, { files, version, url: () => this.#url });
  }

  #door(): Gatekeeper {
    assert(this.#gatekeeper !== undefined, 'a request came before the server listens');
    return this.#gatekeeper;
  }

  /** What others can reach needs to know them apart. */
  #checkExposure(host: string): void {
    const { access } = this.#dependencies;
    if (isLoopback(host) && !access.isRequired) return;
    if (!access.isRequired || !access.hasAdmin()) throw exposed(host);
  }

  #answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const answer = errorAnswer(thrown, request.id);
    logRefusal(this.#dependencies.logger, answer, request.raw);
    this.#audit.failed(request.raw, answer.failure.code);
    void reply.code(answer.status).headers(answer.headers).send(answer.body);
  }
}

const closeCheckIntervalMs = 20;

/** Percent-encoded UTF-8 takes up to nine characters for one. */
const longestEncoding = 9;

async function bind(http: HttpServer, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const onError = (thrown: Error): void => reject(bindError(thrown, host, port));
    http.once('error', onError);
    http.listen({ host, port }, () => {
      http.off('error', onError);
      resolve();
    });
  });
  const address = http.address();
  return typeof address === 'object' && address ? address.port : port;
}

function bindError(cause: Error, host: string, port: number): HeliosError {
  const hint = 'Choose another with --port; --port 0 picks a free one.';
  if (systemCode(cause) === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use, maybe by another Helios.`;
    return new HeliosError('conflict', message, { hint, cause });
  }
  const message = `Can't listen on ${host}:${port}: ${cause.message}.`;
  return new HeliosError('invalid_config', message, { hint, cause });
}

function exposed(host: string): HeliosError {
  const message = isLoopback(host)
    ? 'A token is required here, and no admin has one: nobody could come in.'
    : `Helios does not listen on ${host}: no admin has a token, so anybody there could use it.`;
  return new HeliosError('not_allowed', message, {
    hint:
      'Give one: --admin-token env:NAME, or file:PATH. Or start it on 127.0.0.1 first, and make ' +
      'one: helios token create NAME --scope admin.',
  });
}
