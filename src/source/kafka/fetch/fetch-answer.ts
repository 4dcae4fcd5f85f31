import { HeliosError } from '../../../base/errors.ts';
import { ByteReader } from '../record/byte-reader.ts';
import type { AbortedTransaction } from '../record/fetched-records.ts';
import { fetchVersionByEpoch, fetchVersionByTopicId } from './fetch-request.ts';

/** What the broker says of one partition. */
export type PartitionAnswer = {
  /** Name of the topic, or its id with versions that say that. */
  readonly topic: string;
  readonly partition: number;
  /** 0 is none; else Kafka's number of the error. */
  readonly errorCode: number;
  readonly highWatermark: number;
  /** Where `read_committed` ends; -1 where it isn't known. */
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** The log is not the one that was read before: up to where they are the same. */
  readonly diverging: { readonly leaderEpoch: number; readonly endOffset: number } | undefined;
  readonly aborted: readonly AbortedTransaction[];
  /** Batches of records, the last one perhaps cut off. A part of the answer, not a copy. */
  readonly records: Buffer;
};

export type FetchAnswer = {
  readonly errorCode: number;
  readonly partitions: readonly PartitionAnswer[];
};

/** `corrupt_data` where it is no answer to Fetch. */
export function readFetchAnswer(version: number, bytes: Buffer): FetchAnswer {
  const isCompact = version >= fetchVersionByEpoch;
  const reader = new ByteReader(bytes);
  reader.int32();
  const errorCode = reader.int16();
  reader.int32();
  const partitions: PartitionAnswer[] = [];
  for (let topics = arrayLength(reader, isCompact); topics > 0; topics--) {
    const topic = version >= fetchVersionByTopicId ? reader.uuid() : text(reader, isCompact);
    for (let count = arrayLength(reader, isCompact); count > 0; count--) {
      partitions.push(readPartition(reader, topic, isCompact));
    }
    if (isCompact) reader.taggedFields();
  }
  return { errorCode, partitions };
}

function readPartition(reader: ByteReader, topic: string, isCompact: boolean): PartitionAnswer {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted = readAborted(reader, isCompact);
  reader.int32();
  const records = reader.bytes(Math.max(0, arrayLength(reader, isCompact)));
  let diverging: PartitionAnswer['diverging'];
  if (isCompact) {
    reader.taggedFields((tag, field) => {
      if (tag === 0) diverging = { leaderEpoch: field.int32(), endOffset: field.int64() };
    });
  }
  const offsets = { highWatermark, lastStableOffset, logStartOffset };
  return { topic, partition, errorCode, ...offsets, diverging, aborted, records };
}

function readAborted(reader: ByteReader, isCompact: boolean): readonly AbortedTransaction[] {
  const aborted: AbortedTransaction[] = [];
  for (let count = arrayLength(reader, isCompact); count > 0; count--) {
    aborted.push({ producerId: reader.bigInt64(), firstOffset: reader.int64() });
    if (isCompact) reader.taggedFields();
  }
  return aborted;
}

/** Elements of a list, or bytes; -1 for null. Each takes a byte at least. */
function arrayLength(reader: ByteReader, isCompact: boolean): number {
  const length = isCompact ? reader.unsignedVarint() - 1 : reader.int32();
  if (length <= reader.remaining) return length;
  throw new HeliosError(
    'corrupt_data',
    `An answer of the broker claims ${length} elements in its last ${reader.remaining} bytes.`,
  );
}

function text(reader: ByteReader, isCompact: boolean): string {
  const length = isCompact ? reader.unsignedVarint() - 1 : reader.int16();
  return reader.bytes(length).toString();
}
