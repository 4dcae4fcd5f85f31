import { Admin } from '@platformatic/kafka';
import { HeliosError } from '../../base/errors.ts';
import { withOthers } from '../../connection/failure/missing-stream.ts';
import { describeRemoteError } from '../../connection/failure/remote-error.ts';
import { guardClient, type KafkaAccess } from '../../connection/kafka/kafka-access.ts';
import type { KafkaTable } from '../../sql/script.ts';
import { type LogRange, topicMissing } from './failures.ts';
import type { Broker } from './fetch/fetch-connection.ts';
import { fetchVersions } from './fetch/fetch-request.ts';

export type LeaderInfo = { readonly nodeId: number; readonly leaderEpoch: number };

export type TopicInfo = {
  /** Undefined with brokers that don't tell. */
  readonly id: string | undefined;
  /** By the number of the partition; undefined where nobody leads it now. */
  readonly leaders: readonly (LeaderInfo | undefined)[];
};

export type ClusterView = {
  readonly clusterId: string;
  readonly brokers: ReadonlyMap<number, Broker>;
  readonly topics: ReadonlyMap<string, TopicInfo>;
};

/** Where the log begins, where it ends, or the first record that is no older. */
export type OffsetQuestion = 'earliest' | 'latest' | { readonly atMs: number };

/** A group's coordinator comes to be with the first question for it, a moment later. */
const groupRetries = { retries: 6, retryDelay: 250 } as const;
const fetchApiKey = 1;
const noTopicId = '00000000-0000-0000-0000-000000000000';

/**
 * What a cluster says about itself: everything but the records. Fails with Helios's own errors.
 * Asks once; who calls decides whether to ask again.
 */
export class Cluster {
  readonly #access: KafkaAccess;
  readonly #admin: Admin;
  readonly #isolation: KafkaTable['isolation'];
  readonly #groupAdmin: Admin;
  /** What broke a connection last; who waits for an answer hears only that there is none. */
  #breakage: unknown;

  constructor(access: KafkaAccess, isolation: KafkaTable['isolation']) {
    this.#access = access;
    this.#isolation = isolation;
    this.#admin = new Admin({ ...access.client, retries: 0 });
    this.#groupAdmin = new Admin({ ...access.client, ...groupRetries });
    guardClient(this.#admin, (error) => (this.#breakage = error));
    guardClient(this.#groupAdmin);
  }

  /** The version of Fetch to speak with these brokers; `invalid_config` where there is none. */
  async fetchVersion(): Promise<number> {
    const apis = await this.#ask(async () => await this.#admin.listApis());
    const fetch = apis.find(({ apiKey }) => apiKey === fetchApiKey);
    const version = Math.min(fetch?.maxVersion ?? 0, fetchVersions.max);
    if (version >= fetchVersions.min && version >= (fetch?.minVersion ?? 0)) return version;
    const range = fetch === undefined ? 'none' : `${fetch.minVersion} to ${fetch.maxVersion}`;
    throw new HeliosError(
      'invalid_config',
      `The brokers speak the versions ${range} of Fetch; ${fetchVersions.min} to ` +
        `${fetchVersions.max} are read.`,
      { hint: 'Apache Kafka 2.4 and later work, and what is compatible with it.' },
    );
  }

  /** `stream_missing` where one of the named topics does not exist. */
  async view(topics: KafkaTable['topics']): Promise<ClusterView> {
    const names = topics.kind === 'names' ? topics.names : await this.#matching(topics.pattern);
    const request = { topics: [...names], forceUpdate: true, autocreateTopics: false };
    const asked = this.#ask(async () => await this.#admin.metadata(request), names);
    const metadata = await asked.catch(async (thrown: unknown) => {
      throw await this.#withOthers(thrown, names);
    });
    const found = names.flatMap((name) => {
      const topic = metadata.topics.get(name);
      return topic === undefined ? [] : [[name, topicInfo(topic)] as const];
    });
    return { clusterId: metadata.id, brokers: metadata.brokers, topics: new Map(found) };
  }

  /**
   * Offsets of partitions, by topic and number. A time after the last record is the log's end.
   */
  async offsets(
    partitions: ReadonlyMap<string, readonly number[]>,
    question: OffsetQuestion,
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const found = await this.#listOffsets(partitions, timestampOf(question));
    if (typeof question === 'string') return found;
    const ends = await this.#listOffsets(partitions, timestampOf('latest'));
    return new Map(
      [...found].map(([topic, offsets]) => [
        topic,
        new Map(
          [...offsets].map(([partition, offset]) => [
            partition,
            offset < 0 ? (ends.get(topic)?.get(partition) ?? 0) : offset,
          ]),
        ),
      ]),
    );
  }

  async logRange(topic: string, partition: number): Promise<LogRange> {
    const partitions = new Map([[topic, [partition]]]);
    const starts = await this.offsets(partitions, 'earliest');
    const ends = await this.offsets(partitions, 'latest');
    return {
      start: starts.get(topic)?.get(partition) ?? 0,
      end: ends.get(topic)?.get(partition) ?? 0,
    };
  }

  /** What a group has committed: the next offset to read. Partitions without are left out. */
  async groupOffsets(
    group: string,
    partitions: ReadonlyMap<string, readonly number[]>,
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const topics = [...partitions].map(([name, numbers]) => ({
      name,
      partitionIndexes: [...numbers],
    }));
    const question = { groups: [{ groupId: group, topics }] };
    const groups = await this.#askGroup(
      group,
      async (admin) => await admin.listConsumerGroupOffsets(question),
    );
    return new Map(
      (groups[0]?.topics ?? []).map(({ name, partitions: committed }) => [
        name,
        new Map(
          committed.flatMap(({ partitionIndex, committedOffset }) =>
            committedOffset < 0n ? [] : [[partitionIndex, Number(committedOffset)]],
          ),
        ),
      ]),
    );
  }

  /** Tells a group the next offsets that will be read. */
  async commit(
    group: string,
    offsets: ReadonlyMap<string, ReadonlyMap<number, number>>,
  ): Promise<void> {
    const topics = [...offsets].map(([name, partitions]) => ({
      name,
      partitionOffsets: [...partitions].map(([partition, offset]) => ({
        partition,
        offset: BigInt(offset),
      })),
    }));
    await this.#askGroup(
      group,
      async (admin) => await admin.alterConsumerGroupOffsets({ groupId: group, topics }),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#admin.close(), this.#groupAdmin.close()]);
  }

  async #matching(pattern: RegExp): Promise<readonly string[]> {
    const names = await this.#ask(async () => await this.#admin.listTopics());
    const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[gy]/g, ''));
    return names.filter((name) => whole.test(name));
  }

  async #listOffsets(
    partitions: ReadonlyMap<string, readonly number[]>,
    timestamp: bigint,
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const topics = [...partitions].map(([name, numbers]) => ({
      name,
      partitions: numbers.map((partitionIndex) => ({ partitionIndex, timestamp })),
    }));
    const isolationLevel = this.#isolation === 'read_committed' ? 1 : 0;
    const listed = await this.#ask(
      async () => await this.#admin.listOffsets({ topics, isolationLevel }),
      [...partitions.keys()],
    );
    return new Map(
      listed.map(({ name, partitions: answers }) => [
        name,
        new Map(answers.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)])),
      ]),
    );
  }

  async #ask<T>(action: () => Promise<T>, topics: readonly string[] = []): Promise<T> {
    this.#breakage = undefined;
    try {
      if (!this.#admin.isConnected()) await this.#access.refresh();
      return await action();
    } catch (thrown) {
      const [topic] = topics;
      const isOne = topics.length === 1 && topic !== undefined;
      const place = this.#access.place({ operation: 'Describe', ...(isOne ? { topic } : {}) });
      const breakage = this.#breakage;
      const all = breakage === undefined ? thrown : new AggregateError([thrown, breakage]);
      throw describeRemoteError(all, place);
    }
  }

  /** Where it is a topic that is missing: which one, and what there is. */
  async #withOthers(thrown: unknown, names: readonly string[]): Promise<unknown> {
    if (!(thrown instanceof HeliosError) || thrown.code !== 'stream_missing') return thrown;
    const all = await this.#admin.listTopics().catch((): string[] => []);
    const missing = names.find((name) => !all.includes(name)) ?? names[0] ?? '';
    const error = topicMissing(missing, this.#access.place().address);
    // Kafka's own topics begin with two underscores.
    const others = all.filter((name) => !name.startsWith('__'));
    return withOthers(error, missing, others);
  }

  async #askGroup<T>(group: string, action: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      return await action(this.#groupAdmin);
    } catch (thrown) {
      throw describeRemoteError(thrown, this.#access.place({ group }));
    }
  }
}

function timestampOf(question: OffsetQuestion): bigint {
  if (question === 'earliest') return -2n;
  if (question === 'latest') return -1n;
  return BigInt(Math.max(0, Math.floor(question.atMs)));
}

function topicInfo(topic: {
  readonly id: string;
  readonly partitions: readonly { readonly leader: number; readonly leaderEpoch: number }[];
}): TopicInfo {
  return {
    // Brokers that know no ids answer with zeros, and the client with the name.
    id: /^[0-9a-f-]{32,36}$/i.test(topic.id) && topic.id !== noTopicId ? topic.id : undefined,
    leaders: topic.partitions.map(({ leader, leaderEpoch }) =>
      leader < 0 ? undefined : { nodeId: leader, leaderEpoch },
    ),
  };
}
