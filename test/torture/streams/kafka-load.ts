import { setTimeout as sleep } from 'node:timers/promises';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import type { SeededRandom } from '../../../src/cli/generate/random.ts';
import { type Bunch, Events, type EventsOptions, makeBunch, type StreamLoad } from './events.ts';

export type TopicLoadOptions = EventsOptions & {
  /** `host:port` */
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
};

/** Keys of a partition, each always on that one. */
const keysPerPartition = 5;
const pauseMs = 25;
const heapCount = 500;
/**
 * With it a heap is less than the megabyte that a broker takes in one batch, but more, since JSON
 * doubles quotes twice, than Helios takes of a partition at first: positions are inside of a batch.
 */
const heapPadding = '"'.repeat(600);
const retryPauseMs = 100;

/** One idempotent producer, acks=all, through all that happens to the broker. */
export class KafkaLoad implements StreamLoad {
  readonly #options: TopicLoadOptions;
  readonly #events: Events;
  readonly #random: SeededRandom;
  readonly #done: Promise<void>;
  readonly refusal = undefined;
  #producer: Producer | undefined;
  #isStopping = false;
  #posts: Promise<readonly number[]> | undefined;

  constructor(options: TopicLoadOptions) {
    this.#options = options;
    this.#events = new Events(options);
    this.#random = options.random;
    this.#done = this.#run();
  }

  async stop(): Promise<readonly number[]> {
    this.#isStopping = true;
    return await (this.#posts ??= this.#putPosts());
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const partition = this.#random.below(this.#options.partitions);
      const isHeap = this.#random.chance(0.02);
      const count = isHeap ? heapCount : 1 + this.#random.below(20);
      const padding = isHeap ? heapPadding : '';
      const pickKey = (): number => this.#keyOf(partition);
      const bunch = makeBunch(this.#events, this.#random, { count, pickKey, padding });
      await this.#send(partition, bunch);
      await sleep(pauseMs);
    }
  }

  async #putPosts(): Promise<readonly number[]> {
    await this.#done;
    const ids: number[] = [];
    for (let partition = 0; partition < this.#options.partitions; partition++) {
      for (;;) {
        const post = this.#events.next(this.#keyOf(partition));
        if (await this.#send(partition, { events: [post], good: [post.id], bad: [] })) {
          ids.push(post.id);
          break;
        }
      }
    }
    await this.#producer?.close().catch(() => undefined);
    this.#events.close();
    return ids;
  }

  #keyOf(partition: number): number {
    return partition + this.#options.partitions * this.#random.below(keysPerPartition);
  }

  /** Whether it is acknowledged; where it isn't, another producer goes on. */
  async #send(partition: number, { events, good, bad }: Bunch): Promise<boolean> {
    const number = this.#events.sent({ good, bad });
    try {
      const messages = events.map(({ key, line }) => ({
        topic: this.#options.topic,
        partition,
        key: Buffer.from(key),
        value: Buffer.from(line),
      }));
      this.#producer ??= newProducer(this.#options.bootstrap);
      await this.#producer.send({ messages, acks: ProduceAcks.ALL });
      this.#events.acknowledged(number);
      return true;
    } catch {
      // It may be there or not, and the ledger says so.
      this.#events.turnKeys();
      await this.#producer?.close().catch(() => undefined);
      this.#producer = undefined;
      await sleep(retryPauseMs);
      return false;
    }
  }
}

function newProducer(bootstrap: string): Producer {
  const producer = new Producer({
    clientId: 'helios-torture',
    bootstrapBrokers: [bootstrap],
    idempotent: true,
    retries: 300,
    retryDelay: 100,
  });
  // One that breaks is opened again; what it held up is tried again.
  producer.connections.on('connecting', ({ connection }) => {
    connection.on('error', () => undefined);
  });
  return producer;
}
