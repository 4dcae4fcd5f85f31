import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';

/** A time by which something ends, with what was found until then, or with `timeout`. */
export class Deadline implements Disposable {
  readonly #passed = new AbortController();
  readonly #done = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onAbort: () => void;

  constructor(clock: Clock, timeoutMs: number, outer: AbortSignal) {
    this.#outer = outer;
    this.#onAbort = () => this.#passed.abort(outer.reason);
    if (outer.aborted) this.#onAbort();
    outer.addEventListener('abort', this.#onAbort, { once: true });
    clock.sleep(timeoutMs, this.#done.signal).then(
      () => this.#passed.abort(tooSlow(timeoutMs)),
      // It ended in time.
      () => undefined,
    );
  }

  /** Aborts at the deadline, and with the caller's signal. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  get hasPassed(): boolean {
    return this.#passed.signal.aborted;
  }

  /** The work's result; or rejects at the deadline, and nobody waits for the work any more. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    // What fails when nobody waits any more, or was begun too late, would end the process.
    work.catch(() => undefined);
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work, promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.dispose](): void {
    this.#outer.removeEventListener('abort', this.#onAbort);
    this.#done.abort();
  }
}

function tooSlow(timeoutMs: number): HeliosError {
  return new HeliosError('timeout', `It took longer than ${timeoutMs / 1000} s.`, {
    hint: 'Give it more time, look at fewer partitions, or check the network on the way.',
  });
}
