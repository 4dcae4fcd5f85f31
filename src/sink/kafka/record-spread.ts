import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { partitionOf } from './produce/partitioner.ts';
import { tooLargeNames } from './produce/produce-outcome.ts';
import { recordOverheadMax, RecordBatchWriter } from './produce/record-batch.ts';
import type { TopicProducer } from './produce/topic-producer.ts';
import type { RecordRow } from './record-line.ts';

/** Batches on their way at once, of all partitions. */
const batchesMax = 16;

/** Enough of a value to find its row by. */
const shownCharacters = 120;

/** Spreads rows over the partitions of a topic, in batches. */
export class RecordSpread {
  readonly #producer: TopicProducer;
  readonly #clock: Clock;
  readonly #topic: string;
  readonly #partitionCount: number;
  readonly #batchBytesMax: number;
  readonly #writers = new Map<number, RecordBatchWriter>();
  readonly #sending = new Set<Promise<void>>();
  #failure: Error | undefined;
  /** Where records without a key go now. */
  #sticky: number;

  constructor(
    producer: TopicProducer,
    { clock, topic }: { readonly clock: Clock; readonly topic: string },
  ) {
    this.#producer = producer;
    this.#clock = clock;
    this.#topic = topic;
    this.#partitionCount = producer.partitionCount;
    this.#batchBytesMax = producer.batchBytesMax;
    this.#sticky = Math.floor(clock.monotonicMs()) % this.#partitionCount;
  }

  add({ key, timestampMs, value }: RecordRow): void {
    const isKeyed = key !== undefined;
    const partition = isKeyed ? partitionOf(key, this.#partitionCount) : this.#sticky;
    const keyBytes = isKeyed ? { bytes: key, from: 0, to: key.length } : undefined;
    const valueBytes = value === undefined ? 0 : value.to - value.from;
    const byteLength = (key?.length ?? 0) + valueBytes + recordOverheadMax;
    let writer = this.#writers.get(partition);
    if (writer !== undefined && writer.byteLength + byteLength > this.#batchBytesMax) {
      this.#flush(partition, writer);
      writer = undefined;
    }
    if (writer === undefined) {
      writer = new RecordBatchWriter(this.#clock.nowMs());
      this.#writers.set(partition, writer);
    }
    writer.add(keyBytes, value, { timestampMs });
    // Only a row that is alone can be too large, and goes with what tells it.
    if (byteLength > this.#batchBytesMax) this.#flush(partition, writer, value && shown(value));
  }

  /** Resolves when there is room for more; rejects with the first failure. */
  async room(): Promise<void> {
    while (this.#sending.size >= batchesMax) await Promise.race(this.#sending);
    this.#throwIfFailed();
  }

  /** Resolves when every row is acknowledged. */
  async finish(): Promise<void> {
    for (const [partition, writer] of this.#writers) this.#flush(partition, writer);
    await Promise.all(this.#sending);
    this.#throwIfFailed();
  }

  #flush(partition: number, writer: RecordBatchWriter, row?: string): void {
    this.#writers.delete(partition);
    if (partition === this.#sticky) this.#sticky = (this.#sticky + 1) % this.#partitionCount;
    if (this.#failure !== undefined) return;
    // In the order of the calls: the next batch of the partition is finished after this one.
    const sending = this.#send(partition, writer, row)
      .catch((thrown: unknown) => void (this.#failure ??= asHeliosError(thrown)))
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #send(partition: number, writer: RecordBatchWriter, row?: string): Promise<void> {
    const delivery = await this.#producer.send(partition, writer.finish());
    if (delivery.kind === 'stored') return;
    const { error } = delivery;
    const isTooLarge = tooLargeNames.includes(String(error.details?.['kafka_error']));
    throw isTooLarge && row !== undefined ? this.#rowTooLarge(error, row) : error;
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #rowTooLarge(cause: HeliosError, row: string): HeliosError {
    const message = `A row is too large for the Kafka topic "${this.#topic}": ${row}`;
    const hint = `${cause.hint ?? ''} Or leave large rows out in the SELECT.`;
    return new HeliosError('too_large', message, { hint, cause, details: cause.details });
  }
}

function shown({ bytes, from, to }: NonNullable<RecordRow['value']>): string {
  const start = bytes.toString('utf8', from, Math.min(to, from + shownCharacters));
  return `${start}… (${to - from} bytes).`;
}
