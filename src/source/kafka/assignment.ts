import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { describeRemoteError } from '../../connection/failure/remote-error.ts';
import type { KafkaAccess } from '../../connection/kafka/kafka-access.ts';
import type { KafkaTable } from '../../sql/script.ts';
import { outcomeOf } from './answer-outcome.ts';
import type { Bell } from './bell.ts';
import type { Cluster, ClusterView } from './cluster.ts';
import {
  clusterReplaced,
  corruptRecords,
  diverged,
  isWithin,
  notAllowed,
  outOfRange,
  topicReplaced,
  unanswered,
  withoutLeader,
} from './failures.ts';
import { BrokerFetcher } from './fetch/broker-fetcher.ts';
import type { PartitionAnswer } from './fetch/fetch-answer.ts';
import type { Broker } from './fetch/fetch-connection.ts';
import type { KafkaPosition } from './kafka-position.ts';
import { comparePartitionNames } from './partition-names.ts';
import { PartitionReader } from './partition-reader.ts';

/** New topics and partitions are found this often. */
const viewIntervalMs = 30_000;
/** Between two looks while something is known to have changed. */
const stalePolicy: BackoffPolicy = {
  firstMs: 100,
  maxMs: 5_000,
  attemptsMax: Number.POSITIVE_INFINITY,
};
/** What may pass is borne so long; then the pipeline is told, and tries from the start. */
const troubleMsMax = 15_000;
/** Answers in a row without a whole batch that is new: the first ones may be about its size. */
const fruitlessMax = 10;
/** Batches that can't be read are fetched once more so often: what is damaged may be the copy. */
const damagedMax = 3;
/** Fetched and not yet taken, of all partitions. */
const heldBytesMax = 64 * 1024 * 1024;

/** What a partition waits for, since when on the monotonic clock. */
export type Silence = { readonly sinceMs: number; readonly error: HeliosError };

export type AssignmentContext = {
  readonly access: KafkaAccess;
  readonly table: KafkaTable;
  readonly clock: Clock;
  readonly random: () => number;
  readonly cluster: Cluster;
  readonly bell: Bell;
};

/**
 * The partitions that are read, who leads each, and the fetching from those brokers. Looks the
 * cluster over now and then, and whenever a broker says that something changed.
 */
export class Assignment {
  readonly #context: AssignmentContext;
  readonly #version: number;
  readonly #readers = new Map<string, PartitionReader>();
  readonly #fetchers = new Map<
    number,
    { readonly broker: Broker; readonly fetcher: BrokerFetcher }
  >();
  readonly #done = new AbortController();
  readonly #looking: Promise<void>;
  readonly #clusterId: string;
  #view: ClusterView;
  #names: readonly string[] = [];
  #staleCount = 0;
  #wakeLook: () => void = () => undefined;
  #answerCount = 0;
  #rotation = 0;

  private constructor(context: AssignmentContext, version: number, view: ClusterView) {
    this.#context = context;
    this.#version = version;
    this.#clusterId = view.clusterId;
    this.#view = view;
    this.#apply(view);
    this.#looking = this.#lookAgain();
  }

  static async open(context: AssignmentContext): Promise<Assignment> {
    const version = await context.cluster.fetchVersion();
    return new Assignment(context, version, await context.cluster.view(context.table.topics));
  }

  get clusterId(): string {
    return this.#clusterId;
  }

  /** Answers of brokers so far: one that waits sees whether any came. */
  get answerCount(): number {
    return this.#answerCount;
  }

  /** All partitions that there are, `topic/number`, in order. */
  names(): readonly string[] {
    return this.#names;
  }

  reader(name: string): PartitionReader | undefined {
    return this.#readers.get(name);
  }

  topicId(topic: string): string | undefined {
    return this.#view.topics.get(topic)?.id;
  }

  byTopic(): ReadonlyMap<string, readonly number[]> {
    return new Map(
      [...this.#view.topics].map(([topic, { leaders }]) => [topic, [...leaders.keys()]]),
    );
  }

  /** Fetches the partition from this position on. */
  begin(reader: PartitionReader, at: KafkaPosition | undefined): void {
    const current = this.topicId(reader.topic);
    reader.topicId = at?.topicId ?? current;
    reader.startAt(at);
    this.#checkTopic(reader);
  }

  hasFailed(reader: PartitionReader): boolean {
    return reader.failure !== undefined || this.#isTooLong(reader);
  }

  throwIfFailed(reader: PartitionReader): void {
    if (reader.failure !== undefined) throw reader.failure;
    const { trouble } = reader;
    if (trouble === undefined || !this.#isTooLong(reader)) return;
    throw describeRemoteError(trouble.error, this.#context.access.place({ topic: reader.topic }));
  }

  /** What was taken of the partition turned out to be no records. */
  onDamage(reader: PartitionReader, cause: HeliosError): void {
    const error = corruptRecords(reader.topic, reader.partition, cause);
    if (reader.fetchAgain() >= damagedMax) reader.failure = error;
    else this.#postpone(reader, error);
  }

  /** A broker that is asked for this partition says nothing of use; why, and since when. */
  silence(reader: PartitionReader): Silence | undefined {
    const sinceMs = reader.silentSinceMs(this.#context.clock.monotonicMs());
    if (sinceMs === undefined) return undefined;
    const { access } = this.#context;
    const broker = this.#view.brokers.get(reader.leader?.nodeId ?? -1);
    const address = broker && `${broker.host}:${broker.port}`;
    const error = reader.trouble?.error ?? unanswered(address ?? access.place().address);
    return { sinceMs, error: describeRemoteError(error, access.place({ topic: reader.topic })) };
  }

  async close(): Promise<void> {
    this.#done.abort();
    this.#wakeLook();
    await this.#looking;
    const fetchers = [...this.#fetchers.values()];
    this.#fetchers.clear();
    await Promise.all(fetchers.map(async ({ fetcher }) => await fetcher.close()));
  }

  #apply(view: ClusterView): void {
    if (view.clusterId !== this.#clusterId) return this.#refuse(view.clusterId);
    this.#view = view;
    for (const [topic, { leaders }] of view.topics) {
      for (const number of leaders.keys()) this.#know(topic, number);
    }
    const names: string[] = [];
    for (const [name, reader] of this.#readers) {
      // Nobody takes what is held of a topic that is gone, and it would keep others from fetching.
      if (!view.topics.has(reader.topic)) reader.rest();
      // A topic never loses partitions: an answer without one of them is not the last word.
      else names.push(name);
      this.#lead(reader, view);
    }
    this.#names = names.toSorted(comparePartitionNames);
    this.#matchFetchers(view);
    this.#context.bell.ring();
  }

  /** Nothing of another cluster is read. */
  #refuse(clusterId: string): void {
    const { address } = this.#context.access.place();
    const error = clusterReplaced(this.#clusterId, clusterId, address);
    for (const reader of this.#readers.values()) reader.failure ??= error;
    this.#context.bell.ring();
  }

  #lead(reader: PartitionReader, view: ClusterView): void {
    const topic = view.topics.get(reader.topic);
    const leader = topic?.leaders[reader.partition];
    const isThere = leader !== undefined && view.brokers.has(leader.nodeId);
    reader.leader = isThere ? leader : undefined;
    reader.isWaiting = false;
    this.#checkTopic(reader);
    if (topic === undefined) reader.trouble = undefined;
    else if (reader.isActive && !isThere) {
      const why = leader === undefined ? 'no broker leads it' : 'its leader has no address';
      this.#trouble(reader, withoutLeader(reader.topic, reader.partition, why));
    }
  }

  #know(topic: string, number: number): void {
    const name = `${topic}/${number}`;
    if (!this.#readers.has(name)) this.#readers.set(name, new PartitionReader(topic, number));
  }

  /** A topic that was made anew under the name is another one. */
  #checkTopic(reader: PartitionReader): void {
    const current = this.topicId(reader.topic);
    const { topicId, place } = reader;
    if (place === undefined || topicId === undefined || current === undefined) return;
    if (current === topicId) return;
    if (reader.isUntouched) return this.begin(reader, undefined);
    reader.failure ??= topicReplaced(reader.lostPlace, current);
  }

  #matchFetchers(view: ClusterView): void {
    for (const [nodeId, { broker, fetcher }] of this.#fetchers) {
      const now = view.brokers.get(nodeId);
      if (now?.host === broker.host && now.port === broker.port) continue;
      this.#fetchers.delete(nodeId);
      void fetcher.close();
    }
    const leading = new Set([...this.#readers.values()].map(({ leader }) => leader?.nodeId));
    for (const [nodeId, broker] of view.brokers) {
      if (!leading.has(nodeId) || this.#fetchers.has(nodeId)) continue;
      this.#fetchers.set(nodeId, { broker, fetcher: this.#newFetcher(nodeId, broker) });
    }
  }

  #newFetcher(nodeId: number, broker: Broker): BrokerFetcher {
    const { access, table, clock, random, bell } = this.#context;
    return new BrokerFetcher(
      {
        access,
        version: this.#version,
        clusterId: this.#clusterId,
        isolation: table.isolation,
        clock,
        random,
        bell,
        readers: () => this.#fetchable(nodeId),
        onAnswer: (reader, answer) => this.#onAnswer(reader, answer),
        onFailure: (readers, error) => this.#onFailure(readers, error),
      },
      broker,
    );
  }

  /** Brokers fill answers in the order of the request: each time another partition is first. */
  #fetchable(nodeId: number): readonly PartitionReader[] {
    const all = [...this.#readers.values()];
    const held = all.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
    if (held >= heldBytesMax) return [];
    const led = all.filter(({ leader, lane }) => leader?.nodeId === nodeId && lane !== undefined);
    const first = this.#rotation++ % Math.max(1, led.length);
    return [...led.slice(first), ...led.slice(0, first)];
  }

  #onAnswer(reader: PartitionReader, answer: PartitionAnswer): void {
    this.#answerCount++;
    if (!reader.isAnswerCurrent) return;
    const outcome = outcomeOf(answer.errorCode);
    const { topic, partition } = reader;
    switch (outcome.kind) {
      case 'records':
        this.#accept(reader, answer);
        return;
      case 'out_of_range':
        void this.#locate(reader);
        return;
      case 'refused':
        reader.failure = notAllowed(topic, this.#context.access.place().address);
        return;
      case 'stale':
      case 'trouble':
        this.#postpone(reader, withoutLeader(topic, partition, `brokers answer ${outcome.name}`));
    }
  }

  /** Asked again after the next look, which comes later and later. */
  #postpone(reader: PartitionReader, error: unknown): void {
    reader.isWaiting = true;
    this.#lookSoon();
    this.#trouble(reader, error);
  }

  #accept(reader: PartitionReader, answer: PartitionAnswer): void {
    if (answer.diverging !== undefined) {
      reader.failure = diverged(reader.lostPlace, answer.diverging);
      return;
    }
    const { highWatermark, lastStableOffset } = answer;
    const isCommitted = this.#context.table.isolation === 'read_committed';
    const end = isCommitted && lastStableOffset >= 0 ? lastStableOffset : highWatermark;
    try {
      reader.accept(answer, end, this.#context.clock.monotonicMs());
    } catch (thrown) {
      return this.onDamage(reader, asHeliosError(thrown));
    }
    if (reader.fruitlessAnswers < fruitlessMax) return;
    const why = 'brokers answer without a whole batch of what was asked for';
    this.#postpone(reader, withoutLeader(reader.topic, reader.partition, why));
  }

  #onFailure(readers: readonly PartitionReader[], error: unknown): void {
    for (const reader of readers) {
      if (error instanceof HeliosError && error.code === 'source_replaced')
        reader.failure ??= error;
      else this.#trouble(reader, error);
    }
    this.#lookSoon();
  }

  #trouble(reader: PartitionReader, error: unknown): void {
    const sinceMs = reader.trouble?.sinceMs ?? this.#context.clock.monotonicMs();
    reader.trouble = { sinceMs, error };
  }

  #isTooLong({ trouble }: PartitionReader): boolean {
    if (trouble === undefined) return false;
    return this.#context.clock.monotonicMs() - trouble.sinceMs >= troubleMsMax;
  }

  /** Finds out what is left of a log that doesn't have the offset that was asked for. */
  async #locate(reader: PartitionReader): Promise<void> {
    const { cluster, table } = this.#context;
    const { topic, partition, fetchPlace } = reader;
    reader.isLocating = true;
    try {
      const log = await cluster.logRange(topic, partition);
      // It was asked for by the topic's name: another topic, or cluster, may have that by now.
      this.#apply(await cluster.view(table.topics));
      if (reader.failure !== undefined || reader.fetchPlace !== fetchPlace) return;
      if (reader.isUntouched) reader.moveStart(log.start);
      else if (!isWithin(fetchPlace.offset, log))
        reader.failure = outOfRange(reader.lostPlace, log);
      else this.#postpone(reader, withoutLeader(topic, partition, 'brokers disagree on its log'));
    } catch (thrown) {
      this.#postpone(reader, thrown);
    } finally {
      reader.isLocating = false;
      this.#context.bell.ring();
    }
  }

  #lookSoon(): void {
    this.#staleCount++;
    this.#wakeLook();
  }

  /** Until it is closed. What fails shows in the partitions that it concerns. */
  async #lookAgain(): Promise<void> {
    const { cluster, table, random } = this.#context;
    let attempt = 0;
    while (!this.#done.signal.aborted) {
      await this.#rest(attempt === 0 ? viewIntervalMs : backoffMs(stalePolicy, attempt, random));
      if (this.#done.signal.aborted) return;
      const staleBefore = this.#staleCount;
      try {
        this.#apply(await cluster.view(table.topics));
        attempt = this.#hasTrouble() || this.#staleCount !== staleBefore ? attempt + 1 : 0;
      } catch (thrown) {
        attempt++;
        // Who holds records needs nobody yet; it may not be fetched before they are taken.
        for (const reader of this.#readers.values())
          if (reader.isActive && !reader.hasRecords) this.#trouble(reader, thrown);
        this.#context.bell.ring();
      }
    }
  }

  #hasTrouble(): boolean {
    return [...this.#readers.values()].some(({ trouble }) => trouble !== undefined);
  }

  /** Ends early when there is a reason to look; never sooner than the first step of the backoff. */
  async #rest(durationMs: number): Promise<void> {
    const { clock } = this.#context;
    const woken = new AbortController();
    this.#wakeLook = () => woken.abort();
    if (durationMs < viewIntervalMs) this.#wakeLook = () => undefined;
    try {
      await clock.sleep(durationMs, AbortSignal.any([woken.signal, this.#done.signal]));
    } catch (thrown) {
      if (!woken.signal.aborted && !this.#done.signal.aborted) throw thrown;
    }
  }
}
