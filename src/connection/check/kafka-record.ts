import { type Consumer, ListOffsetTimestamps, ProtocolError } from '@platformatic/kafka';
import type { KafkaPlace } from '../failure/kafka-failure.ts';
import { describeRemoteError } from '../failure/remote-error.ts';
import type { HeliosError } from '../../base/errors.ts';

export type FoundRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly bytes: number;
  readonly timestampMs: number;
};

/**
 * A record of the first topic that has one; undefined: none has. Topics that may not be read are
 * passed over while there are others; when none may be, that is the error.
 */
export async function findRecord(
  consumer: Consumer,
  topics: readonly string[],
  placeOf: (topic: string) => KafkaPlace,
): Promise<FoundRecord | undefined> {
  let refusal: HeliosError | undefined;
  let isAnyAllowed = false;
  for (const topic of topics.slice(0, topicsMax)) {
    try {
      const found = await recordOf(consumer, topic);
      if (found !== undefined) return found;
      isAnyAllowed = true;
    } catch (thrown) {
      refusal ??= describeRemoteError(thrown, placeOf(topic));
      if (refusal.code !== 'access_refused') throw refusal;
    }
  }
  if (refusal !== undefined && !isAnyAllowed) throw refusal;
  return undefined;
}

/** A test of a connection is no search. */
const topicsMax = 20;
const partitionsMax = 16;
const fetchBytesMax = 256 * 1024;
const fetchWaitMs = 1_000;

async function recordOf(consumer: Consumer, topic: string): Promise<FoundRecord | undefined> {
  const [starts, ends, metadata] = await Promise.all([
    consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.EARLIEST }),
    consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST }),
    consumer.metadata({ topics: [topic] }),
  ]);
  const facts = metadata.topics.get(topic);
  if (facts === undefined) return undefined;
  const ranges = facts.partitions.map(({ leader }, partition) => ({
    partition,
    leader,
    start: starts.get(topic)?.[partition] ?? 0n,
    end: ends.get(topic)?.[partition] ?? 0n,
  }));
  // An empty partition is asked too, where all are empty: it tells whether reading is allowed.
  const filled = ranges.filter(({ start, end }) => end > start);
  const asked = filled.length === 0 ? ranges.slice(0, 1) : filled.slice(0, partitionsMax);
  for (const { partition, leader, start } of asked) {
    const answer = await consumer.fetch({
      node: leader,
      minBytes: filled.length === 0 ? 0 : 1,
      maxBytes: fetchBytesMax,
      maxWaitTime: fetchWaitMs,
      topics: [{ topicId: facts.id, partitions: [fetchRequest(partition, start)] }],
    });
    const found = firstRecord(answer, start);
    if (found !== undefined) return { topic, partition, ...found };
  }
  return undefined;
}

function fetchRequest(
  partition: number,
  fetchOffset: bigint,
): {
  partition: number;
  currentLeaderEpoch: number;
  fetchOffset: bigint;
  lastFetchedEpoch: number;
  partitionMaxBytes: number;
} {
  return {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    partitionMaxBytes: fetchBytesMax,
  };
}

/** Markers of transactions are no records. */
const controlAttribute = 0b100000;

function firstRecord(
  answer: Awaited<ReturnType<Consumer['fetch']>>,
  start: bigint,
): Pick<FoundRecord, 'offset' | 'bytes' | 'timestampMs'> | undefined {
  const partitions = answer.responses.flatMap((response) => response.partitions);
  const refused = partitions.find(({ errorCode }) => errorCode !== 0);
  if (refused !== undefined) throw new ProtocolError(refused.errorCode);
  for (const batch of partitions.flatMap(({ records }) => records ?? [])) {
    if ((batch.attributes & controlAttribute) !== 0) continue;
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta);
      if (offset < start) continue;
      const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
      const timestampMs = Number(batch.firstTimestamp + record.timestampDelta);
      return { offset, bytes, timestampMs };
    }
  }
  return undefined;
}
