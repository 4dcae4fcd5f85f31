import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';

/** Bounds the bytes that all requests together hold in memory. What is taken must be given back. */
export class MemoryBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws `too_busy` and takes nothing where there is not as much left. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) {
      throw new HeliosError('too_busy', 'Too many bytes of requests are in memory at once.', {
        hint: 'Send again after a moment, in smaller bodies or over fewer connections.',
        details: { bytesMax: this.#bytesMax },
      });
    }
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
    assert(this.#bytes >= 0, 'more bytes given back than taken');
  }
}

/** One request's share of the budget: given back as a whole. */
export class MemoryShare {
  readonly #budget: MemoryBudget;
  #bytes = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  take(bytes: number): void {
    this.#budget.take(bytes);
    this.#bytes += bytes;
  }

  giveBack(): void {
    this.#budget.giveBack(this.#bytes);
    this.#bytes = 0;
  }
}
