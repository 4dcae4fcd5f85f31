import { Admin, ConfigResourceTypes } from '@platformatic/kafka';
import type { Clock } from '../../../base/clock.ts';
import { guardClient, type KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import type { Deadline } from '../../deadline.ts';
import type { Cluster, TopicInfo } from '../cluster.ts';

/** What is known of a topic besides its partitions; each may be unknown. */
export type TopicFacts = {
  readonly retentionMs: number | undefined;
  /** By the number of the partition. */
  readonly ends: ReadonlyMap<number, number>;
  readonly recordsPerSecond: ReadonlyMap<number, number>;
  readonly bytes: ReadonlyMap<number, number>;
  readonly bytesPerSecond: number | undefined;
};

export type Topics = ReadonlyMap<string, TopicInfo>;

/** Between two looks at the ends of the logs: their difference is a rate. */
const rateIntervalMs = 1000;

type Numbers = ReadonlyMap<string, ReadonlyMap<number, number>>;
const nothing: Numbers = new Map();

/**
 * Asks what a cluster says of topics beside their records. Each question needs a permission of its
 * own, and what is refused is left out: a list of topics is of use without their sizes.
 */
export class TopicQuestions {
  readonly #access: KafkaAccess;
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #admin: Admin;

  constructor(access: KafkaAccess, cluster: Cluster, clock: Clock) {
    this.#access = access;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#admin = new Admin({ ...this.#access.client, retries: 0 });
    guardClient(this.#admin);
  }

  async facts(topics: Topics, deadline: Deadline): Promise<ReadonlyMap<string, TopicFacts>> {
    if (topics.size === 0) return new Map();
    const ask = async <T>(question: Promise<T>, otherwise: T): Promise<T> =>
      // Refused, or too slow: unknown.
      await deadline.race(question).catch(() => otherwise);
    const retention = ask(this.#retention([...topics.keys()]), new Map<string, number>());
    const startedAtMs = this.#clock.monotonicMs();
    const partitions = partitionsOf(topics);
    const look = async (): Promise<readonly [Numbers, Numbers]> => [
      await ask(this.#cluster.offsets(partitions, 'latest'), nothing),
      await ask(this.#sizes(topics), nothing),
    ];
    const [endsBefore, sizesBefore] = await look();
    await ask(this.#clock.sleep(rateIntervalMs, deadline.signal), undefined);
    const [ends, sizes] = await look();
    const seconds = (this.#clock.monotonicMs() - startedAtMs) / 1000;
    const kept = await retention;
    return new Map(
      [...topics.keys()].map((topic) => [
        topic,
        {
          retentionMs: kept.get(topic),
          ends: ends.get(topic) ?? endsBefore.get(topic) ?? new Map<number, number>(),
          recordsPerSecond: rates(endsBefore.get(topic), ends.get(topic), seconds),
          bytes: sizes.get(topic) ?? new Map<number, number>(),
          bytesPerSecond: sumRate(sizesBefore.get(topic), sizes.get(topic), seconds),
        },
      ]),
    );
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }

  /** Topics that are compacted only keep the newest of each key for ever. */
  async #retention(names: readonly string[]): Promise<Map<string, number>> {
    const keys = ['retention.ms', 'cleanup.policy'];
    const resources = names.map((resourceName) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName,
      configurationKeys: keys,
    }));
    const answers = await this.#admin.describeConfigs({ resources });
    return new Map(
      answers.flatMap(({ resourceName, configs }) => {
        const values = new Map(configs.map(({ name, value }) => [name, value]));
        const milliseconds = Number(values.get('retention.ms') ?? Number.NaN);
        if (Number.isNaN(milliseconds)) return [];
        const isDeleted = (values.get('cleanup.policy') ?? 'delete').includes('delete');
        const isForEver = milliseconds < 0 || !isDeleted;
        return [[resourceName, isForEver ? Number.POSITIVE_INFINITY : milliseconds] as const];
      }),
    );
  }

  /** Bytes of the leaders' logs: copies of them are not counted. */
  async #sizes(topics: Topics): Promise<Numbers> {
    const requested = [...topics].map(([name, { leaders }]) => ({
      name,
      partitions: [...leaders.keys()],
    }));
    const brokers = await this.#admin.describeLogDirs({ topics: requested });
    const sizes = new Map<string, Map<number, number>>();
    for (const { broker, results } of brokers) {
      for (const { name, partitions } of results.flatMap((folder) => folder.topics)) {
        const ofTopic = sizes.get(name) ?? new Map<number, number>();
        sizes.set(name, ofTopic);
        for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
          const isLeader = topics.get(name)?.leaders[partitionIndex]?.nodeId === broker;
          if (isLeader && !isFutureKey) ofTopic.set(partitionIndex, Number(partitionSize));
        }
      }
    }
    return sizes;
  }
}

export function partitionsOf(topics: Topics): ReadonlyMap<string, readonly number[]> {
  return new Map([...topics].map(([name, { leaders }]) => [name, [...leaders.keys()]]));
}

type Counts = ReadonlyMap<number, number> | undefined;

function rates(before: Counts, after: Counts, seconds: number): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const [partition, end] of after ?? []) {
    const start = before?.get(partition);
    if (start !== undefined) found.set(partition, Math.max(0, end - start) / seconds);
  }
  return found;
}

/** A log that got shorter, as retention makes it, tells no rate. */
function sumRate(before: Counts, after: Counts, seconds: number): number | undefined {
  if (before === undefined || after === undefined || after.size === 0) return undefined;
  let sum = 0;
  for (const [partition, bytes] of after) sum += bytes - (before.get(partition) ?? bytes);
  return sum < 0 ? undefined : sum / seconds;
}

export function sumOf(values: ReadonlyMap<number, number>): number | undefined {
  if (values.size === 0) return undefined;
  return [...values.values()].reduce((sum, value) => sum + value, 0);
}
