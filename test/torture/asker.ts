import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './producer.ts';

const pauseMs = 50;
const answerTimeoutMs = 10_000;

/** Asks Helios something; adds what is wrong with the answer to `faults`. */
export type Question = (
  url: string,
  options: { readonly signal: AbortSignal; readonly faults: string[] },
) => Promise<void>;

/** Asks the same question again and again, through all deaths, until told to stop. */
export class Asker {
  readonly #question: Question;
  readonly #target: Target;
  readonly #done: Promise<void>;
  readonly faults: string[] = [];
  #isStopping = false;
  answers = 0;

  constructor(target: Target, question: Question) {
    this.#target = target;
    this.#question = question;
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
    try {
      const signal = AbortSignal.timeout(answerTimeoutMs);
      await this.#question(url, { signal, faults: this.faults });
      this.answers++;
    } catch {
      // Helios dies all the time: that there is no answer is not what is looked for here.
    }
  }
}

/** What a person would see: a row that was visible stays so, and none is there twice. */
export function countRows(table: string, tell?: (rows: number) => void): Question {
  let rowsSeen = 0;
  return async (url, { signal, faults }) => {
    const response = await fetch(`${url}/api/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql: `SELECT count(*), count(DISTINCT id) FROM ${table}` }),
      signal,
    });
    if (!response.ok) throw new Error(`${response.status}`);
    const { rows } = (await response.json()) as { rows: unknown[][] };
    const [all = 0, distinct] = (rows[0] ?? []).map(Number);
    if (all !== distinct) {
      faults.push(`${table}: a query saw ${all} rows of ${distinct} events`);
    }
    if (all < rowsSeen) faults.push(`${table}: a query saw ${all} rows after ${rowsSeen}`);
    rowsSeen = all;
    tell?.(all);
  };
}

/** No pipeline fails for good, whatever was done to it. */
export async function watchPipelines(
  url: string,
  { signal, faults }: Parameters<Question>[1],
): Promise<void> {
  const response = await fetch(`${url}/api/v1/pipelines`, { signal });
  const { pipelines } = (await response.json()) as {
    pipelines: { name: string; state: string; error?: { message: string } }[];
  };
  for (const { name, state, error } of pipelines) {
    if (state === 'failed') faults.push(`the pipeline ${name} failed: ${error?.message}`);
  }
}
