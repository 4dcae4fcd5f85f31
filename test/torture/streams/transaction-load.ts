import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../../src/cli/generate/random.ts';
import type { JavaProducers } from '../../peers/kafka-producers.ts';
import { Events, type EventsOptions, type StreamEvent, type StreamLoad } from './events.ts';

export type TransactionLoadOptions = EventsOptions & {
  readonly java: JavaProducers;
  readonly topic: string;
  readonly partitions: number;
};

const keyCount = 4;
const pauseMs = 40;
const retryPauseMs = 250;
const abortShare = 0.3;
const configuration = {
  'transaction.timeout.ms': '15000',
  'request.timeout.ms': '3000',
  'delivery.timeout.ms': '20000',
  'max.block.ms': '20000',
  'linger.ms': '0',
};

/**
 * Apache's producer with transactions over all partitions, of which some are aborted on purpose;
 * what those hold must never be seen. One that fails is opened again under the same transactional
 * id, which ends what it left open: nobody knows how, but all of it ends in one way.
 */
export class TransactionLoad implements StreamLoad {
  readonly #options: TransactionLoadOptions;
  readonly #events: Events;
  readonly #random: SeededRandom;
  readonly #done: Promise<void>;
  readonly refusal = undefined;
  #opened = 0;
  #isOpen = false;
  #isStopping = false;
  commits = 0;
  aborts = 0;
  unknown = 0;

  constructor(options: TransactionLoadOptions) {
    this.#options = options;
    this.#events = new Events(options);
    this.#random = options.random;
    this.#done = this.#run();
  }

  /** Without posts: nothing of an open transaction, nor what is behind it, can be read. */
  async stop(): Promise<readonly number[]> {
    this.#isStopping = true;
    await this.#done;
    return [];
  }

  async #run(): Promise<void> {
    while (!this.#isStopping || !this.#isOpen) {
      if (this.#isOpen) await this.#transaction();
      else await this.#open();
      await sleep(this.#isOpen ? pauseMs : retryPauseMs);
    }
    this.#events.close();
  }

  async #transaction(): Promise<void> {
    const isAborted = this.#random.chance(abortShare);
    const events = Array.from({ length: 1 + this.#random.below(12) }, () =>
      this.#events.next(this.#random.below(keyCount)),
    );
    const good = isAborted ? [] : events.map(({ id }) => id);
    const number = this.#events.sent({ good });
    try {
      await this.#write(events, isAborted);
      this.#events.acknowledged(number);
      if (isAborted) this.aborts++;
      else this.commits++;
    } catch {
      this.unknown++;
      this.#isOpen = false;
      this.#events.turnKeys();
      await this.#options.java.close(this.#name).catch(() => undefined);
    }
  }

  async #write(events: readonly StreamEvent[], isAborted: boolean): Promise<void> {
    const { java, topic, partitions } = this.#options;
    await java.begin(this.#name);
    for (const { key, line } of events) {
      // A key stays on its partition.
      const partition = Number(key.split('-')[1]) % partitions;
      await java.send(this.#name, { topic, partition, key, value: line });
    }
    if (isAborted) await java.abort(this.#name);
    else await java.commit(this.#name);
  }

  async #open(): Promise<void> {
    const { java, name } = this.#options;
    this.#opened++;
    try {
      await java.open(this.#name, { ...configuration, 'transactional.id': name });
      this.#isOpen = true;
    } catch {
      // The broker is away: it is tried again.
    }
  }

  get #name(): string {
    return `${this.#options.name}-${this.#opened}`;
  }
}
