import type { SeededRandom } from '../../../src/cli/generate/random.ts';
import type { Ledger, Request } from '../ledger.ts';

export type StreamEvent = { readonly id: number; readonly key: string; readonly line: string };

export type EventsOptions = {
  /** Of the producer: keys of two producers are never the same. */
  readonly name: string;
  /** Ids are `idStart`, `idStart` + 1, …: those of one key ascend in the order of sending. */
  readonly idStart: number;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
};

/** What is written to a stream, and so will be there, or may be. */
export interface StreamLoad {
  /** What no healthy stream answers; the run ends. */
  readonly refusal: string | undefined;
  /**
   * Sends nothing new, and waits until what can be acknowledged is. Then puts a post at the end of
   * each partition that it writes to; gives their ids.
   */
  stop(): Promise<readonly number[]>;
}

/** Makes the events of one producer, and keeps its ledger. */
export class Events {
  readonly #options: EventsOptions;
  #nextId: number;
  #requests = 0;
  #generation = 0;

  constructor(options: EventsOptions) {
    this.#options = options;
    this.#nextId = options.idStart;
  }

  /**
   * From now on keys are new: what follows an event of unknown fate has no order that anybody could
   * keep, since the event may still arrive.
   */
  turnKeys(): void {
    this.#generation++;
  }

  /** An event of one of the producer's keys, by number; `padding` makes it longer. */
  next(key: number, padding = ''): StreamEvent {
    const { name } = this.#options;
    const id = this.#nextId++;
    const text = `${name}-${key}-${this.#generation}`;
    const line = JSON.stringify({ id, key: text, text: `event ${id}${padding}` });
    return { id, key: text, line };
  }

  /** One that can't become a row. */
  nextBad(key: number): StreamEvent {
    const { id, key: text } = this.next(key);
    const isTorn = this.#options.random.chance(0.5);
    const line = isTorn ? `{"id": ${id}, "key": "torn` : `{"id": ${id}, "key": 7}`;
    return { id, key: text, line };
  }

  /** Notes, before they are sent, what is expected of them; gives the number to acknowledge. */
  sent(events: { readonly good: readonly number[]; readonly bad?: readonly number[] }): number {
    const number = this.#requests++;
    const request: Request = {
      number,
      key: undefined,
      goodIds: events.good,
      badIds: events.bad ?? [],
    };
    this.#options.ledger.sent(request);
    return number;
  }

  acknowledged(number: number): void {
    this.#options.ledger.acknowledged(number);
  }

  close(): void {
    this.#options.ledger.close();
  }
}

/** The id of an event of `nextBad`; undefined for whatever differs from all of them. */
export function badIdOf(line: string): number | undefined {
  const id = /^\{"id": (\d+), "key": (?:"torn|7\})$/.exec(line)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** Some events, and which of them are meant to become rows. */
export type Bunch = {
  readonly events: readonly StreamEvent[];
  readonly good: readonly number[];
  readonly bad: readonly number[];
};

/** So many events, of keys that are picked one by one; one in fifty is bad. */
export function makeBunch(
  events: Events,
  random: SeededRandom,
  {
    count,
    pickKey,
    padding,
  }: { readonly count: number; readonly pickKey: () => number; readonly padding?: string },
): Bunch {
  const made: StreamEvent[] = [];
  const good: number[] = [];
  const bad: number[] = [];
  for (let index = 0; index < count; index++) {
    const isBad = random.chance(0.02);
    const event = isBad ? events.nextBad(pickKey()) : events.next(pickKey(), padding);
    made.push(event);
    (isBad ? bad : good).push(event.id);
  }
  return { events: made, good, bad };
}
