import type { ErrorAnswer } from '../api.ts';
import type { ProgressAnswer } from './care-api.ts';

type Work<Result> = (onProgress: (progress: ProgressAnswer) => void) => Promise<Result>;

/**
 * NDJSON of what a piece of work tells while it goes on, and of its result at the end. Of what it
 * tells faster than it is read, only the newest is sent.
 */
export async function* progressLines<Result>(
  work: Work<Result>,
  failed: (thrown: unknown) => ErrorAnswer,
): AsyncGenerator<string> {
  const told = new Newest<ProgressAnswer>();
  const ended = work((progress) => told.tell(progress))
    .then(
      (result) => ({ result }),
      (thrown: unknown) => failed(thrown),
    )
    .finally(() => told.end());
  for await (const progress of told) yield `${JSON.stringify({ progress })}\n`;
  yield `${JSON.stringify(await ended)}\n`;
}

/** Gives the newest of what is told, whenever it is asked. */
class Newest<T> implements AsyncIterable<T> {
  #value: T | undefined;
  #isEnded = false;
  #wake = Promise.withResolvers<void>();

  tell(value: T): void {
    this.#value = value;
    this.#wake.resolve();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      await this.#wake.promise;
      const value = this.#value;
      if (value !== undefined) yield value;
      this.#value = undefined;
      if (this.#isEnded) return;
      this.#wake = Promise.withResolvers();
    }
  }
}
