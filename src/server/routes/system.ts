import '@fastify/swagger';
import { errorSchema, healthSchema } from '../schemas.ts';
import { HeliosError } from '../../base/errors.ts';
import { timeText } from '../wire.ts';
import { measuredSamples } from '../metrics/samples.ts';
import type { IncomingMessage } from 'node:http';
import { meets } from '../../access/scope.ts';
import type { Principal } from '../../access/token.ts';
import type { PipelineStateName } from '../api.ts';
import type { HealthAnswer, HealthFacts } from '../health-api.ts';
import type { ServerConfig, ServerDependencies } from '../dependencies.ts';
import type { Routes } from '../framework.ts';
import type { Metrics, Sample } from '../metrics/metrics.ts';

export type SystemDependencies = {
  readonly server: ServerDependencies;
  readonly config: ServerConfig;
  readonly metrics: Metrics;
  /** Who asks, as far as can be told. */
  readonly recognise: (request: IncomingMessage) => Principal | undefined;
  /** The server's own gauges. */
  readonly ownSamples: () => readonly Sample[];
};

/**
 * `/healthz`, `/metrics`, `/api/v1/openapi.json`, and what `/api/v1/live` is without a socket.
 */
export function addSystemRoutes(app: Routes, dependencies: SystemDependencies): void {
  const { server, metrics } = dependencies;
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether Helios is ready',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    ({ raw }, reply): HealthAnswer => {
      const principal = dependencies.recognise(raw);
      const mayRead = principal !== undefined && meets(principal.scopes, 'read');
      const answer = { ...basics(dependencies), ...(mayRead ? facts(dependencies) : {}) };
      reply.code(answer.status === 'ready' ? 200 : 503);
      return answer;
    },
  );
  app.get(
    '/metrics',
    { schema: { summary: 'Metrics in the Prometheus text format' } },
    async (_request, reply) => {
      const samples = [...measuredSamples(server), ...dependencies.ownSamples()];
      reply.type('text/plain; version=0.0.4; charset=utf-8');
      return await reply.send(metrics.text(samples));
    },
  );
  app.get('/api/v1/live', { schema: liveSchema }, (_request, reply) => {
    reply.header('upgrade', 'websocket');
    throw new HeliosError('upgrade_required', 'The live socket speaks WebSocket.', {
      hint: 'Connect with a WebSocket client, such as helios tail.',
    });
  });
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger());
}

const liveSchema = {
  summary: 'Live socket (WebSocket): tails, query progress, pipelines, multiplexed',
  response: { 426: errorSchema },
};

function stateAnswer(state: ServerConfig['state']): HealthAnswer['state'] {
  if (state === undefined) return undefined;
  const { location, number, keptAtMs, failing } = state.status();
  return {
    location,
    number,
    kept_at: timeText(keptAtMs),
    failing: failing && { since: timeText(failing.sinceMs), message: failing.message },
  };
}

function basics({ config }: SystemDependencies): HealthAnswer {
  return {
    status: config.isReady() ? 'ready' : 'starting',
    version: config.version,
    uptime_ms: Math.round(process.uptime() * 1000),
  };
}

function facts({ server, config }: SystemDependencies): HealthFacts {
  const pipelines: Record<PipelineStateName, number> = {
    running: 0,
    paused: 0,
    stopped: 0,
    finished: 0,
    retrying: 0,
    failed: 0,
  };
  for (const { state } of server.pipelines.list()) pipelines[state] += 1;
  return {
    pipelines,
    streams: server.log.listStreams().length + (server.backed?.count ?? 0),
    tables: server.tables.count,
    state: stateAnswer(config.state),
    sandbox: server.queries.capabilities(),
  };
}
