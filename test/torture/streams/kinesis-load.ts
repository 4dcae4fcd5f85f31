import { setTimeout as sleep } from 'node:timers/promises';
import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { SeededRandom } from '../../../src/cli/generate/random.ts';
import { openShards } from '../../peers/kinesis.ts';
import {
  Events,
  type EventsOptions,
  makeBunch,
  type StreamEvent,
  type StreamLoad,
} from './events.ts';

export type KinesisLoadOptions = EventsOptions & {
  readonly client: KinesisClient;
  readonly stream: string;
};

/** Enough that every shard has some. */
const keyCount = 80;
const pauseMs = 25;
const retryPauseMs = 100;

/** One producer that puts one request after the other, while shards split and merge. */
export class KinesisLoad implements StreamLoad {
  readonly #options: KinesisLoadOptions;
  readonly #events: Events;
  readonly #random: SeededRandom;
  readonly #done: Promise<void>;
  readonly refusal = undefined;
  #isStopping = false;
  #posts: Promise<readonly number[]> | undefined;

  constructor(options: KinesisLoadOptions) {
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
      const count = this.#random.chance(0.02) ? 200 : 1 + this.#random.below(30);
      const pickKey = (): number => this.#random.below(keyCount);
      const { events, good, bad } = makeBunch(this.#events, this.#random, { count, pickKey });
      await this.#put(events, { good, bad });
      await sleep(pauseMs);
    }
  }

  /** One on each open shard, whose parents have all been read when it is. */
  async #putPosts(): Promise<readonly number[]> {
    await this.#done;
    const { client, stream } = this.#options;
    const ids: number[] = [];
    for (const shard of await openShards(client, stream)) {
      const hashKey = shard.HashKeyRange?.StartingHashKey;
      for (;;) {
        // A key of its own: the hash key leads it elsewhere than others of the same key.
        this.#events.turnKeys();
        const post = this.#events.next(0);
        if (await this.#put([post], { good: [post.id], hashKey })) {
          ids.push(post.id);
          break;
        }
      }
    }
    this.#events.close();
    return ids;
  }

  /** Whether all of it is acknowledged. */
  async #put(
    events: readonly StreamEvent[],
    sent: {
      readonly good: readonly number[];
      readonly bad?: readonly number[];
      readonly hashKey?: string | undefined;
    },
  ): Promise<boolean> {
    const { client, stream } = this.#options;
    const number = this.#events.sent(sent);
    try {
      const records = events.map(({ key, line }) => ({
        PartitionKey: key,
        Data: Buffer.from(line),
        ExplicitHashKey: sent.hashKey,
      }));
      const answer = await client.send(
        new PutRecordsCommand({ StreamName: stream, Records: records }),
      );
      if (answer.FailedRecordCount) throw new Error(`${answer.FailedRecordCount} were refused`);
      this.#events.acknowledged(number);
      return true;
    } catch {
      // Some of it may be there, and the ledger says so.
      this.#events.turnKeys();
      await sleep(retryPauseMs);
      return false;
    }
  }
}
