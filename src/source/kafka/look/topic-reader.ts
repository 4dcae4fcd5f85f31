import type { Clock } from '../../../base/clock.ts';
import { asHeliosError } from '../../../base/errors.ts';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import { type EnvelopeRecord, readEnvelope } from '../../../format/envelope-record.ts';
import type { KafkaTable } from '../../../sql/script.ts';
import { Deadline } from '../../deadline.ts';
import type { RecordForm } from '../../source.ts';
import { splitLines } from '../../split-lines.ts';
import { Cluster, type ClusterView, type OffsetQuestion } from '../cluster.ts';
import { corruptRecords, topicMissing } from '../failures.ts';
import { spanOf } from '../record/record-batch.ts';
import { FetchedRecords } from '../record/fetched-records.ts';
import { SpoolLines } from '../record/spool-lines.ts';
import { BrokerPool } from './broker-pool.ts';
import { fetchOnce } from './partition-peek.ts';

type TopicReaderOptions = {
  readonly access: KafkaAccess;
  readonly topic: string;
  readonly isolation: KafkaTable['isolation'];
  readonly clock: Clock;
  /** Of one question to the brokers. */
  readonly timeoutMs: number;
};

/** [from, to) of a partition, by offsets. */
export type TopicRange = {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** So many bytes of decoded records are taken, and the record that reaches it. */
  readonly bytesMax: number;
};

export type TopicRecords = {
  readonly records: readonly (EnvelopeRecord & { readonly offset: number })[];
  /** Where to go on; `from` itself where the broker gave nothing. */
  readonly to: number;
};

const form: RecordForm = { kind: 'envelopes', isBinary: true, metadata: ['offset_id', 'headers'] };
const fetchBytes = 1024 * 1024;

/**
 * Reads ranges of a topic, one after another, whatever they begin with. Asks once; who calls
 * decides whether to ask again. Fails with Helios's own errors.
 */
export class TopicReader {
  readonly #options: TopicReaderOptions;
  readonly #cluster: Cluster;
  readonly #pool: BrokerPool;
  #view: ClusterView | undefined;
  #version: number | undefined;

  constructor(options: TopicReaderOptions) {
    this.#options = options;
    this.#cluster = new Cluster(options.access, options.isolation);
    this.#pool = new BrokerPool(options.access);
  }

  /** By the number of the partition. Looks who leads them, too. `stream_missing`. */
  async offsets(question: OffsetQuestion, signal: AbortSignal): Promise<readonly number[]> {
    const { topic, access, clock, timeoutMs } = this.#options;
    using deadline = new Deadline(clock, timeoutMs, signal);
    const view = await deadline.race(this.#cluster.view({ kind: 'names', names: [topic] }));
    const info = view.topics.get(topic);
    if (info === undefined) throw topicMissing(topic, access.place().address);
    this.#view = view;
    const partitions = [...info.leaders.keys()];
    const asked = new Map([[topic, partitions]]);
    const found = (await deadline.race(this.#cluster.offsets(asked, question))).get(topic);
    return partitions.map((partition) => found?.get(partition) ?? 0);
  }

  async read(range: TopicRange, signal: AbortSignal): Promise<TopicRecords> {
    const { topic, access, isolation, clock, timeoutMs } = this.#options;
    using deadline = new Deadline(clock, timeoutMs, signal);
    if (this.#view === undefined) await this.offsets('latest', signal);
    this.#version ??= await deadline.race(this.#cluster.fetchVersion());
    const context = { access, pool: this.#pool, version: this.#version, isolation, deadline };
    const info = this.#view?.topics.get(topic);
    const leader = info?.leaders[range.partition];
    const broker = leader === undefined ? undefined : this.#view?.brokers.get(leader.nodeId);
    const place = { topic, topicId: info?.id, partition: range.partition, leader, broker };
    const start = { offset: range.from, leaderEpoch: undefined };
    for (let bytesMax = fetchBytes; ;) {
      const answer = await fetchOnce(place, start, bytesMax, context);
      const span = spanOf(answer.records);
      if (span.nextOffset !== undefined) {
        const records = answer.records.subarray(0, span.byteLength);
        return this.#taken(new FetchedRecords(records, answer.aborted), range, span.nextOffset);
      }
      if (span.needed <= bytesMax) return { records: [], to: range.from };
      // One batch is larger than what was asked for.
      bytesMax = span.needed;
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#cluster.close();
  }

  #taken(fetched: FetchedRecords, range: TopicRange, nextOffset: number): TopicRecords {
    const { topic } = this.#options;
    const { partition, from, to: offsetEnd, bytesMax } = range;
    const lines = new SpoolLines();
    try {
      const limits = { form, topic, partition, offsetEnd, bytesMax };
      const next = fetched.take({ offset: from, leaderEpoch: undefined }, lines, limits);
      const written = splitLines(Buffer.concat(lines.takeChunks()));
      const records = written.map((line) => {
        const record = readEnvelope(line);
        return { ...record, offset: Number(record.metadata['offset_id']) };
      });
      const to = fetched.isDone ? Math.max(next.offset, nextOffset) : next.offset;
      return { records, to: Math.min(to, offsetEnd) };
    } catch (thrown) {
      throw corruptRecords(topic, partition, asHeliosError(thrown));
    }
  }
}
