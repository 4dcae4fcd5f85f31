import { randomBytes } from 'node:crypto';
import { HeliosError } from '../base/errors.ts';
import { securityHeaders, sendError } from './answer/send.ts';
import { answerClientError, answerOnSocket } from './answer/client-error.ts';
import { logRefusal } from './answer/log-refusal.ts';
import { ingestTarget, isIngestUrl } from './ingest/target.ts';
import { methodsOf, noRoute } from './not-found.ts';
import { checkReady } from './access/guard-routes.ts';
import type { AuditTrail } from './access/audit-trail.ts';
import type { Gatekeeper } from './access/gatekeeper.ts';
import type { ErrorAnswerParts } from './answer/error-answer.ts';
import type { Ingest, IngestRequest } from './ingest/ingest.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { ServerLimits } from './limits.ts';
import type { KnownRoute } from './not-found.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';

type FrontDoorParts = {
  readonly gatekeeper: Gatekeeper;
  readonly audit: AuditTrail;
  readonly ingest: Ingest;
  /** Whatever is not ingest. */
  readonly api: (request: IncomingMessage, response: ServerResponse) => void;
  readonly routes: readonly KnownRoute[];
  /** False while pipelines are brought back: then events are taken, and questions are not. */
  readonly isReady: () => boolean;
  readonly live: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly limits: Pick<ServerLimits, 'ingestBodyBytesMax' | 'nameCharactersMax'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/**
 * Where every request comes in: it gets an id, may be refused (Host, Origin), and goes to ingest,
 * to the API or to the live socket. Nothing behind it is reached by a request that was refused.
 */
export class FrontDoor {
  readonly #parts: FrontDoorParts;
  /** Ids are unique over restarts: this run's random part, then a number. */
  readonly #run: string = randomBytes(4).toString('hex');
  #requests = 0;

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    const id = this.#nextId();
    // Whatever the client sent as its id would be a way into the log.
    request.headers['x-request-id'] = id;
    try {
      const isIngest = isIngestUrl(request.url ?? '');
      const origin = this.#parts.gatekeeper.enter(request, id, isIngest);
      this.#route(request, response, { id, isIngest, headers: corsHeaders(origin, isIngest) });
    } catch (thrown) {
      this.#refuse(request, response, thrown);
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const id = this.#nextId();
    request.headers['x-request-id'] = id;
    // Node leaves a socket that is to be upgraded without a listener, and an error would be thrown.
    socket.on('error', (thrown) => this.#parts.logger.debug({ id, err: thrown }, 'live socket'));
    try {
      this.#parts.gatekeeper.enter(request, id, false);
      this.#parts.gatekeeper.admit(request, 'query');
      if (pathOf(request.url) !== livePath) {
        throw new HeliosError('not_found', `There is no socket at ${pathOf(request.url)}.`, {
          hint: `The live socket is at ${livePath}.`,
        });
      }
      checkReady(this.#parts.isReady());
      this.#parts.live(request, socket, head);
    } catch (thrown) {
      this.#report(answerOnSocket(socket, thrown, id), request);
    }
  }

  clientError(thrown: Error, socket: Duplex): void {
    const answer = answerClientError(thrown, socket, this.#nextId());
    if (answer) this.#report(answer, undefined);
  }

  /** Logs an answered error under its id, and counts it. */
  #report(answer: ErrorAnswerParts, request: IncomingMessage | undefined): void {
    const { logger, metrics, audit } = this.#parts;
    metrics.count('helios_http_requests_total', { status: String(answer.status) });
    logRefusal(logger, answer, request);
    const { status, failure } = answer;
    audit.refused(request, { action: request?.method ?? 'refused', status, code: failure.code });
  }

  #route(request: IncomingMessage, response: ServerResponse, { id, isIngest, headers }: Way): void {
    if (request.method === 'OPTIONS') {
      this.#answerOptions(request, response, { ...headers, 'x-request-id': id });
    } else if (!isIngest) {
      this.#toApi(request, response, { ...headers, 'x-request-id': id });
    } else if (request.method === 'POST') {
      this.#ingest({ request, response, id, headers });
    } else {
      this.#refuse(request, response, noRoute(ingestRoutes, request.method ?? '', '/ingest'));
    }
  }

  #ingest({ request, response, id, headers }: Omit<IngestRequest, 'target'>): void {
    const { gatekeeper, ingest, audit, limits } = this.#parts;
    try {
      const target = ingestTarget(request.url ?? '', limits.nameCharactersMax);
      const principal = gatekeeper.admitToIngest(request, target);
      ingest.answer({ request, response, target, id, headers }).then(
        () => audit.ingested(request, principal, target.stream),
        (thrown: unknown) => this.#refuseIngest(request, response, thrown),
      );
    } catch (thrown) {
      this.#refuseIngest(request, response, thrown);
    }
  }

  #toApi(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
  ): void {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.once('finish', () => {
      const status = String(response.statusCode);
      this.#parts.metrics.count('helios_http_requests_total', { status });
    });
    this.#parts.api(request, response);
  }

  #refuseIngest(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const code = thrown instanceof HeliosError ? thrown.code : 'internal';
    this.#parts.metrics.count('helios_ingest_rejections_total', { code });
    this.#refuse(request, response, thrown);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const id = String(request.headers['x-request-id']);
    const methods = isIngestUrl(request.url ?? '') ? ['POST'] : [];
    const headers: Record<string, string> =
      methods.length > 0 ? { allow: 'POST, OPTIONS', 'accept-encoding': 'gzip, zstd' } : {};
    this.#report(sendError(response, thrown, id, headers), request);
    discardRest(request, this.#parts.limits.ingestBodyBytesMax);
  }

  #answerOptions(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
  ): void {
    const url = request.url ?? '';
    const isIngest = isIngestUrl(url);
    const methods = isIngest ? ['POST'] : methodsOf(this.#parts.routes, url);
    if (methods.length === 0) throw noRoute(this.#parts.routes, 'OPTIONS', url);
    const allow = [...methods, 'OPTIONS'].join(', ');
    response.writeHead(204, {
      ...securityHeaders,
      ...headers,
      ...preflight(headers, allow),
      allow,
    });
    response.end();
  }

  #nextId(): string {
    this.#requests += 1;
    return `${this.#run}-${this.#requests.toString(36)}`;
  }
}

/** What a request is, before it goes to one of the two sides. */
type Way = {
  readonly id: string;
  readonly isIngest: boolean;
  readonly headers: Readonly<Record<string, string>>;
};

const livePath = '/api/v1/live';
const ingestRoutes: readonly KnownRoute[] = [{ method: 'POST', path: '/ingest' }];

function pathOf(url: string | undefined): string {
  return url?.split('?', 1)[0] ?? '';
}

function corsHeaders(
  origin: string | undefined,
  isIngest: boolean,
): Readonly<Record<string, string>> {
  if (origin === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    // `sendBeacon` always asks for it; a session's cookie is never sent by another site's page.
    ...(isIngest ? { 'access-control-allow-credentials': 'true' } : {}),
    'access-control-expose-headers': 'x-request-id, x-helios-saw, x-helios-query-id, retry-after',
    vary: 'origin',
  };
}

function preflight(
  headers: Readonly<Record<string, string>>,
  allow: string,
): Readonly<Record<string, string>> {
  if (headers['access-control-allow-origin'] === undefined) return {};
  return {
    'access-control-allow-methods': allow,
    'access-control-allow-headers':
      'authorization, content-type, content-encoding, idempotency-key, accept, if-match',
    'access-control-max-age': '600',
  };
}

/**
 * Reads on for a while what a refused client still sends: closing at once would reset the
 * connection before it has read why. `requestTimeoutMs` ends it in any case.
 */
function discardRest(request: IncomingMessage, bytesMax: number): void {
  if (request.complete || request.destroyed) return;
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) request.destroy();
  });
}
