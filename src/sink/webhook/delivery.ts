import type { Agent } from 'node:http';
import { type BackoffPolicy, backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { sendRequest } from '../../connection/webhook/send-request.ts';
import type { WebhookTable } from '../../sql/connector/webhook/webhook-table.ts';
import type { SinkWait } from '../sink.ts';
import { type Outcome, outcomeOf, tooLarge } from './answer.ts';
import type { RequestBody } from './row-bodies.ts';
import type { Target } from './target.ts';

/** Somebody else's server may be away for a night: it is asked until it is back. */
const attempts: BackoffPolicy = { firstMs: 250, maxMs: 60_000, attemptsMax: Infinity };

/** A server that takes longer to answer is what the pipeline waits for. */
const slowMs = 2_000;

/** What is held of a request, and more than servers take. */
const requestBytesMax = 16 * 1024 * 1024;

export type DeliveryOptions = {
  readonly table: WebhookTable;
  readonly target: Target;
  readonly request: RequestBody;
  readonly key: string;
  readonly agent: Agent;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ends what is under way, with its reason. */
  readonly signal: AbortSignal;
  /** Ends waits for another try; what is under way goes on. */
  readonly resting: AbortSignal;
};

/**
 * One request until it is answered for good.
 *
 * ```
 * send ──▶ taken
 *  ▲  │──▶ refused: fails, or its rows are passed over
 *  └──┴ away, or busy: waits, and is sent again with the same key
 * ```
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #startedAtMs: number;
  /** When the try began that is under way. */
  #sentAtMs: number | undefined;
  #failure: SinkWait | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.monotonicMs();
  }

  /** Why it is not through yet; undefined while there is nothing to wonder about. */
  get wait(): SinkWait | undefined {
    if (this.#failure !== undefined) return this.#failure;
    const { clock, target } = this.#options;
    const sentAtMs = this.#sentAtMs;
    if (sentAtMs === undefined || clock.monotonicMs() - sentAtMs < slowMs) return undefined;
    const sinceMs = clock.nowMs() - (clock.monotonicMs() - sentAtMs);
    const message = `The webhook at ${target.shown} has not answered yet.`;
    const hint = 'Requests go one after the other, or as many at once as concurrency says.';
    return { sinceMs, error: new HeliosError('unavailable', message, { hint }) };
  }

  /** Resolves when it was taken, or with why its rows are passed over; rejects if that fails. */
  async run(): Promise<HeliosError | undefined> {
    const { table, target, request, clock, random } = this.#options;
    const { onError } = table;
    if (request.body.length > requestBytesMax) {
      return this.#dropped(tooLarge(target, request.body, requestBytesMax));
    }
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#send();
      if (outcome.kind === 'taken') return undefined;
      if (outcome.kind === 'refused') throw outcome.error;
      if (outcome.kind === 'unfit') return this.#dropped(outcome.error);
      const waitMs = Math.max(backoffMs(attempts, attempt, random), outcome.waitMs);
      const waitedMs = clock.monotonicMs() - this.#startedAtMs;
      const patienceMs = onError.kind === 'fail' ? undefined : onError.patienceMs;
      if (patienceMs !== undefined && waitedMs + waitMs > patienceMs) return outcome.error;
      this.#failure = { sinceMs: this.#failure?.sinceMs ?? clock.nowMs(), error: outcome.error };
      await this.#rest(waitMs);
    }
  }

  async #send(): Promise<Outcome> {
    const { table, target, request, key, agent, clock, signal } = this.#options;
    const { url, headers } = target;
    this.#sentAtMs = clock.monotonicMs();
    try {
      const answer = await sendRequest(
        {
          url,
          method: table.method,
          headers: { ...headers, 'idempotency-key': key },
          body: request.body,
          agent,
        },
        { signal, timeoutMs: table.timeoutMs },
      );
      return outcomeOf(answer, { target, body: request.body, nowMs: clock.nowMs() });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asHeliosError(thrown);
      if (error.code !== 'unreachable') throw error;
      return { kind: 'later', waitMs: 0, error };
    } finally {
      this.#sentAtMs = undefined;
    }
  }

  #dropped(error: HeliosError): HeliosError {
    if (this.#options.table.onError.kind === 'fail') throw error;
    return error;
  }

  async #rest(waitMs: number): Promise<void> {
    const { clock, signal, resting, target } = this.#options;
    try {
      await clock.sleep(waitMs, resting);
    } catch (thrown) {
      signal.throwIfAborted();
      if (resting.aborted) throw givenUp(target);
      throw thrown;
    }
  }
}

/** The pipeline stops, and the request isn't waited for. */
export function givenUp({ shown }: Pick<Target, 'shown'>): HeliosError {
  return new HeliosError('cancelled', `Calling ${shown} was given up: the pipeline stops.`);
}
