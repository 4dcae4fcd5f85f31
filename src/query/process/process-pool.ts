import { HeliosError } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { hasPassed } from './has-passed.ts';
import type { QueryProcess } from './query-process.ts';

export type PoolOptions = {
  readonly start: () => Promise<QueryProcess>;
  /** Processes at one time, the warm spare included. */
  readonly processesMax: number;
  /** Queries that may wait for a process; the next one is refused. */
  readonly waitingMax: number;
  /** A process is replaced after so many queries. */
  readonly queriesPerProcessMax: number;
  readonly clock: Clock;
};

/**
 * A query that takes so long has a spare started beside it. Those that are quicker have the machine
 * to themselves: a start takes more of it than most of them.
 */
const spareAfterMs = 250;

/** A process for one query. `release` gives it back; what isn't healthy is ended and replaced. */
export type Lease = {
  readonly process: QueryProcess;
  readonly release: (health: 'healthy' | 'spoiled') => Promise<void>;
};

type Waiter = {
  readonly resolve: (lease: Lease) => void;
  readonly reject: (thrown: unknown) => void;
};

/**
 * Query processes: one is always there, more are started while queries need them or run for long,
 * and no process serves two queries at a time. Every process is idle, leased or starting.
 */
export class ProcessPool {
  readonly #options: PoolOptions;
  readonly #idle: QueryProcess[] = [];
  readonly #leased = new Set<QueryProcess>();
  readonly #waiting: Waiter[] = [];
  readonly #starting = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the spare, so that the first query finds it. */
  warm(): void {
    if (this.#idle.length + this.#starting.size === 0) this.#startOne();
  }

  /**
   * Waits its turn; rejects with `too_busy` when too many wait already, and with the signal's
   * reason.
   */
  async lease(signal: AbortSignal): Promise<Lease> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new HeliosError('unavailable', 'Helios is shutting down.');
    const { waitingMax } = this.#options;
    if (this.#waiting.length >= waitingMax) {
      throw new HeliosError('too_busy', `${waitingMax} queries are waiting already.`, {
        hint: 'Try again in a moment.',
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    const waiter = { resolve, reject };
    const onAbort = (): void => {
      this.#forget(waiter);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(waiter);
    this.#handOut();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Ends every process; queries that wait are refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new HeliosError('unavailable', 'Helios is shutting down.'));
    }
    await Promise.all([...this.#idle.splice(0), ...this.#leased].map((one) => one.close()));
    await Promise.all(this.#starting);
  }

  #forget(waiter: Waiter): void {
    const index = this.#waiting.indexOf(waiter);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #handOut(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const process = this.#idle.pop();
      if (process === undefined || !process.isAlive) continue;
      this.#waiting.shift()?.resolve(this.#leaseOf(process));
    }
    this.#startUpTo(Math.max(this.#waiting.length, this.#leased.size === 0 ? 1 : 0));
  }

  /** Has so many ready or starting, where there may be more. */
  #startUpTo(wanted: number): void {
    for (let ready = this.#idle.length + this.#starting.size; ready < wanted; ready++) {
      const all = this.#idle.length + this.#starting.size + this.#leased.size;
      if (all >= this.#options.processesMax || this.#isClosed) return;
      this.#startOne();
    }
  }

  #leaseOf(process: QueryProcess): Lease {
    this.#leased.add(process);
    const ended = new AbortController();
    const isLast = process.queryCount + 1 >= this.#options.queriesPerProcessMax;
    void this.#startSpare(isLast ? 0 : spareAfterMs, ended.signal);
    return {
      process,
      release: async (health) => {
        ended.abort();
        this.#leased.delete(process);
        const isWornOut = process.queryCount >= this.#options.queriesPerProcessMax;
        const isKept = health === 'healthy' && process.isAlive && !isWornOut && !this.#isClosed;
        if (isKept) this.#idle.push(process);
        this.#handOut();
        if (!isKept) await process.close();
      },
    };
  }

  async #startSpare(afterMs: number, signal: AbortSignal): Promise<void> {
    const isWanted = await hasPassed(this.#options.clock, { durationMs: afterMs, signal });
    if (isWanted) this.#startUpTo(1);
  }

  #startOne(): void {
    const started = this.#start().then(() => {
      this.#starting.delete(started);
      this.#handOut();
    });
    this.#starting.add(started);
  }

  async #start(): Promise<void> {
    try {
      const process = await this.#options.start();
      if (this.#isClosed) return await process.close();
      // Behind those that have run queries, which are quicker, and know the files of the last one.
      this.#idle.unshift(process);
      void process.exited.then(() => this.#remove(process));
    } catch (thrown) {
      // Nobody else would be told: whoever waits longest is.
      this.#waiting.shift()?.reject(thrown);
    }
  }

  /** A spare that died on its own. */
  #remove(process: QueryProcess): void {
    const index = this.#idle.indexOf(process);
    if (index < 0) return;
    this.#idle.splice(index, 1);
    void process.close();
    this.#handOut();
  }
}
