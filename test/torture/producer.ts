import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../src/cli/generate/random.ts';
import type { Ledger, Request } from './ledger.ts';

/** Where Helios answers at the moment; undefined while it is dead. Closed: it won't come again. */
export type Target = { url: string | undefined; isClosed: boolean };

export type ProducerOptions = {
  readonly name: string;
  /** Ids are `idStart`, `idStart` + 1, … */
  readonly idStart: number;
  /** Whether requests carry an Idempotency-Key, and are repeated until they are acknowledged. */
  readonly isKeyed: boolean;
  readonly stream: string;
  readonly ledger: Ledger;
  readonly target: Target;
  readonly random: SeededRandom;
  readonly pauseMs: number;
};

const retryPauseMs = 25;
const answerTimeoutMs = 10_000;

/** Sends events from when it is started until it is stopped, through all of Helios's deaths. */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #done: Promise<void>;
  #requests = 0;
  #nextId: number;
  #isStopping = false;
  /** An answer that no well-formed request may get. */
  refusal: string | undefined;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#nextId = options.idStart;
    this.#done = this.#run();
  }

  /** Sends nothing new, and waits until what must be acknowledged is. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    const { ledger, target, pauseMs } = this.#options;
    while (!this.#isStopping && !target.isClosed) {
      if (target.url === undefined) {
        await sleep(retryPauseMs);
        continue;
      }
      const { request, body } = this.#makeRequest();
      ledger.sent(request);
      await this.#send(request, body);
      await sleep(pauseMs);
    }
    ledger.close();
  }

  async #send(request: Request, body: string): Promise<void> {
    for (;;) {
      if (await this.#attempt(request, body)) {
        this.#options.ledger.acknowledged(request.number);
        return;
      }
      // Without a key nobody can tell whether it arrived: sending it again might double it.
      if (request.key === undefined || this.refusal !== undefined) return;
      if (this.#options.target.isClosed) return;
      await sleep(retryPauseMs);
    }
  }

  async #attempt(request: Request, body: string): Promise<boolean> {
    const { target, stream } = this.#options;
    if (target.url === undefined) return false;
    try {
      const response = await fetch(`${target.url}/ingest/${stream}`, {
        method: 'POST',
        body,
        headers: request.key === undefined ? {} : { 'idempotency-key': request.key },
        signal: AbortSignal.timeout(answerTimeoutMs),
      });
      const answer = await response.text();
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        this.refusal ??= `${response.status} ${answer}`;
        this.#isStopping = true;
      }
      return response.ok;
    } catch {
      return false;
    }
  }

  #makeRequest(): { readonly request: Request; readonly body: string } {
    const { name, random, isKeyed } = this.#options;
    const goodIds: number[] = [];
    const badIds: number[] = [];
    const lines: string[] = [];
    const eventCount = random.chance(0.02) ? 2_000 : 1 + random.below(20);
    for (let index = 0; index < eventCount; index++) {
      const id = this.#nextId++;
      // The first line decides whether a body is NDJSON at all.
      const isBad = index > 0 && random.chance(0.02);
      (isBad ? badIds : goodIds).push(id);
      lines.push(isBad ? badLine(id, random.next()) : goodLine(id, name));
    }
    const number = this.#requests++;
    const key = isKeyed ? `${name}-${number}` : undefined;
    return { request: { number, key, goodIds, badIds }, body: `${lines.join('\n')}\n` };
  }
}

function goodLine(id: number, producer: string): string {
  const at = new Date().toISOString();
  return JSON.stringify({ id, producer, at, text: `event ${id} of ${producer}, long enough` });
}

function badLine(id: number, choice: number): string {
  if (choice < 0.4) return `{"id": ${id}, "producer": 7, "at": "yesterday"}`;
  if (choice < 0.8) return `{"id": ${id}, "producer": "torn`;
  return `[{"id": ${id}}]`;
}
