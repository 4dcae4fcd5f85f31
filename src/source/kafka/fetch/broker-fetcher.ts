import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { HeliosError } from '../../../base/errors.ts';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import type { KafkaTable } from '../../../sql/script.ts';
import { outcomeOf } from '../answer-outcome.ts';
import type { Bell } from '../bell.ts';
import type { PartitionReader } from '../partition-reader.ts';
import type { PartitionAnswer } from './fetch-answer.ts';
import { type Broker, FetchConnection } from './fetch-connection.ts';
import { fetchVersionByTopicId, type FetchTopic } from './fetch-request.ts';

/** How long a broker may wait for records where there are none yet. */
const tailWaitMs = 500;
/** Between answers with new records, so that many small ones don't cost more than they bring. */
const tailPauseMs = 15;
/** Of one answer; a single batch that is larger comes all the same. */
const answerBytesMax = 32 * 1024 * 1024;
/** A connection that is being made ends by itself, later. */
const closePatienceMs = 500;
const retryPolicy: BackoffPolicy = {
  firstMs: 50,
  maxMs: 5_000,
  attemptsMax: Number.POSITIVE_INFINITY,
};

export type FetcherContext = {
  readonly access: KafkaAccess;
  readonly version: number;
  /** The cluster that the records are of; undefined: any. */
  readonly clusterId: string | undefined;
  readonly isolation: KafkaTable['isolation'];
  readonly clock: Clock;
  readonly random: () => number;
  /** Rung whenever a partition may be fetched that could not be before, or has something new. */
  readonly bell: Bell;
  /** Partitions that this broker leads, the longest unasked first. */
  readonly readers: () => readonly PartitionReader[];
  /** Called with what the broker says of a partition. */
  readonly onAnswer: (reader: PartitionReader, answer: PartitionAnswer) => void;
  /** A request for these partitions failed. */
  readonly onFailure: (readers: readonly PartitionReader[], error: unknown) => void;
};

/** `behind`: partitions with more to read; `tail`: those read to their end, waiting for more. */
type Lane = 'behind' | 'tail';

/**
 * Fetches from one broker, on three connections: one for partitions that have more to read, at
 * once; two for those at their end, whose requests the broker holds until there is something, so
 * that a quiet partition does not hold up a busy one. A partition is in one request at a time.
 */
export class BrokerFetcher {
  readonly #context: FetcherContext;
  readonly #done = new AbortController();
  readonly #connections: readonly FetchConnection[];
  readonly #loops: readonly Promise<void>[];

  constructor(context: FetcherContext, broker: Broker) {
    this.#context = context;
    const lanes: readonly Lane[] = ['behind', 'tail', 'tail'];
    this.#connections = lanes.map(
      () => new FetchConnection(context.access, broker, context.clusterId),
    );
    this.#loops = this.#connections.map(async (connection, index) => {
      await this.#run(connection, lanes[index] ?? 'tail');
    });
  }

  /** Does not wait for a broker that doesn't answer. */
  async close(): Promise<void> {
    this.#done.abort();
    for (const connection of this.#connections) connection.close();
    const patience = this.#context.clock.sleep(closePatienceMs);
    await Promise.race([Promise.all(this.#loops), patience]);
  }

  async #run(connection: FetchConnection, lane: Lane): Promise<void> {
    const { signal } = this.#done;
    let failures = 0;
    while (!signal.aborted) {
      const readers = this.#context.readers().filter((reader) => reader.lane === lane);
      if (readers.length === 0) {
        await this.#context.bell.heard(signal);
        continue;
      }
      const isAnswered = await this.#fetch(connection, readers, lane);
      failures = isAnswered ? 0 : failures + 1;
      if (failures > 0) await this.#pause(backoffMs(retryPolicy, failures, this.#context.random));
      else if (lane === 'tail') await this.#pause(tailPauseMs);
    }
  }

  async #fetch(
    connection: FetchConnection,
    readers: readonly PartitionReader[],
    lane: Lane,
  ): Promise<boolean> {
    const context = this.#context;
    for (const reader of readers) reader.askedAtMs = context.clock.monotonicMs();
    try {
      const answer = await connection.fetch({
        version: context.version,
        waitMs: lane === 'tail' ? tailWaitMs : 0,
        bytesMax: answerBytesMax,
        isolation: context.isolation,
        topics: topicsOf(readers),
      });
      if (answer.errorCode !== 0) throw refused(answer.errorCode);
      const unanswered = this.#deliver(readers, answer.partitions);
      if (unanswered.length > 0) context.onFailure(unanswered, otherAnswer());
      return unanswered.length === 0;
    } catch (thrown) {
      if (!this.#done.signal.aborted) context.onFailure(readers, thrown);
      return false;
    } finally {
      for (const reader of readers) reader.askedAtMs = undefined;
      context.bell.ring();
    }
  }

  /** Gives the partitions of which the answer says nothing. */
  #deliver(
    readers: readonly PartitionReader[],
    answers: readonly PartitionAnswer[],
  ): readonly PartitionReader[] {
    const isById = this.#context.version >= fetchVersionByTopicId;
    const byName = new Map(
      readers.map((reader) => {
        const topic = isById ? (reader.topicId ?? '') : reader.topic;
        return [`${topic}/${reader.partition}`, reader];
      }),
    );
    for (const answer of answers) {
      const name = `${answer.topic}/${answer.partition}`;
      const reader = byName.get(name);
      if (reader !== undefined) this.#context.onAnswer(reader, answer);
      byName.delete(name);
    }
    return [...byName.values()];
  }

  async #pause(durationMs: number): Promise<void> {
    try {
      await this.#context.clock.sleep(durationMs, this.#done.signal);
    } catch (thrown) {
      if (!this.#done.signal.aborted) throw thrown;
    }
  }
}

/** An answer that is for no partition, but for the whole request. */
function refused(errorCode: number): HeliosError {
  const outcome = outcomeOf(errorCode);
  const name = 'name' in outcome ? outcome.name : `the error ${errorCode}`;
  return new HeliosError('unreachable', `The broker answers Fetch with ${name}.`, {
    hint: 'It is tried again. If it stays, look into the log of the broker.',
  });
}

/** An answer that is about other partitions than the request. */
function otherAnswer(): HeliosError {
  return new HeliosError('unreachable', 'The broker answers Fetch with what was not asked for.', {
    hint: 'It is tried again. If it stays, look for what stands between Helios and the broker.',
  });
}

function topicsOf(readers: readonly PartitionReader[]): readonly FetchTopic[] {
  const byTopic = Map.groupBy(readers, ({ topic }) => topic);
  return [...byTopic].map(([name, ofTopic]) => ({
    name,
    id: ofTopic[0]?.topicId,
    partitions: ofTopic.map((reader) => reader.request()),
  }));
}
