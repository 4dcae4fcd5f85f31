import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { TableFacts } from './table-facts.ts';

/** What whoever lists the tables waits for one of them at most. */
const waitMsMax = 5_000;

export type Asked = {
  /** What is known without asking: given where the store doesn't answer. */
  readonly known: TableFacts;
  readonly ask: () => Promise<TableFacts>;
};

type Pending = { readonly facts: Promise<TableFacts>; readonly sinceMs: number };

/**
 * Asks tables for their facts, each for a bounded time: one whose store is away keeps nobody from
 * seeing the others. A table that still hasn't answered is not asked a second time.
 */
export class BoundedFacts {
  readonly #clock: Clock;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** With a `problem` where the table could not be asked. */
  async of({ known, ask }: Asked): Promise<TableFacts> {
    const pending = this.#pending.get(known.name) ?? this.#begin(known.name, ask);
    const waitMs = waitMsMax - (this.#clock.monotonicMs() - pending.sinceMs);
    const isOver = new AbortController();
    try {
      return await Promise.race([
        pending.facts,
        this.#timeout(known, { waitMs, signal: isOver.signal }),
      ]);
    } catch (thrown) {
      return { ...known, problem: asHeliosError(thrown) };
    } finally {
      isOver.abort();
    }
  }

  #begin(name: string, ask: () => Promise<TableFacts>): Pending {
    const end = (): boolean => this.#pending.delete(name);
    const facts = ask().finally(end);
    // Whoever waited may be gone when it fails.
    facts.catch(end);
    const pending = { facts, sinceMs: this.#clock.monotonicMs() };
    this.#pending.set(name, pending);
    return pending;
  }

  async #timeout(
    { name, path }: TableFacts,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<never> {
    await this.#clock.sleep(Math.max(0, waitMs), signal);
    throw new HeliosError(
      'unavailable',
      `${path ?? name} has not answered for ${waitMsMax / 1000} s.`,
      { hint: 'It is slow, or away. What else is said of the table is from before.' },
    );
  }
}
