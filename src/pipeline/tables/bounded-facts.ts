import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { TableFacts } from './table-facts.ts';

/** What whoever lists the tables waits for one of them at most, once it is asked. */
const waitMsMax = 5_000;

/** A list waits so long for its tables' turns. What had none by then is as it was known. */
const turnsMsMax = 800;

/** Tables that have a turn at the same time: DuckDB may be busy with each. */
const turnsMax = 8;

/** One that takes longer is waiting for something: the next table has its turn. */
const turnMsMax = 250;

export type Asked = {
  /** What is known without asking. */
  readonly known: TableFacts;
  /** Whether `known` comes from the table. */
  readonly isRead: boolean;
  readonly ask: () => Promise<TableFacts>;
};

type Pending = { readonly facts: Promise<TableFacts>; readonly sinceMs: number };

/** A table that is to be asked, or is being asked. */
type Job = { readonly asked: Asked; readonly begun: PromiseWithResolvers<Pending> };

type Told = { readonly facts: TableFacts; readonly atMs: number };

/**
 * Asks tables for their facts, a few at a time and each for a bounded time: one whose store is away
 * keeps nobody from seeing the others, and a thousand tables nobody from seeing what is known of
 * them. A table that still hasn't answered is not asked a second time.
 */
export class BoundedFacts {
  readonly #clock: Clock;
  readonly #jobs = new Map<string, Job>();
  /** Jobs that wait for their turn. */
  #queue: Job[] = [];
  #turnCount = 0;
  /** What each table said last, or why it said nothing. */
  readonly #told = new Map<string, Told>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * In the given order; with a `problem` where a table could not be asked. Those that were never
   * read are asked first, then those that were asked longest ago. Whoever was never read will be,
   * list or no list.
   */
  async of(all: readonly Asked[]): Promise<readonly TableFacts[]> {
    this.#forgetAllBut(all);
    const jobs = all.map((one) => this.#jobOf(one));
    this.#queue.sort((one, other) => this.#toldAtMs(one) - this.#toldAtMs(other));
    this.#takeTurns();
    const isOver = new AbortController();
    const late = this.#late(isOver.signal);
    try {
      return await Promise.all(jobs.map(async (job) => await this.#factsOf(job, late)));
    } finally {
      isOver.abort();
    }
  }

  /** Once a list waits for no more turns, tables of which something is known need none. */
  async #late(signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(turnsMsMax, signal);
    } catch {
      // The list is complete.
      return;
    }
    for (const job of this.#queue) if (this.#isRead(job.asked)) this.#jobs.delete(nameOf(job));
    this.#queue = this.#queue.filter((job) => this.#jobs.has(nameOf(job)));
  }

  async #factsOf(job: Job, late: Promise<unknown>): Promise<TableFacts> {
    const pending = await Promise.race([job.begun.promise, late.then(() => undefined)]);
    const known = this.#known(job.asked);
    if (pending === undefined) {
      return this.#isRead(job.asked) ? known : { ...known, problem: notYetRead(known) };
    }
    const waitMs = waitMsMax - (this.#clock.monotonicMs() - pending.sinceMs);
    const isOver = new AbortController();
    try {
      return await Promise.race([pending.facts, this.#timeout(known, waitMs, isOver.signal)]);
    } catch (thrown) {
      return { ...known, problem: asHeliosError(thrown) };
    } finally {
      isOver.abort();
    }
  }

  #jobOf(asked: Asked): Job {
    const { name } = asked.known;
    const job = this.#jobs.get(name) ?? { asked, begun: Promise.withResolvers<Pending>() };
    if (!this.#jobs.has(name)) this.#queue.push(job);
    this.#jobs.set(name, job);
    return job;
  }

  #takeTurns(): void {
    while (this.#turnCount < turnsMax) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#turnCount += 1;
      void this.#turn(job);
    }
  }

  async #turn(job: Job): Promise<void> {
    const facts = job.asked.ask();
    job.begun.resolve({ facts, sinceMs: this.#clock.monotonicMs() });
    const isOver = new AbortController();
    const answered = this.#remember(job, facts).finally(() => isOver.abort());
    const late = this.#clock.sleep(turnMsMax, isOver.signal).catch(() => undefined);
    await Promise.race([answered, late]);
    this.#turnCount -= 1;
    this.#takeTurns();
  }

  async #remember(job: Job, facts: Promise<TableFacts>): Promise<void> {
    const known = this.#known(job.asked);
    const told = await facts.catch((thrown: unknown) => ({
      ...known,
      problem: asHeliosError(thrown),
    }));
    this.#told.set(nameOf(job), { facts: told, atMs: this.#clock.monotonicMs() });
    this.#jobs.delete(nameOf(job));
  }

  #isRead({ known, isRead }: Asked): boolean {
    return isRead || this.#told.has(known.name);
  }

  #known({ known, isRead }: Asked): TableFacts {
    return isRead ? known : (this.#told.get(known.name)?.facts ?? known);
  }

  #toldAtMs(job: Job): number {
    return this.#told.get(nameOf(job))?.atMs ?? (job.asked.isRead ? 0 : -1);
  }

  /** What was detached, or lies elsewhere now. */
  #forgetAllBut(all: readonly Asked[]): void {
    const paths = new Map(all.map(({ known }) => [known.name, known.path]));
    for (const [name, { facts }] of this.#told) {
      if (paths.get(name) !== facts.path) this.#told.delete(name);
    }
  }

  async #timeout({ name, path }: TableFacts, waitMs: number, signal: AbortSignal): Promise<never> {
    await this.#clock.sleep(Math.max(0, waitMs), signal);
    throw new HeliosError(
      'unavailable',
      `${path ?? name} has not answered for ${waitMsMax / 1000} s.`,
      { hint: 'It is slow, or away. What else is said of the table is from before.' },
    );
  }
}

function nameOf({ asked }: Job): string {
  return asked.known.name;
}

function notYetRead({ name, path }: TableFacts): HeliosError {
  return new HeliosError('unavailable', `${path ?? name} has not been read yet.`, {
    hint: 'It is going to be: ask again in a moment.',
  });
}
