import { ProtocolError } from '@platformatic/kafka';
import { describeRemoteError } from '../../../connection/failure/remote-error.ts';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import { readEnvelope } from '../../../format/envelope-record.ts';
import type { Deadline } from '../../deadline.ts';
import type { PeekedRecord } from '../../look.ts';
import { type KeepLimits, keptRecords, tooLarge } from '../../peeked.ts';
import type { KafkaTable } from '../../../sql/script.ts';
import type { RecordForm } from '../../source.ts';
import { splitLines } from '../../split-lines.ts';
import type { LeaderInfo } from '../cluster.ts';
import { corruptRecords, withoutLeader } from '../failures.ts';
import type { PartitionAnswer } from '../fetch/fetch-answer.ts';
import type { Broker } from '../fetch/fetch-connection.ts';
import { asHeliosError, HeliosError } from '../../../base/errors.ts';
import { FetchedRecords, type Place } from '../record/fetched-records.ts';
import { spanOf } from '../record/record-batch.ts';
import { SpoolLines } from '../record/spool-lines.ts';
import type { BrokerPool } from './broker-pool.ts';

export type PeekedPartition = {
  readonly topic: string;
  readonly topicId: string | undefined;
  readonly partition: number;
  readonly leader: LeaderInfo | undefined;
  readonly broker: Broker | undefined;
};

export type PartitionPeekContext = {
  readonly access: KafkaAccess;
  readonly pool: BrokerPool;
  /** Of Fetch. */
  readonly version: number;
  readonly isolation: KafkaTable['isolation'];
  readonly deadline: Deadline;
};

export type RecordRange = {
  /** Offsets; the end is exclusive. */
  readonly from: number;
  readonly to: number;
} & KeepLimits;

/** Everything that a table may ask for, with values that may be any bytes. */
const form: RecordForm = {
  kind: 'envelopes',
  isBinary: true,
  metadata: ['offset_id', 'partition', 'topic', 'timestamp', 'key', 'headers'],
};

const fetchBytes = 1024 * 1024;
/** Of a batch; the largest that is looked at. */
const batchBytesMax = 256 * 1024 * 1024;
/** Decoded at once, so that one batch that is compressed well doesn't fill the memory. */
const stepBytes = 4 * 1024 * 1024;

/**
 * Records of one partition that are committed, in their order; with what kept from the rest of
 * them.
 */
export async function readRange(
  place: PeekedPartition,
  range: RecordRange,
  context: PartitionPeekContext,
): Promise<RangeRead> {
  const reading = new RangeReading(place, range, context);
  try {
    while (!reading.isDone) await reading.next();
    const failure = reading.isCut ? tooLarge(reading.found.length) : undefined;
    return { records: reading.found, failure };
  } catch (thrown) {
    return { records: reading.found, failure: asHeliosError(thrown) };
  }
}

export type RangeRead = {
  readonly records: readonly PeekedRecord[];
  readonly failure: HeliosError | undefined;
};

class RangeReading {
  readonly #place: PeekedPartition;
  readonly #range: RecordRange;
  readonly #context: PartitionPeekContext;
  #found: readonly PeekedRecord[] = [];
  #isCut = false;
  #at: Place;
  #bytesMax = fetchBytes;
  #isGivenUp = false;

  constructor(place: PeekedPartition, range: RecordRange, context: PartitionPeekContext) {
    this.#place = place;
    this.#range = range;
    this.#context = context;
    this.#at = { offset: range.from, leaderEpoch: undefined };
  }

  get found(): readonly PeekedRecord[] {
    return this.#found;
  }

  /** There were more, which are too large. */
  get isCut(): boolean {
    return this.#isCut;
  }

  get isDone(): boolean {
    const { to, keep, countMax } = this.#range;
    const isFull = this.#found.length >= countMax || this.#isCut;
    const isEnough = keep === 'first' && isFull;
    return this.#isGivenUp || isEnough || this.#at.offset >= to;
  }

  async next(): Promise<void> {
    const answer = await fetchOnce(this.#place, this.#at, this.#bytesMax, this.#context);
    const span = spanOf(answer.records);
    if (span.nextOffset === undefined) {
      // One batch may be larger than what was asked for.
      this.#isGivenUp = span.needed <= this.#bytesMax || span.needed > batchBytesMax;
      this.#bytesMax = span.needed;
      return;
    }
    this.#bytesMax = fetchBytes;
    const records = answer.records.subarray(0, span.byteLength);
    this.#takeAll(new FetchedRecords(records, answer.aborted));
    if (this.#at.offset < span.nextOffset && !this.isDone) {
      this.#at = { ...this.#at, offset: span.nextOffset };
    }
  }

  #takeAll(fetched: FetchedRecords): void {
    while (!fetched.isDone && !this.isDone) {
      const taken = take(fetched, this.#at, { place: this.#place, offsetEnd: this.#range.to });
      const kept = keptRecords([...this.#found, ...taken.records], this.#range);
      this.#found = kept.records;
      this.#isCut ||= kept.isCut;
      if (taken.at.offset === this.#at.offset) return;
      this.#at = taken.at;
    }
  }
}

/** What a partition has from a place on: whole batches, as far as there are any. */
export async function fetchOnce(
  place: PeekedPartition,
  at: Place,
  bytesMax: number,
  { access, pool, version, isolation, deadline }: PartitionPeekContext,
): Promise<PartitionAnswer> {
  const { topic, topicId, partition, leader, broker } = place;
  if (leader === undefined || broker === undefined) {
    throw withoutLeader(topic, partition, 'no broker leads it now');
  }
  const fetched = {
    partition,
    fetchOffset: at.offset,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    bytesMax,
  };
  try {
    const answer = await deadline.race(
      pool.fetch(leader.nodeId, broker, {
        version,
        waitMs: 0,
        bytesMax,
        isolation,
        topics: [{ name: topic, id: topicId, partitions: [fetched] }],
      }),
    );
    const [only] = answer.partitions;
    const errorCode = only?.errorCode ?? answer.errorCode;
    if (errorCode !== 0) throw new ProtocolError(errorCode);
    if (only !== undefined) return only;
  } catch (thrown) {
    throw describeRemoteError(thrown, access.place({ topic, operation: 'Read' }));
  }
  throw withoutLeader(topic, partition, 'the broker says nothing of it');
}

function take(
  fetched: FetchedRecords,
  at: Place,
  { place, offsetEnd }: { readonly place: PeekedPartition; readonly offsetEnd: number },
): { readonly at: Place; readonly records: readonly PeekedRecord[] } {
  const { topic, partition } = place;
  const lines = new SpoolLines();
  try {
    const limits = { form, topic, partition, offsetEnd, bytesMax: stepBytes };
    const next = fetched.take(at, lines, limits);
    const written = splitLines(Buffer.concat(lines.takeChunks()));
    const records = written.map((line) => peekedRecord(partition, line));
    return { at: next, records };
  } catch (thrown) {
    const failure = asHeliosError(thrown);
    throw failure.code === 'corrupt_data' ? corruptRecords(topic, partition, failure) : failure;
  }
}

function peekedRecord(partition: number, line: Buffer): PeekedRecord {
  const { value, metadata } = readEnvelope(line);
  const { key, headers, timestamp, offset_id: offset } = metadata;
  return {
    partition: String(partition),
    position: String(offset),
    timestampMs: typeof timestamp === 'number' ? timestamp : undefined,
    key: typeof key === 'string' ? Buffer.from(key, 'base64') : null,
    headers: isObject(headers) ? headers : {},
    value: value ?? null,
    metadata,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The offset that a person wrote; `invalid_request`. */
export function offsetOf(text: string): number {
  const offset = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(offset)) return offset;
  throw new HeliosError('invalid_request', `${JSON.stringify(text)} is no offset.`, {
    hint: 'A position in a partition of Kafka is a whole number from 0.',
  });
}
