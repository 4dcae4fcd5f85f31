import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createStream,
  mergeShards,
  openShards,
  putRecords,
  splitShard,
  startKinesalite,
  startKinesisLocal,
  updateShardCount,
  type KinesisPeer,
} from '../peers/kinesis.ts';
import { openSource, Reading, type ReadingOptions } from './kinesis-reading.ts';

const keyCount = 60;

let local: KinesisPeer;
let lite: KinesisPeer;
let count = 0;

beforeAll(async () => {
  [local, lite] = await Promise.all([startKinesisLocal(), startKinesalite()]);
});
afterAll(async () => {
  await local[Symbol.asyncDispose]();
  await lite[Symbol.asyncDispose]();
});

/** Rounds of 50 records that are put at least, however fast shards change. */
const roundsMin = 12;

/** Puts numbered records of many keys, one request after the other, until it is told to stop. */
class Producer {
  readonly #client: KinesisClient;
  readonly #stream: string;
  readonly #next: number[] = Array.from({ length: keyCount }, () => 0);
  #isStopped = false;
  readonly #running: Promise<void>;

  constructor(client: KinesisClient, stream: string) {
    this.#client = client;
    this.#stream = stream;
    this.#running = this.#run();
  }

  /** The lines of each key, in order. */
  async stop(): Promise<ReadonlyMap<string, readonly string[]>> {
    this.#isStopped = true;
    await this.#running;
    return new Map(
      this.#next.map((total, key) => [
        `key-${key}`,
        Array.from({ length: total }, (_, number) => line(key, number)),
      ]),
    );
  }

  async #run(): Promise<void> {
    for (let round = 0; round < roundsMin || !this.#isStopped; round++) {
      const records = Array.from({ length: 50 }, (_, index) => {
        const key = (round * 17 + index * 7) % keyCount;
        const number = this.#next[key] ?? 0;
        this.#next[key] = number + 1;
        return { key: `key-${key}`, data: line(key, number) };
      });
      await putRecords(this.#client, this.#stream, records);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function line(key: number, number: number): string {
  return `{"key":"key-${key}","n":${number}}`;
}

/** What was read, by key, in the order in which it was read. */
function byKey(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  for (const text of lines) {
    const { key } = JSON.parse(text) as { readonly key: string };
    keys.set(key, [...(keys.get(key) ?? []), text]);
  }
  return keys;
}

/** Chance that can be had again: https://github.com/cprosche/mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Splits or merges somewhere, keeping two to eight shards. */
async function reshard(client: KinesisClient, stream: string, random: () => number): Promise<void> {
  const shards = await openShards(client, stream);
  const at = Math.floor(random() * (shards.length - 1));
  const isSplit = shards.length <= 2 || (shards.length < 8 && random() < 0.5);
  if (isSplit) return await splitShard(client, stream, shards[at]!);
  await mergeShards(client, stream, [shards[at]!, shards[at + 1]!]);
}

/** Reads until `isEnough`, dying at random: with or without having committed what it read. */
async function readDying(
  options: ReadingOptions,
  random: () => number,
  isEnough: (reading: Reading) => boolean,
): Promise<Reading> {
  const reading = new Reading();
  for (let life = 0; !isEnough(reading); life++) {
    const source = await openSource(options);
    if (life === 0) await reading.begin(source);
    const steps = 1 + Math.floor(random() * 12);
    for (let step = 1; step <= steps && !isEnough(reading); step++) {
      const bytesMax = 1 + Math.floor(random() * 20_000);
      if (await reading.step(source, bytesMax, step === steps && random() < 0.5)) continue;
      await source.hasEnded(reading.positions);
      await source
        .waitForRecords(reading.positions, AbortSignal.timeout(500))
        .catch(() => undefined);
    }
    await source.close();
  }
  return reading;
}

async function readThroughChanges(
  peer: KinesisPeer,
  change: typeof reshard,
  changes: number,
  options: Partial<ReadingOptions> = {},
): Promise<void> {
  const { client } = peer;
  const stream = `reshard-${count++}`;
  const seed = 1 + Math.floor(Math.random() * 1e9);
  const random = seeded(seed);
  await createStream(client, stream, 4);
  const producer = new Producer(client, stream);
  const goal = { lineCount: Infinity };
  const all = readDying({ client, stream, ...options }, seeded(seed + 1), (reading) => {
    return reading.lines.length >= goal.lineCount;
  });
  for (let done = 0; done < changes; done++) {
    await change(client, stream, random);
    await new Promise((resolve) => setTimeout(resolve, 100 * random()));
  }
  const produced = await producer.stop();
  goal.lineCount = [...produced.values()].flat().length;
  const reading = await all;
  const message = `seed ${seed}`;
  expect(goal.lineCount, message).toBeGreaterThan(500);
  expect(reading.lines.length, message).toBe(goal.lineCount);
  expect(byKey(reading.lines), message).toEqual(produced);
  expect(new Set(reading.batches.map(({ partition }) => partition)).size).toBeGreaterThan(changes);
}

describe('every key is read once and in order through all that happens to the shards', () => {
  test('splits and merges under load, dying now and then, on kinesis-local', async () => {
    await readThroughChanges(local, reshard, 12);
  });

  test('splits and merges under load, dying now and then, on kinesalite', async () => {
    await readThroughChanges(lite, reshard, 12);
  });

  test('UpdateShardCount', async () => {
    const counts = [8, 5, 3, 6, 4];
    const change = async (client: KinesisClient, stream: string): Promise<void> =>
      await updateShardCount(client, stream, counts.shift() ?? 4);
    await readThroughChanges(local, change, 5);
  });

  test('enhanced fan-out', async () => {
    const limits = { listIntervalMs: 200 };
    await readThroughChanges(local, reshard, 3, { consumer: 'helios', limits });
  });
});
