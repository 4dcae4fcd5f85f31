import type { Clock } from '../../base/clock.ts';
import type { KafkaAccess } from '../../connection/kafka/kafka-access.ts';
import { Deadline } from '../deadline.ts';
import type {
  PeekAnswer,
  PeekedRecord,
  PeekRequest,
  PeekStart,
  StreamDescription,
  StreamLook,
  StreamSummary,
} from '../look.ts';
import { chosenPartitions, partitionBytes, peekAnswer, peekEach } from '../peeked.ts';
import { Cluster, type ClusterView } from './cluster.ts';
import { topicMissing } from './failures.ts';
import { BrokerPool } from './look/broker-pool.ts';
import {
  offsetOf,
  type PartitionPeekContext,
  type PeekedPartition,
  type RangeRead,
  readRange,
} from './look/partition-peek.ts';
import {
  partitionsOf,
  sumOf,
  type TopicFacts,
  TopicQuestions,
  type Topics,
} from './look/topic-facts.ts';

export type KafkaLookOptions = { readonly access: KafkaAccess; readonly clock: Clock };

/** For a list of topics, which asks every broker. */
const listTimeoutMs = 15_000;

/**
 * Looks at the topics of a cluster. Records are those of committed transactions. Without a consumer
 * group: nobody's offsets are touched.
 */
export class KafkaLook implements StreamLook {
  readonly kind = 'kafka';
  readonly #options: KafkaLookOptions;
  readonly #cluster: Cluster;
  readonly #questions: TopicQuestions;

  constructor(options: KafkaLookOptions) {
    this.#options = options;
    this.#cluster = new Cluster(options.access, 'read_committed');
    this.#questions = new TopicQuestions(options.access, this.#cluster, options.clock);
  }

  async streams(signal: AbortSignal): Promise<readonly StreamSummary[]> {
    using deadline = new Deadline(this.#options.clock, listTimeoutMs, signal);
    const all = await deadline.race(this.#cluster.view({ kind: 'pattern', pattern: /.*/ }));
    // Kafka's own topics begin with two underscores.
    const topics = new Map([...all.topics].filter(([name]) => !name.startsWith('__')));
    const facts = await this.#questions.facts(topics, deadline);
    signal.throwIfAborted();
    return [...topics.keys()].toSorted().map((name) => summary(name, topics, facts));
  }

  async describe(name: string, signal: AbortSignal): Promise<StreamDescription> {
    using deadline = new Deadline(this.#options.clock, listTimeoutMs, signal);
    const { topics } = await this.#view(name, deadline);
    const starts = await deadline.race(this.#cluster.offsets(partitionsOf(topics), 'earliest'));
    const facts = await this.#questions.facts(topics, deadline);
    signal.throwIfAborted();
    const own = facts.get(name);
    const details = [...(topics.get(name)?.leaders.keys() ?? [])].map((partition) => ({
      partition: String(partition),
      start: textOf(starts.get(name)?.get(partition)),
      end: textOf(own?.ends.get(partition)),
      bytes: own?.bytes.get(partition),
      isClosed: false,
      recordsPerSecond: own?.recordsPerSecond.get(partition),
    }));
    return { ...summary(name, topics, facts), details };
  }

  async peek(request: PeekRequest): Promise<PeekAnswer> {
    const { access, clock } = this.#options;
    using deadline = new Deadline(clock, request.timeoutMs, request.signal);
    const view = await this.#view(request.stream, deadline);
    const all = [...(view.topics.get(request.stream)?.leaders.keys() ?? [])].map(String);
    const chosen = chosenPartitions(all, request);
    const ranges = await this.#ranges(request, chosen.map(Number), deadline);
    const version = await deadline.race(this.#cluster.fetchVersion());
    const pool = new BrokerPool(access);
    try {
      const isolation = 'read_committed';
      const context = { access, pool, version, isolation, deadline } as const;
      const peeks = await peekEach(chosen, request, async (partition) => {
        const range = ranges.get(Number(partition));
        const place = partitionOf(view, request.stream, Number(partition));
        if (range === undefined) return { partition, records: [], failure: undefined };
        return { partition, ...(await readFrom(request, place, range, context)) };
      });
      return peekAnswer(peeks, request);
    } finally {
      await pool.close();
    }
  }

  async close(): Promise<void> {
    await this.#questions.close();
    await this.#cluster.close();
  }

  async #view(topic: string, deadline: Deadline): Promise<ClusterView> {
    const view = await deadline.race(this.#cluster.view({ kind: 'names', names: [topic] }));
    if (view.topics.has(topic)) return view;
    throw topicMissing(topic, this.#options.access.client.bootstrapBrokers.join(', '));
  }

  /** Where each partition begins and ends for this look. */
  async #ranges(
    { stream, from }: PeekRequest,
    partitions: readonly number[],
    deadline: Deadline,
  ): Promise<ReadonlyMap<number, Range>> {
    const asked = new Map([[stream, partitions]]);
    const ends = await deadline.race(this.#cluster.offsets(asked, 'latest'));
    const starts = await deadline.race(this.#cluster.offsets(asked, 'earliest'));
    const times =
      from.kind === 'time'
        ? await deadline.race(this.#cluster.offsets(asked, { atMs: from.atMs }))
        : undefined;
    return new Map(
      partitions.map((partition) => {
        const start = starts.get(stream)?.get(partition) ?? 0;
        const end = ends.get(stream)?.get(partition) ?? start;
        const begin = beginOf(from, start, times?.get(stream)?.get(partition));
        const bytesMax = partitionBytes(partitions.length);
        return [partition, { start: Math.max(start, begin), end, bytesMax }];
      }),
    );
  }
}

type Range = { readonly start: number; readonly end: number; readonly bytesMax: number };

function beginOf(from: PeekStart, start: number, atTime: number | undefined): number {
  if (from.kind === 'position') return offsetOf(from.position);
  return from.kind === 'time' ? (atTime ?? start) : start;
}

/** Widths of the windows in which the newest records are sought. */
const windowFactor = 4;
const windowMax = 100_000;

async function readFrom(
  { from, count }: PeekRequest,
  place: PeekedPartition,
  { start, end, bytesMax }: Range,
  context: PartitionPeekContext,
): Promise<RangeRead> {
  if (from.kind !== 'newest') {
    const range = { from: start, to: end, countMax: count, bytesMax, keep: 'first' } as const;
    return await readRange(place, range, context);
  }
  // Transactions and compaction leave offsets without records: the window gets wider.
  let found: readonly PeekedRecord[] = [];
  let width = count;
  for (let to = end; to > start && found.length < count; width *= windowFactor) {
    const begin = Math.max(start, to - Math.min(width, windowMax));
    const countMax = count - found.length;
    const range = { from: begin, to, countMax, bytesMax, keep: 'last' } as const;
    const earlier = await readRange(place, range, context);
    found = [...earlier.records, ...found];
    if (earlier.failure !== undefined) return { records: found, failure: earlier.failure };
    to = begin;
  }
  return { records: found, failure: undefined };
}

function partitionOf(view: ClusterView, topic: string, partition: number): PeekedPartition {
  const info = view.topics.get(topic);
  const leader = info?.leaders[partition];
  const broker = leader === undefined ? undefined : view.brokers.get(leader.nodeId);
  return { topic, topicId: info?.id, partition, leader, broker };
}

function summary(
  name: string,
  topics: Topics,
  facts: ReadonlyMap<string, TopicFacts>,
): StreamSummary {
  const own = facts.get(name);
  return {
    name,
    partitions: topics.get(name)?.leaders.length,
    retentionMs: own?.retentionMs,
    recordsPerSecond: sumOf(own?.recordsPerSecond ?? new Map()),
    bytesPerSecond: own?.bytesPerSecond,
    bytes: sumOf(own?.bytes ?? new Map()),
  };
}

function textOf(offset: number | undefined): string | undefined {
  return offset === undefined ? undefined : String(offset);
}
