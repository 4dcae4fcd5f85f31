import type { StreamEntry } from '../../catalog/catalog.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connections } from '../../connection/connection.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import { type KafkaAccess, resolveKafkaAccess } from '../../connection/kafka/kafka-access.ts';
import type { BackedStreamInfo, BackedStreamRequest } from '../../log/backed-streams.ts';
import { defaultLimits, retentionMsDefault } from '../../log/log.ts';
import { checkPartitions } from '../../log/stream-request.ts';
import { TopicAdmin } from '../../sink/kafka/produce/topic-admin.ts';
import { TopicProducer } from '../../sink/kafka/produce/topic-producer.ts';
import { TopicStream } from './topic-stream.ts';

export type TopicsOptions = {
  readonly connections: Connections;
  readonly context: ConnectionContext;
};

/** A request is tried for so long: clients wait no longer for an answer, as a rule. */
const deliveryMsMax = 10_000;

/** A list of streams doesn't wait longer for a broker that is away. */
const connectMsMax = 5_000;

/** The topics that keep streams. Its clients take long to load, and are seldom asked for. */
export class Topics {
  readonly #options: TopicsOptions;

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  /** Connects when it is written to. */
  stream({ name, topic, connection }: StreamEntry): TopicStream {
    const { clock, random } = this.#options.context;
    return new TopicStream({
      name,
      topic,
      clock,
      open: async () => {
        const access = await this.#access(connection);
        return await TopicProducer.open({ access, topic, clock, random, deliveryMsMax });
      },
      pendingBytesMax: defaultLimits.pendingBytesMax,
      waitMsMax: deliveryMsMax,
    });
  }

  /** Makes the topic, or checks that the one of this name is as it is wanted. */
  async prepare(topic: string, request: BackedStreamRequest): Promise<void> {
    await this.#withAdmin(
      request.connection,
      async (admin) => await prepare(admin, topic, request),
    );
  }

  /** What the broker says of it. */
  async facts(entry: StreamEntry): Promise<Pick<BackedStreamInfo, 'retentionMs' | 'partitions'>> {
    return await this.#withAdmin(entry.connection, async (admin) => ({
      retentionMs: await admin.retentionMs(entry.topic),
      partitions: await admin.partitions(entry.topic),
    }));
  }

  async #access(connection: string): Promise<KafkaAccess> {
    const { connections, context } = this.#options;
    const options = connections.optionsOf('kafka', { profile: connection, options: {} });
    const access = await resolveKafkaAccess(options, context);
    const timeouts = { connectTimeout: connectMsMax, requestTimeout: deliveryMsMax };
    return { ...access, client: { ...access.client, ...timeouts } };
  }

  async #withAdmin<T>(connection: string, action: (admin: TopicAdmin) => Promise<T>): Promise<T> {
    const admin = new TopicAdmin(await this.#access(connection));
    try {
      return await action(admin);
    } finally {
      await admin.close();
    }
  }
}

async function prepare(
  admin: TopicAdmin,
  topic: string,
  { partitions, retentionMs }: BackedStreamRequest,
): Promise<void> {
  const count = await admin.partitionCount(topic);
  if (count === undefined) {
    await admin.create({
      topic,
      partitions: checkPartitions(partitions ?? 1),
      retentionMs: retentionMs ?? retentionMsDefault,
    });
    return;
  }
  const isOther = partitions !== undefined && partitions !== count;
  if (!isOther && retentionMs === undefined) return;
  throw new HeliosError('conflict', `The Kafka topic "${topic}" exists with ${count} partitions.`, {
    hint: 'Leave --partitions and --retention out to use it as it is, or name another topic.',
    details: { topic, partitions: count },
  });
}
