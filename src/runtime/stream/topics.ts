import { join } from 'node:path';
import type { StreamEntry } from '../../catalog/catalog.ts';
import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connections } from '../../connection/connection.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import { type KafkaAccess, resolveKafkaAccess } from '../../connection/kafka/kafka-access.ts';
import type {
  BackedStreamChange,
  BackedStreamInfo,
  BackedStreamRequest,
  BackedTail,
} from '../../log/backed-streams.ts';
import { defaultLimits, retentionMsDefault } from '../../log/log.ts';
import { checkPartitions, fewerPartitions } from '../../log/stream-request.ts';
import { TopicAdmin } from '../../sink/kafka/produce/topic-admin.ts';
import { TopicProducer } from '../../sink/kafka/produce/topic-producer.ts';
import { TopicReader } from '../../source/kafka/look/topic-reader.ts';
import { position } from '../../event/record.ts';
import type { StreamBroker, StreamWriter } from './stream-broker.ts';
import { scanKeys } from './key-scan.ts';
import { StreamKeys } from './stream-keys.ts';
import { TopicStream } from './topic-stream.ts';
import { TopicTail } from './topic-tail.ts';

export type TopicsOptions = {
  /** Where each stream may have a folder of its own, by its id. */
  readonly directory: string;
  readonly connections: Connections;
  readonly context: ConnectionContext;
};

/** A request is tried for so long: clients wait no longer for an answer, as a rule. */
const deliveryMsMax = 10_000;

/** A list of streams doesn't wait longer for a broker that is away. */
const connectMsMax = 5_000;

const leaderRetries: BackoffPolicy = { firstMs: 100, maxMs: 1_000, attemptsMax: 5 };

/** The topics that keep streams. Its clients take long to load, and are seldom asked for. */
export class Topics implements StreamBroker {
  readonly #options: TopicsOptions;

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  writer(entry: StreamEntry): StreamWriter {
    const keys = this.#keys(entry);
    const { name, topic, connection } = entry;
    const { clock, random } = this.#options.context;
    const stream = new TopicStream({
      name,
      topic,
      clock,
      open: async () => {
        const access = await this.#access(connection);
        return await TopicProducer.open({ access, topic, clock, random, deliveryMsMax });
      },
      pendingBytesMax: defaultLimits.pendingBytesMax,
      waitMsMax: deliveryMsMax,
      onStored: (stored) => keys.onStored(stored),
    });
    return {
      append: async (lines, key) => {
        const place =
          key === undefined
            ? { ...(await stream.append(lines)), isDuplicate: false }
            : await keys.append(stream, lines, key);
        const { partition, to, isDuplicate } = place;
        return { partition: `${topic}/${partition}`, to: position(String(to)), isDuplicate };
      },
      lookAgain: async () => await stream.lookAgain(),
      close: async () => await keys.close(await stream.close()),
    };
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
      partitions: await this.#onceLed(async () => await admin.partitions(entry.topic)),
    }));
  }

  /** Asks again while brokers don't agree on who leads, as they do for a moment after one slept. */
  async #onceLed<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#options.context;
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (thrown) {
        if (!isUnled(thrown) || attempt >= leaderRetries.attemptsMax) throw thrown;
      }
      await clock.sleep(backoffMs(leaderRetries, attempt, random));
    }
  }

  /** Changes what is given. Partitions can't become fewer: `invalid_request`. */
  async alter(entry: StreamEntry, change: BackedStreamChange): Promise<void> {
    await this.#withAdmin(entry.connection, async (admin) => await alter(admin, entry, change));
  }

  /** Records as pipelines see them: those of committed transactions. */
  async tail({ topic, connection }: StreamEntry): Promise<BackedTail> {
    const access = await this.#access(connection);
    const { clock } = this.#options.context;
    const isolation = 'read_committed';
    return new TopicTail(
      new TopicReader({ access, topic, isolation, clock, timeoutMs: deliveryMsMax }),
    );
  }

  #keys({ id, name, topic, connection }: StreamEntry): StreamKeys {
    const { context, directory } = this.#options;
    const { clock } = context;
    return new StreamKeys({
      streamId: id,
      name,
      clock,
      directory: join(directory, id),
      waitMsMax: deliveryMsMax,
      scan: async (positions, onKey, signal) => {
        const access = await this.#access(connection);
        // Requests are no part of anybody's transaction, and must be seen before it ends.
        const isolation = 'read_uncommitted';
        const limits = { isolation, timeoutMs: deliveryMsMax } as const;
        const reader = new TopicReader({ access, topic, clock, ...limits });
        try {
          return await scanKeys(positions, { reader, clock, onKey, signal });
        } finally {
          await reader.close();
        }
      },
    });
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

/** What brokers say to a request that went by an older view of who leads. */
const unledNames: ReadonlySet<unknown> = new Set([
  'FENCED_LEADER_EPOCH',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_LEADER_EPOCH',
]);

function isUnled(thrown: unknown): boolean {
  return thrown instanceof HeliosError && unledNames.has(thrown.details?.['kafka_error']);
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

async function alter(
  admin: TopicAdmin,
  { name, topic }: StreamEntry,
  { partitions, retentionMs }: BackedStreamChange,
): Promise<void> {
  if (partitions !== undefined) {
    const count = await admin.partitionCount(topic);
    const wanted = checkPartitions(partitions);
    if (count !== undefined && wanted < count) throw fewerPartitions(name, count, wanted);
    // Where there is no topic, the broker says so.
    if (wanted !== count) await admin.addPartitions(topic, wanted);
  }
  if (retentionMs !== undefined) await admin.setRetention(topic, retentionMs);
}
