import { Writer } from '@platformatic/kafka';

/** Versions of Fetch that are spoken here; 13 and later name topics by their ids. */
export const fetchVersions = { min: 11, max: 16 } as const;
export const fetchVersionByTopicId = 13;
export const fetchVersionByEpoch = 12;
/** Up to here a request says which replica it is of; a consumer is none. */
const versionWithReplica = 14;

export type FetchPartition = {
  readonly partition: number;
  readonly fetchOffset: number;
  /** Of the leader as it is known here; the broker refuses one that is too old. */
  readonly currentLeaderEpoch: number;
  /** Of what was read last: the broker tells when its log is another one (KIP-320). */
  readonly lastFetchedEpoch: number;
  readonly bytesMax: number;
};

export type FetchTopic = {
  readonly name: string;
  readonly id: string | undefined;
  readonly partitions: readonly FetchPartition[];
};

export type FetchRequest = {
  readonly version: number;
  readonly waitMs: number;
  readonly bytesMax: number;
  readonly isolation: 'read_committed' | 'read_uncommitted';
  readonly topics: readonly FetchTopic[];
};

const consumerReplica = -1;
const noSession = { id: 0, epoch: -1 };

/** Schema: https://kafka.apache.org/protocol.html#The_Messages_Fetch */
export function writeFetchRequest(request: FetchRequest): Writer {
  const { version } = request;
  const isCompact = version >= fetchVersionByEpoch;
  const writer = Writer.create();
  if (version <= versionWithReplica) writer.appendInt32(consumerReplica);
  writer
    .appendInt32(request.waitMs)
    .appendInt32(1)
    .appendInt32(request.bytesMax)
    .appendInt8(request.isolation === 'read_committed' ? 1 : 0)
    .appendInt32(noSession.id)
    .appendInt32(noSession.epoch)
    .appendArray(
      [...request.topics],
      (entry, topic) => writeTopic(entry, topic, version),
      isCompact,
      isCompact,
    )
    .appendArray([], () => {}, isCompact, isCompact)
    .appendString('', isCompact);
  if (isCompact) writer.appendTaggedFields();
  return writer;
}

function writeTopic(writer: Writer, topic: FetchTopic, version: number): void {
  const isCompact = version >= fetchVersionByEpoch;
  if (version >= fetchVersionByTopicId) writer.appendUUID(topic.id ?? null);
  else writer.appendString(topic.name, isCompact);
  writer.appendArray(
    [...topic.partitions],
    (entry, partition) => {
      entry
        .appendInt32(partition.partition)
        .appendInt32(partition.currentLeaderEpoch)
        .appendInt64(BigInt(partition.fetchOffset));
      if (isCompact) entry.appendInt32(partition.lastFetchedEpoch);
      entry.appendInt64(-1n).appendInt32(partition.bytesMax);
    },
    isCompact,
    isCompact,
  );
}
