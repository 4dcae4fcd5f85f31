import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import type { QueryRecord } from './query.ts';

/** How many queries are remembered. */
const recordsMax = 1000;

/** The queries that run and the last ones that ran. */
export class QueryHistory {
  readonly #clock: Clock;
  /** In order of their start. */
  readonly #records = new Map<string, QueryRecord>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Newest first. */
  list(): readonly QueryRecord[] {
    return [...this.#records.values()].toReversed();
  }

  start(id: string, sql: string): void {
    this.#records.set(id, {
      id,
      sql,
      startedAtMs: this.#clock.nowMs(),
      durationMs: undefined,
      rowCount: undefined,
      state: 'running',
      errorCode: undefined,
    });
    const oldest = this.#records.keys().next().value;
    if (this.#records.size > recordsMax && oldest !== undefined) this.#records.delete(oldest);
  }

  /** `durationMs` by a clock that doesn't jump. */
  finish(
    id: string,
    end: { readonly durationMs: number; readonly outcome: number | HeliosError },
  ): void {
    const record = this.#records.get(id);
    if (record === undefined || record.state !== 'running') return;
    const { durationMs, outcome } = end;
    this.#records.set(
      id,
      outcome instanceof HeliosError
        ? {
            ...record,
            durationMs,
            state: outcome.code === 'cancelled' ? 'cancelled' : 'failed',
            errorCode: outcome.code,
          }
        : { ...record, durationMs, state: 'done', rowCount: outcome },
    );
  }
}
