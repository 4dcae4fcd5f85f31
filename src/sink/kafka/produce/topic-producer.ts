import type { Clock } from '../../../base/clock.ts';
import type { HeliosError } from '../../../base/errors.ts';
import { guardedAccess } from './guarded-access.ts';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import { Cluster, type ClusterView, type TopicInfo } from '../../../source/kafka/cluster.ts';
import { topicMissing } from '../../../source/kafka/failures.ts';
import { PartitionLane } from './partition-lane.ts';
import { ProduceConnection } from './produce-connection.ts';
import { headerBytes, type RecordBatch } from './record-batch.ts';
import { TopicAdmin } from './topic-admin.ts';

export type TopicProducerOptions = {
  readonly access: KafkaAccess;
  readonly topic: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** So long a batch is tried again and again before it has failed. */
  readonly deliveryMsMax: number;
};

/** What became of a batch. */
export type Delivery =
  | {
      readonly kind: 'stored';
      /** After the last record of the batch, or later; undefined where the broker didn't tell. */
      readonly endOffset: number | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly error: HeliosError;
      /** A try was not answered: the broker may have the records, or may get them yet. */
      readonly isPerhapsStored: boolean;
      /** The broker said no to it, and would again until somebody changes something there. */
      readonly isRefused: boolean;
    };

/**
 * A broker works on the requests of a connection one after another, and an answer waits for the
 * replicas: partitions of one broker share this many.
 */
const connectionsPerBroker = 4;

/** Larger batches are no faster, and wait longer. */
const batchBytesWanted = 1024 * 1024;

/** Partitions that were added are found so late at most. */
const viewAgeMsMax = 60_000;

/**
 * Writes batches to the partitions of a topic, acknowledged by all replicas that are in sync. Each
 * partition has one batch on its way at a time, in order; a broker stores a batch that is sent
 * again only once (KIP-98), unless it lost what it knew of the producer.
 */
export class TopicProducer {
  readonly #options: TopicProducerOptions;
  readonly #cluster: Cluster;
  readonly #lanes = new Map<number, PartitionLane>();
  readonly #connections = new Map<string, ProduceConnection>();
  readonly #closing = new AbortController();
  /** Bytes of records that the topic takes in one batch, before compression. */
  readonly batchBytesMax: number;
  /** Bytes of a batch that the topic took when this began. */
  readonly messageBytesMax: number;
  #view: ClusterView;
  #viewedAtMs: number;
  #looking: Promise<void> | undefined;

  private constructor(
    options: TopicProducerOptions,
    opened: {
      readonly cluster: Cluster;
      readonly view: ClusterView;
      readonly messageBytesMax: number;
    },
  ) {
    this.#options = options;
    this.#cluster = opened.cluster;
    this.#view = opened.view;
    this.messageBytesMax = opened.messageBytesMax;
    const bytes = Math.min(opened.messageBytesMax, batchBytesWanted) - headerBytes;
    this.batchBytesMax = Math.max(bytes, 1);
    this.#viewedAtMs = options.clock.monotonicMs();
  }

  /** Fails with what keeps from the topic: `unreachable`, `access_refused`, `stream_missing` … */
  static async open(options: TopicProducerOptions): Promise<TopicProducer> {
    const access = guardedAccess(options.access, options.deliveryMsMax);
    const cluster = new Cluster(access, 'read_uncommitted');
    const admin = new TopicAdmin(access);
    try {
      const view = await viewOf(cluster, options);
      const messageBytesMax = await admin.messageBytesMax(options.topic);
      return new TopicProducer({ ...options, access }, { cluster, view, messageBytesMax });
    } catch (thrown) {
      await cluster.close();
      throw thrown;
    } finally {
      await admin.close();
    }
  }

  get topic(): string {
    return this.#options.topic;
  }

  get clusterId(): string {
    return this.#view.clusterId;
  }

  get topicId(): string | undefined {
    return this.#info?.id;
  }

  get partitionCount(): number {
    return this.#info?.leaders.length ?? 1;
  }

  /** One batch after another in a partition, in the order of the calls. */
  async send(partition: number, batch: Promise<RecordBatch>): Promise<Delivery> {
    const delivery = await this.#lane(partition).send(batch);
    if (this.#options.clock.monotonicMs() - this.#viewedAtMs > viewAgeMsMax) {
      // What fails here fails again, and is told, when somebody needs it.
      this.lookAgain().catch(() => undefined);
    }
    return delivery;
  }

  /** Tries a batch on that failed in doubt: in the end the partition has it once. */
  async resend(partition: number, batch: RecordBatch): Promise<Delivery> {
    return await this.#lane(partition).resend(batch);
  }

  /** Who leads, and how many partitions there are. One look at a time, for all who need it. */
  async lookAgain(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** Where the log of a partition ends now. */
  async endOffset(partition: number): Promise<number> {
    const { topic } = this.#options;
    const ends = await this.#cluster.offsets(new Map([[topic, [partition]]]), 'latest');
    return ends.get(topic)?.get(partition) ?? 0;
  }

  /** What is on its way fails. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const connection of this.#connections.values()) connection.close();
    await Promise.all([...this.#lanes.values()].map(async (lane) => await lane.idle()));
    await this.#cluster.close();
  }

  get #info(): TopicInfo | undefined {
    return this.#view.topics.get(this.#options.topic);
  }

  #lane(partition: number): PartitionLane {
    const known = this.#lanes.get(partition);
    if (known !== undefined) return known;
    const { access, topic, clock, random, deliveryMsMax } = this.#options;
    const lane = new PartitionLane({
      access,
      topic,
      partition,
      clock,
      random,
      deliveryMsMax,
      closing: this.#closing.signal,
      leader: () => this.#leader(partition),
      lookAgain: async () => await this.lookAgain(),
      endOffset: async () => await this.endOffset(partition),
    });
    this.#lanes.set(partition, lane);
    return lane;
  }

  /** Undefined while nobody leads the partition. */
  #leader(partition: number): ProduceConnection | undefined {
    const nodeId = this.#info?.leaders[partition]?.nodeId;
    const broker = nodeId === undefined ? undefined : this.#view.brokers.get(nodeId);
    if (nodeId === undefined || broker === undefined) return undefined;
    const name = `${nodeId}/${partition % connectionsPerBroker}`;
    const known = this.#connections.get(name);
    if (known?.broker.host === broker.host && known.broker.port === broker.port) return known;
    known?.close();
    const connection = new ProduceConnection(this.#options.access, broker);
    this.#connections.set(name, connection);
    return connection;
  }

  async #look(): Promise<void> {
    this.#view = await viewOf(this.#cluster, this.#options);
    this.#viewedAtMs = this.#options.clock.monotonicMs();
  }
}

async function viewOf(cluster: Cluster, options: TopicProducerOptions): Promise<ClusterView> {
  const { topic, access } = options;
  const view = await cluster.view({ kind: 'names', names: [topic] });
  if (view.topics.get(topic) === undefined) throw topicMissing(topic, access.place().address);
  return view;
}
