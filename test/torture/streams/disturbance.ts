import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { SeededRandom } from '../../../src/cli/generate/random.ts';
import type { KafkaBroker } from '../../peers/kafka.ts';
import { mergeShards, openShards, splitShard } from '../../peers/kinesis.ts';

/** What is done to the stream itself, so many times, while others are busy with it. */
export class Disturbance {
  readonly #act: () => Promise<void>;
  readonly #random: SeededRandom;
  readonly #timesWanted: number;
  readonly #pauseMsMax: number;
  readonly #progress: (() => number) | undefined;
  readonly #running: Promise<void>;
  #isStopping = false;
  #isDone = false;
  failure: string | undefined;
  times = 0;

  constructor(
    act: () => Promise<void>,
    options: {
      readonly random: SeededRandom;
      readonly times: number;
      /** From one to the next. */
      readonly pauseMsMax: number;
      /** Where given, it has to have grown from one to the next, or that took very long. */
      readonly progress?: () => number;
    },
  ) {
    this.#act = act;
    this.#random = options.random;
    this.#timesWanted = options.times;
    this.#pauseMsMax = options.pauseMsMax;
    this.#progress = options.progress;
    this.#running = this.#run();
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Lets the one that is going on finish. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  async #untilProgress(): Promise<void> {
    const before = this.#progress?.() ?? 0;
    const untilMs = Date.now() + progressPatienceMs;
    while (!this.#isStopping && (this.#progress?.() ?? 1) <= before && Date.now() < untilMs) {
      await sleep(checkIntervalMs);
    }
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isStopping && this.times < this.#timesWanted) {
        await sleep(this.#random.next() * this.#pauseMsMax);
        await this.#act();
        this.times++;
        await this.#untilProgress();
      }
    } catch (thrown) {
      this.failure = `the stream could not be disturbed: ${String(thrown)}`;
    } finally {
      this.#isDone = true;
    }
  }
}

/** A broker that dies as soon as it lives has no readers, and nothing is tried. */
const progressPatienceMs = 60_000;
const checkIntervalMs = 50;
const frozenMsMax = 4000;
const deadMsMax = 1000;

/** Kills the broker and starts it again; sometimes it falls asleep before. */
export async function strikeBroker(broker: KafkaBroker, random: SeededRandom): Promise<void> {
  if (random.chance(0.3)) {
    broker.freeze();
    await sleep(random.next() * frozenMsMax);
    // It dies in its sleep now and then.
    if (random.chance(0.7)) {
      broker.resume();
      await sleep(random.next() * deadMsMax);
    }
  }
  await broker.kill();
  await sleep(random.next() * deadMsMax);
  await broker.start();
}

const shardsMin = 2;
const shardsMax = 8;

/** Splits or merges somewhere. */
export async function reshard(
  client: KinesisClient,
  stream: string,
  random: SeededRandom,
): Promise<void> {
  const shards = await openShards(client, stream);
  const at = random.below(shards.length - 1);
  const isSplit = shards.length <= shardsMin || (shards.length < shardsMax && random.chance(0.5));
  if (isSplit) return await splitShard(client, stream, shards[at]!);
  await mergeShards(client, stream, [shards[at]!, shards[at + 1]!]);
}
