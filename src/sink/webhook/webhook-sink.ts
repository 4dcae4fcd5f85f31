import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Secrets } from '../../connection/connection.ts';
import type { WebhookTable } from '../../sql/connector/webhook/webhook-table.ts';
import type { AppendSink, RefusedRequest, SinkWait } from '../sink.ts';
import { Delivery, givenUp } from './delivery.ts';
import { type RequestBody, rowBodies } from './row-bodies.ts';
import { resolveTarget, type Target } from './target.ts';

export type WebhookSinkOptions = {
  readonly table: WebhookTable;
  readonly pipelineId: string;
  /** Of the table. */
  readonly name: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told of rows that are dropped. */
  readonly onProblem: (problem: HeliosError) => void;
  /** Aborts when the pipeline shall stop. */
  readonly stopping?: AbortSignal | undefined;
};

/** Requests that are being made when the pipeline shall stop have so long to end. */
const stopPatienceMs = 5_000;

/** As many rows as take a second where each takes some milliseconds. */
const epochBytesFirst = 64 * 1024;

/**
 * Rows as requests, at least once: an epoch's requests are answered before its manifest is put, and
 * made again where Helios ended in between. Rows that come again in the same place have the same
 * key (`Idempotency-Key`), by which a receiver tells them; no two others have.
 *
 * A server that is away is waited for, here, for as long as it takes: nothing that was answered is
 * sent again because of it.
 */
export class WebhookSink implements AppendSink {
  readonly kind = 'append';
  readonly tableId = 'webhook';
  readonly encoding: AppendSink['encoding'];
  readonly epochBytesFirst: number = epochBytesFirst;
  readonly #options: WebhookSinkOptions;
  readonly #agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
  readonly #deliveries = new Set<Delivery>();
  #target: Target | undefined;
  #droppedCount = 0;
  #refused: readonly RefusedRequest[] = [];

  constructor(options: WebhookSinkOptions) {
    const { template, concurrency } = options.table;
    this.#options = options;
    this.encoding = template === undefined ? 'json' : { kind: 'template', template };
    const settings = { keepAlive: true, maxSockets: concurrency };
    this.#agents = { http: new HttpAgent(settings), https: new HttpsAgent(settings) };
  }

  get location(): string {
    return this.#target?.shown ?? 'webhook';
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** In the order of the rows. */
  takeRefused(): readonly RefusedRequest[] {
    const refused = this.#refused;
    this.#refused = [];
    return refused;
  }

  /** Nothing can be taken back. */
  async recover(): Promise<void> {
    await Promise.resolve();
  }

  async prepare(): Promise<void> {
    await this.#resolve();
  }

  /** Gives the bytes of all rows so far. `cancelled`: the pipeline stops. */
  async append(path: string, after: number): Promise<number> {
    const end = new AbortController();
    const { clock, stopping } = this.#options;
    const giveUp = (): void => {
      clock.sleep(stopPatienceMs, end.signal).then(
        () => end.abort(givenUp({ shown: this.location })),
        // It ended in time.
        () => undefined,
      );
    };
    stopping?.addEventListener('abort', giveUp, { once: true });
    if (stopping?.aborted === true) giveUp();
    try {
      return await this.#append(path, after, end);
    } finally {
      stopping?.removeEventListener('abort', giveUp);
      end.abort();
    }
  }

  /** What keeps the oldest of its requests. */
  waiting(): SinkWait | undefined {
    const waits = [...this.#deliveries].flatMap((delivery) => delivery.wait ?? []);
    return waits.toSorted((a, b) => a.sinceMs - b.sinceMs)[0];
  }

  async close(): Promise<void> {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
    await Promise.resolve();
  }

  async #append(path: string, after: number, end: AbortController): Promise<number> {
    const { table } = this.#options;
    const { size } = await stat(path);
    const dropped: Dropped = { rowCount: 0, first: undefined, requests: [] };
    this.#refused = [];
    const send = await this.#sender(end, dropped);
    const running = new Set<Promise<void>>();
    const options = { offset: after, isEncoded: this.encoding !== 'json', batch: table.batch };
    for await (const request of rowBodies(path, options)) {
      const sending = send(request)
        // The others end for the same reason.
        .catch((thrown: unknown) => end.abort(thrown))
        .finally(() => running.delete(sending));
      running.add(sending);
      while (running.size >= table.concurrency) await Promise.race(running);
      if (end.signal.aborted) break;
    }
    await Promise.all(running);
    if (dropped.first !== undefined) this.#tellDropped(dropped.rowCount, dropped.first);
    end.signal.throwIfAborted();
    this.#refused = dropped.requests
      .toSorted((a, b) => a.request.offset - b.request.offset)
      .map(({ request: { offset, body }, error }) => ({ place: String(offset), body, error }));
    return after + size;
  }

  async #sender(
    end: AbortController,
    dropped: Dropped,
  ): Promise<(request: RequestBody) => Promise<void>> {
    const { table, clock, random, stopping } = this.#options;
    const target = await this.#resolve();
    const agent = target.url.protocol === 'https:' ? this.#agents.https : this.#agents.http;
    const { signal } = end;
    const resting = stopping === undefined ? signal : AbortSignal.any([signal, stopping]);
    return async (request) => {
      const key = this.#keyOf(request);
      const options = { table, target, request, key, agent, clock, random, signal, resting };
      const delivery = new Delivery(options);
      this.#deliveries.add(delivery);
      try {
        const error = await delivery.run();
        if (error === undefined) return;
        dropped.first ??= error;
        dropped.rowCount += request.rowCount;
        if (table.onError.kind === 'quarantine') dropped.requests.push({ request, error });
      } finally {
        this.#deliveries.delete(delivery);
      }
    };
  }

  /** The same for the same rows in the same place, and for no others. */
  #keyOf({ body, offset }: RequestBody): string {
    const { pipelineId, name } = this.#options;
    const hash = createHash('sha256').update(`${pipelineId}\n${name}\n${offset}\n`).update(body);
    return hash.digest('hex').slice(0, keyCharacters);
  }

  #tellDropped(rowCount: number, first: HeliosError): void {
    this.#droppedCount += rowCount;
    const { name, onProblem } = this.#options;
    const isKept = this.#options.table.onError.kind === 'quarantine';
    const became = isKept ? `put ${rowCount} rows into quarantine` : `dropped ${rowCount} rows`;
    const what = `${name} ${became} that its webhook did not take`;
    const message = `${what}: ${first.message}`;
    onProblem(new HeliosError(first.code, message, { hint: first.hint, cause: first }));
  }

  /** Once: whoever opens the sink again looks secrets up again. */
  async #resolve(): Promise<Target> {
    this.#target ??= await resolveTarget(this.#options.table, this.#options.secrets);
    return this.#target;
  }
}

/** Of one epoch. */
type Dropped = {
  rowCount: number;
  first: HeliosError | undefined;
  /** Those that shall be kept. */
  readonly requests: { readonly request: RequestBody; readonly error: HeliosError }[];
};

/** 128 bits: no two agree by chance. */
const keyCharacters = 32;
