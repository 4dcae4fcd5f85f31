import {
  Admin,
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka';
import { HeliosError } from '../../../base/errors.ts';
import { describeRemoteError } from '../../../connection/failure/remote-error.ts';
import { guardClient, type KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import { topicMissing } from '../../../source/kafka/failures.ts';
import type { KafkaOperation } from '../../../connection/failure/kafka-failure.ts';

export type NewTopic = {
  readonly topic: string;
  readonly partitions: number;
  readonly retentionMs: number;
};

/** What brokers have unless somebody changed it. */
const messageBytesDefault = 1_048_588;

/**
 * Bytes of a batch that a new topic takes: more than the default, so that a large request is stored
 * as a whole; as much as Confluent Cloud allows.
 */
const messageBytesMax = 8 * 1024 * 1024;

/** As many copies as the brokers say by default. */
const replicasDefault = -1;

/** What ListOffsets takes for times. */
const earliest = -2n;
const latest = -1n;

/** Makes topics, and looks at what they take. Fails with Helios's own errors. */
export class TopicAdmin {
  readonly #access: KafkaAccess;
  readonly #admin: Admin;

  constructor(access: KafkaAccess) {
    this.#access = access;
    this.#admin = new Admin({ ...access.client, retries: 0 });
    guardClient(this.#admin);
  }

  /** How many partitions a topic has; undefined where there is none of this name. */
  async partitionCount(topic: string): Promise<number | undefined> {
    const request = { topics: [topic], forceUpdate: true, autocreateTopics: false };
    try {
      const { topics } = await this.#admin.metadata(request);
      return topics.get(topic)?.partitions.length;
    } catch (thrown) {
      const error = this.#described(thrown, topic, 'Describe');
      if (error.code === 'stream_missing') return undefined;
      throw error;
    }
  }

  /** `already_exists` where there is one of the name. */
  async create({ topic, partitions, retentionMs }: NewTopic): Promise<void> {
    const configs = [
      { name: 'retention.ms', value: String(retentionMs) },
      { name: 'max.message.bytes', value: String(messageBytesMax) },
    ];
    try {
      const replicas = replicasDefault;
      await this.#admin.createTopics({ topics: [topic], partitions, replicas, configs });
    } catch (thrown) {
      const error = this.#described(thrown, topic, 'Create');
      if (error.details?.['kafka_error'] !== 'TOPIC_ALREADY_EXISTS') throw error;
      throw new HeliosError('already_exists', `The Kafka topic "${topic}" exists already.`, {
        hint: 'Leave --partitions and --retention out to use it as it is.',
      });
    }
  }

  async setRetention(topic: string, retentionMs: number): Promise<void> {
    const config = {
      name: 'retention.ms',
      value: String(retentionMs),
      configOperation: IncrementalAlterConfigOperationTypes.SET,
    };
    const resourceType = ConfigResourceTypes.TOPIC;
    try {
      const resources = [{ resourceType, resourceName: topic, configs: [config] }];
      await this.#admin.incrementalAlterConfigs({ resources });
    } catch (thrown) {
      throw this.#described(thrown, topic, 'AlterConfigs');
    }
  }

  /** `count` in all; there have to be fewer. */
  async addPartitions(topic: string, count: number): Promise<void> {
    try {
      await this.#admin.createPartitions({ topics: [{ name: topic, count }] });
    } catch (thrown) {
      throw this.#described(thrown, topic, 'Alter');
    }
  }

  /** Bytes of one batch; the default where the user may not see it. */
  async messageBytesMax(topic: string): Promise<number> {
    const value = await this.#setting(topic, 'max.message.bytes');
    return value !== undefined && value > 0 ? value : messageBytesDefault;
  }

  /** Undefined: for ever, or the user may not see it. */
  async retentionMs(topic: string): Promise<number | undefined> {
    const value = await this.#setting(topic, 'retention.ms');
    return value !== undefined && value >= 0 ? value : undefined;
  }

  /** The first offset that is kept, and the next one, by the number of the partition. */
  async partitions(
    topic: string,
  ): Promise<readonly { readonly startOffset: number; readonly endOffset: number }[]> {
    const count = await this.partitionCount(topic);
    if (count === undefined) throw topicMissing(topic, this.#access.place().address);
    const starts = await this.#offsets(topic, count, earliest);
    const ends = await this.#offsets(topic, count, latest);
    return Array.from({ length: count }, (_, partition) => ({
      startOffset: starts.get(partition) ?? 0,
      endOffset: ends.get(partition) ?? 0,
    }));
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }

  async #offsets(
    topic: string,
    count: number,
    timestamp: bigint,
  ): Promise<ReadonlyMap<number, number>> {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => {
      return { partitionIndex, timestamp };
    });
    try {
      const topics = [{ name: topic, partitions }];
      const [answer] = await this.#admin.listOffsets({ topics, isolationLevel: 0 });
      const found = answer?.partitions ?? [];
      return new Map(found.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
    } catch (thrown) {
      throw this.#described(thrown, topic, 'Describe');
    }
  }

  /** Undefined where the user may not see it. */
  async #setting(topic: string, name: string): Promise<number | undefined> {
    const resourceType = ConfigResourceTypes.TOPIC;
    try {
      const resources = [{ resourceType, resourceName: topic, configurationKeys: [name] }];
      const [answer] = await this.#admin.describeConfigs({ resources });
      const value = Number(answer?.configs[0]?.value ?? Number.NaN);
      return Number.isInteger(value) ? value : undefined;
    } catch (thrown) {
      const error = this.#described(thrown, topic, 'Describe');
      if (error.code === 'access_refused') return undefined;
      throw error;
    }
  }

  #described(thrown: unknown, topic: string, operation: KafkaOperation): HeliosError {
    return describeRemoteError(thrown, this.#access.place({ topic, operation }));
  }
}
