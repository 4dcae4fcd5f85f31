import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorCodes, HeliosError } from '../../base/errors.ts';
import type { Routes } from '../framework.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { needOf } from './route-needs.ts';
import { visitorOf } from './visitor.ts';

type GuardParts = {
  /** False while pipelines are brought back: answers of now would lack what isn't yet. */
  readonly isReady: () => boolean;
  readonly gatekeeper: () => Gatekeeper;
  readonly audit: AuditTrail;
};

/** Asks of each route's request who it is, before its body is read, and keeps what was done. */
export function guardRoutes(app: Routes, { gatekeeper, audit, isReady }: GuardParts): void {
  app.addHook('onRequest', (request, reply, done) => {
    // Fastify's own hook isn't called where the client goes away before it has the whole answer.
    reply.raw.once('close', () => keepDone(audit, request, reply));
    // By the route, not the address: one route has many ways to write it.
    const { url } = request.routeOptions;
    if (url?.startsWith('/api/') === true) checkReady(isReady());
    gatekeeper().admit(request.raw, needOf(request.method, url));
    done();
  });
}

/** Errors: `unavailable`. */
export function checkReady(isReady: boolean): void {
  if (isReady) return;
  throw new HeliosError('unavailable', 'Helios is starting: its pipelines are brought back.', {
    hint: 'Ask again in a moment; /healthz says when it is ready. Events are taken already.',
  });
}

function keepDone(audit: AuditTrail, request: FastifyRequest, reply: FastifyReply): void {
  if (!isKept(request, reply)) return;
  const { url } = request.routeOptions;
  const isCut = !reply.raw.writableFinished;
  const done = {
    // Not the address where no route takes it: the target has that, with nothing secret in it.
    action: url === undefined ? request.method : `${request.method} ${url}`,
    status: reply.raw.headersSent ? reply.statusCode : errorCodes.cancelled.httpStatus,
    code: isCut ? 'cancelled' : undefined,
    sql: sqlOf(request.body),
    durationMs: Math.round(reply.elapsedTime),
  };
  const isStranger = visitorOf(request.raw)?.principal === undefined;
  const isCounted = isStranger || (isRefused(reply) && done.sql === undefined);
  if (isCounted) audit.refused(request.raw, done);
  else audit.add(request.raw, done);
}

/** What only looks and may: the console does it all the time. */
function isKept({ method, routeOptions }: FastifyRequest, reply: FastifyReply): boolean {
  if (isRefused(reply)) return true;
  const isLooking = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return !isLooking && !quietRoutes.has(routeOptions.url ?? '');
}

function isRefused({ statusCode }: FastifyReply): boolean {
  return statusCode === 401 || statusCode === 403 || statusCode === 429;
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
