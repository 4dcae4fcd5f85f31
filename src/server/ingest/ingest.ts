import { HeliosError } from '../../base/errors.ts';
import { frameBody } from '../../log/framing.ts';
import { sendText } from '../answer/send.ts';
import { readBody } from './body.ts';
import { MemoryBudget, MemoryShare } from './memory-budget.ts';
import type { Accepted, IngestStreams } from '../../log/backed-streams.ts';
import type { ServerDependencies } from '../dependencies.ts';
import type { ServerLimits } from '../limits.ts';
import type { IngestTarget } from './target.ts';
import type { Counter, Metrics } from '../metrics/metrics.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';

type IngestDependencies = Pick<ServerDependencies, 'log' | 'backed' | 'pipelines' | 'logger'> & {
  readonly limits: ServerLimits;
  readonly metrics: Metrics;
};

/** One request, before its body. `headers` go into its answer. */
export type IngestRequest = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: IngestTarget;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
};

/**
 * `POST /ingest[/{stream}]`: a body in, its lines into the log, `ok` once they are durable. All of
 * a request is stored, or none of it. It stands beside fastify, whose routing and hooks cost a
 * quarter of the requests a second of small bodies.
 */
export class Ingest {
  readonly #dependencies: IngestDependencies;
  readonly #budget: MemoryBudget;
  readonly #counters = new Map<string, StreamCounters>();

  constructor(dependencies: IngestDependencies) {
    this.#dependencies = dependencies;
    this.#budget = new MemoryBudget(dependencies.limits.ingestMemoryBytesMax);
  }

  /** Bytes of bodies in memory now. */
  get bodyBytes(): number {
    return this.#budget.bytes;
  }

  /** Answers a POST; rejects, without an answer, where nothing was stored. */
  async answer({ request, response, target, id, headers }: IngestRequest): Promise<void> {
    const appended = await this.#store(request, target.stream);
    const allHeaders = { ...headers, 'x-request-id': id, ...duplicateHeaders(appended) };
    const isQueryable =
      !target.isWaitingUntilQueryable || (await this.#isQueryable(target.stream, appended, id));
    if (isQueryable) sendText(response, { status: 200, text: 'ok', headers: allHeaders });
    else
      sendText(response, { status: 202, text: 'stored, not yet queryable', headers: allHeaders });
  }

  async #store(request: IncomingMessage, stream: string): Promise<Accepted> {
    const { limits, log, backed } = this.#dependencies;
    const streams: IngestStreams = backed?.has(stream) === true ? backed : log;
    const idempotencyKey = idempotencyKeyOf(request, limits.idempotencyKeyCharactersMax);
    // An unknown stream is refused before its body is read.
    streams.checkStream(stream);
    const share = new MemoryShare(this.#budget);
    try {
      const body = await readBody(request, limits, share);
      const byteLength = body.reduce((sum, chunk) => sum + chunk.byteLength, 0);
      const { lines } = frameBody(body);
      const appended = await streams.append(stream, { lines, idempotencyKey });
      const counters = this.#countersOf(stream);
      counters.requests.value += 1;
      counters.bytes.value += byteLength;
      return appended;
    } finally {
      share.giveBack();
    }
  }

  #countersOf(stream: string): StreamCounters {
    const known = this.#counters.get(stream);
    if (known) return known;
    const { metrics } = this.#dependencies;
    const counters = {
      requests: metrics.counter('helios_ingest_requests_total', { stream }),
      bytes: metrics.counter('helios_ingest_bytes_total', { stream }),
    };
    this.#counters.set(stream, counters);
    return counters;
  }

  /** From here on the request is durable: a failure to wait is not a failure to store. */
  async #isQueryable(stream: string, appended: Accepted, id: string): Promise<boolean> {
    const { limits, logger, pipelines } = this.#dependencies;
    const { partition, to } = appended;
    const positions = new Map(partition === '' ? [] : [[String(partition), String(to)]]);
    try {
      const outcome = await pipelines.waitUntilQueryable(stream, positions, limits.queryableWaitMs);
      return outcome === 'queryable';
    } catch (thrown) {
      logger.error({ id, err: thrown, stream }, 'could not wait until a request is queryable');
      return false;
    }
  }
}

type StreamCounters = { readonly requests: Counter; readonly bytes: Counter };

function duplicateHeaders(appended: Accepted): Readonly<Record<string, string>> {
  return appended.isDuplicate ? { 'idempotent-replayed': 'true' } : {};
}

function idempotencyKeyOf(request: IncomingMessage, charactersMax: number): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && key.length >= 1 && key.length <= charactersMax) return key;
  throw new HeliosError('invalid_request', 'The Idempotency-Key header is empty or too long.', {
    hint: `Use 1 to ${charactersMax} characters, such as a UUID.`,
  });
}
