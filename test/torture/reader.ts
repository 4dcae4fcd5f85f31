import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './producer.ts';

const pauseMs = 150;
const answerTimeoutMs = 10_000;

/**
 * Asks what a person would see, again and again, through all deaths: a row that was visible stays
 * so, and none is there twice, while parts turn into files underneath.
 */
export class Reader {
  readonly #target: Target;
  readonly #table: string;
  readonly #done: Promise<void>;
  readonly faults: string[] = [];
  #isStopping = false;
  answers = 0;
  /** The newest refusal, for the report: some are to be expected while Helios comes up. */
  lastRefusal: string | undefined;
  #rowsSeen = 0;

  constructor(target: Target, table: string) {
    this.#target = target;
    this.#table = table;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      if (this.#target.url !== undefined) await this.#ask(this.#target.url);
      await sleep(pauseMs);
    }
  }

  async #ask(url: string): Promise<void> {
    const sql = `SELECT count(*), count(DISTINCT id) FROM ${this.#table}`;
    try {
      const response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql }),
        signal: AbortSignal.timeout(answerTimeoutMs),
      });
      const text = await response.text();
      if (response.ok) this.#check((JSON.parse(text) as { rows: unknown[][] }).rows);
      else this.lastRefusal = `${response.status} ${text}`;
    } catch (thrown) {
      this.lastRefusal = String(thrown);
    }
  }

  #check(rows: unknown[][]): void {
    const [all, distinct] = (rows[0] ?? []).map(Number);
    this.answers++;
    if (all !== distinct) {
      this.faults.push(`${this.#table}: a query saw ${all} rows of ${distinct} events`);
    }
    if (all! < this.#rowsSeen) {
      this.faults.push(`${this.#table}: a query saw ${all} rows after ${this.#rowsSeen}`);
    }
    this.#rowsSeen = all!;
  }
}
