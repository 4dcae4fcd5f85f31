import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Routes } from '../framework.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { needOf } from './route-needs.ts';

type GuardParts = {
  readonly gatekeeper: () => Gatekeeper;
  readonly audit: AuditTrail;
};

/** Asks of each route's request who it is, before its body is read, and keeps what was done. */
export function guardRoutes(app: Routes, { gatekeeper, audit }: GuardParts): void {
  app.addHook('onRequest', (request, _reply, done) => {
    gatekeeper().admit(request.raw, needOf(request.method, request.routeOptions.url));
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (isKept(request, reply)) {
      const { url = request.url } = request.routeOptions;
      audit.add(request.raw, {
        action: `${request.method} ${url}`,
        status: reply.statusCode,
        sql: sqlOf(request.body),
        durationMs: Math.round(reply.elapsedTime),
      });
    }
    done();
  });
}

/** What only looks and may: the console does it all the time. */
function isKept({ method, routeOptions }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  if (statusCode === 401 || statusCode === 403 || statusCode === 429) return true;
  const isLooking = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return !isLooking && !quietRoutes.has(routeOptions.url ?? '');
}

/** Asked with POST while somebody types. */
const quietRoutes: ReadonlySet<string> = new Set([
  '/api/v1/complete',
  '/api/v1/pipelines/validate',
]);

function sqlOf(body: unknown): string | undefined {
  const sql: unknown = Object(body).sql;
  return typeof sql === 'string' ? sql : undefined;
}
