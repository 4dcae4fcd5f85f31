import { Admin, ConfigResourceTypes } from '@platformatic/kafka';
import { HeliosError } from '../../../base/errors.ts';
import { describeRemoteError } from '../../../connection/failure/remote-error.ts';
import { guardClient, type KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
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

  /** Bytes of one batch; the default where the user may not see it. */
  async messageBytesMax(topic: string): Promise<number> {
    const configurationKeys = ['max.message.bytes'];
    const resourceType = ConfigResourceTypes.TOPIC;
    try {
      const resources = [{ resourceType, resourceName: topic, configurationKeys }];
      const [answer] = await this.#admin.describeConfigs({ resources });
      const value = Number(answer?.configs[0]?.value ?? Number.NaN);
      return Number.isInteger(value) && value > 0 ? value : messageBytesDefault;
    } catch (thrown) {
      const error = this.#described(thrown, topic, 'Describe');
      if (error.code === 'access_refused') return messageBytesDefault;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }

  #described(thrown: unknown, topic: string, operation: KafkaOperation): HeliosError {
    return describeRemoteError(thrown, this.#access.place({ topic, operation }));
  }
}
