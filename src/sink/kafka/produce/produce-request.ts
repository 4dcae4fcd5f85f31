import { Writer } from '@platformatic/kafka';
import { ByteReader } from '../../../source/kafka/record/byte-reader.ts';
import type { RecordBatch } from './record-batch.ts';

export const produceApi = { key: 0, version: 7 } as const;
export const initProducerApi = { key: 22, version: 1 } as const;

const allReplicas = -1;
/** Of transactions, which are not used here. */
const transactionTimeoutMs = 60_000;

export type ProduceRequest = {
  readonly topic: string;
  readonly partition: number;
  readonly batch: RecordBatch;
  /** So long the leader waits for the replicas. */
  readonly timeoutMs: number;
};

export type ProduceAnswer = { readonly errorCode: number; readonly baseOffset: number };

export type ProducerIdentity = {
  readonly errorCode: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
};

/** Version 7, the first with zstd. https://kafka.apache.org/protocol.html#The_Messages_Produce */
export function writeProduceRequest({ topic, partition, batch, ...rest }: ProduceRequest): Writer {
  return Writer.create()
    .appendString(null, false)
    .appendInt16(allReplicas)
    .appendInt32(rest.timeoutMs)
    .appendInt32(1)
    .appendString(topic, false)
    .appendInt32(1)
    .appendInt32(partition)
    .appendInt32(batch.bytes.length)
    .append(batch.bytes);
}

/** `corrupt_data` where it is no answer to Produce. */
export function readProduceAnswer(bytes: Buffer): ProduceAnswer {
  const reader = new ByteReader(bytes);
  reader.int32();
  reader.bytes(reader.int16());
  reader.int32();
  reader.int32();
  return { errorCode: reader.int16(), baseOffset: reader.int64() };
}

export function writeInitProducerRequest(): Writer {
  return Writer.create().appendString(null, false).appendInt32(transactionTimeoutMs);
}

export function readInitProducerAnswer(bytes: Buffer): ProducerIdentity {
  const reader = new ByteReader(bytes);
  reader.int32();
  const errorCode = reader.int16();
  return { errorCode, producerId: reader.bigInt64(), producerEpoch: reader.int16() };
}
