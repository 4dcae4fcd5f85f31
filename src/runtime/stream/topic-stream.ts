import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { position } from '../../event/record.ts';
import type { Accepted } from '../../log/backed-streams.ts';
import { RecordBatchWriter } from '../../sink/kafka/produce/record-batch.ts';
import type { Delivery, TopicProducer } from '../../sink/kafka/produce/topic-producer.ts';
import { addLines } from './line-records.ts';

export type TopicStreamOptions = {
  readonly name: string;
  readonly topic: string;
  /** Connects; asked again after it failed. */
  readonly open: () => Promise<TopicProducer>;
  readonly clock: Clock;
  /** Bytes that may wait for the broker; beyond it requests are `too_busy`. */
  readonly pendingBytesMax: number;
  /** A request waits so long for its turn; then it is answered, and nothing of it was sent. */
  readonly waitMsMax: number;
};

type Waiting = {
  readonly lines: Buffer;
  readonly sinceMs: number;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: HeliosError) => void;
};

/**
 * Writes requests to a topic, each as records of one batch, so that the broker has all of it or
 * nothing. A partition has one batch on its way at a time: what comes meanwhile goes together in
 * the next one, so that many small requests cost few round trips.
 */
export class TopicStream {
  readonly #options: TopicStreamOptions;
  #queue: Waiting[] = [];
  #pendingBytes = 0;
  readonly #busy = new Set<number>();
  #partitionNext = 0;
  #producer: TopicProducer | undefined;
  #opening: Promise<void> | undefined;
  #isDispatching = false;
  #isClosed = false;

  constructor(options: TopicStreamOptions) {
    this.#options = options;
  }

  /** Resolves once all replicas that are in sync have the lines. They stay the caller's. */
  async append(lines: Buffer): Promise<Accepted> {
    const { clock, name, pendingBytesMax } = this.#options;
    if (this.#isClosed) throw isClosing();
    if (this.#pendingBytes + lines.length > pendingBytesMax) throw tooBusy(name, pendingBytesMax);
    this.#pendingBytes += lines.length;
    try {
      return await new Promise<Accepted>((resolve, reject) => {
        this.#queue.push({ lines, sinceMs: clock.monotonicMs(), resolve, reject });
        this.#dispatchSoon();
      });
    } finally {
      this.#pendingBytes -= lines.length;
    }
  }

  /** What is on its way is answered first, as far as the broker answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(isClosing());
    await this.#opening;
    await this.#producer?.close();
  }

  /** After what came in the same moment, which then goes along. */
  #dispatchSoon(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    setImmediate(() => {
      this.#isDispatching = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    const producer = this.#producer;
    if (producer === undefined) {
      this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
      return;
    }
    while (this.#queue.length > 0) {
      const partition = this.#idlePartition(producer.partitionCount);
      if (partition === undefined) return;
      void this.#send(producer, partition, this.#take(producer.batchBytesMax));
    }
  }

  async #open(): Promise<void> {
    try {
      this.#producer = await this.#options.open();
      this.#dispatch();
    } catch (thrown) {
      const error = thrown instanceof HeliosError ? thrown : internal(thrown);
      for (const { reject } of this.#queue.splice(0)) reject(this.#notStored(error));
    }
  }

  #idlePartition(count: number): number | undefined {
    for (let step = 0; step < count; step++) {
      const partition = (this.#partitionNext + step) % count;
      if (this.#busy.has(partition)) continue;
      this.#partitionNext = (partition + 1) % count;
      return partition;
    }
    return undefined;
  }

  /** As many requests as fit a batch, the oldest first; at least one. */
  #take(bytesMax: number): readonly Waiting[] {
    let byteLength = 0;
    let count = 0;
    for (const { lines } of this.#queue) {
      byteLength += lines.length;
      if (count > 0 && byteLength > bytesMax) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #send(
    producer: TopicProducer,
    partition: number,
    requests: readonly Waiting[],
  ): Promise<void> {
    this.#busy.add(partition);
    try {
      const writer = new RecordBatchWriter(this.#options.clock.nowMs());
      for (const { lines } of requests) addLines(writer, lines);
      const delivery = await producer.send(partition, writer.finish());
      this.#answer(delivery, partition, requests);
      if (delivery.kind === 'failed') this.#giveUpLate(delivery.error);
    } catch (thrown) {
      for (const { reject } of requests) reject(internal(thrown));
    } finally {
      this.#busy.delete(partition);
      this.#dispatch();
    }
  }

  #answer(delivery: Delivery, partition: number, requests: readonly Waiting[]): void {
    for (const { resolve, reject, lines } of requests) {
      if (delivery.kind === 'failed') {
        reject(this.#failure(delivery, lines.length));
      } else {
        // Where the broker does not tell, no pipeline can be known to have read it.
        const to = position(String(delivery.endOffset ?? Number.MAX_SAFE_INTEGER));
        resolve({ partition: `${this.#options.topic}/${partition}`, to, isDuplicate: false });
      }
    }
  }

  /** Who has waited long enough for a broker that does not answer, waits no longer. */
  #giveUpLate(error: HeliosError): void {
    const { clock, waitMsMax } = this.#options;
    const sinceMs = clock.monotonicMs() - waitMsMax;
    const late = this.#queue.filter((request) => request.sinceMs <= sinceMs);
    this.#queue = this.#queue.filter((request) => request.sinceMs > sinceMs);
    for (const { reject } of late) reject(this.#notStored(error));
  }

  #failure(
    { error, isPerhapsStored }: Extract<Delivery, { readonly kind: 'failed' }>,
    byteLength: number,
  ): HeliosError {
    if (error.code === 'too_large') return this.#tooLarge(error, byteLength);
    if (!isPerhapsStored) return this.#notStored(error);
    return new HeliosError(
      error.code,
      `${error.message} The stream "${this.#options.name}" may have the request, or get it yet.`,
      {
        hint: 'Send it again: its records may then be there twice.',
        details: { ...error.details, may_be_stored: true },
        cause: error,
      },
    );
  }

  #notStored(error: HeliosError): HeliosError {
    return new HeliosError(error.code, `${error.message} Nothing of the request was stored.`, {
      hint: error.hint,
      details: { ...error.details, may_be_stored: false },
      cause: error,
    });
  }

  #tooLarge(error: HeliosError, byteLength: number): HeliosError {
    const { name, topic } = this.#options;
    return new HeliosError(
      'too_large',
      `The request of ${byteLength} bytes is more than the topic "${topic}" of the stream ` +
        `"${name}" takes at once. Nothing of it was stored.`,
      {
        hint: "Send it in several requests, or raise the topic's max.message.bytes.",
        details: error.details,
        cause: error,
      },
    );
  }
}

function isClosing(): HeliosError {
  return new HeliosError('unavailable', 'Helios is stopping and takes in no more records.', {
    hint: 'Send again once it has started. Nothing of this request was stored.',
  });
}

function tooBusy(name: string, bytesMax: number): HeliosError {
  return new HeliosError('too_busy', `Too many bytes wait for the broker of "${name}".`, {
    hint: 'Send again after a moment, over fewer connections. Nothing of it was stored.',
    details: { bytesMax },
  });
}

function internal(thrown: unknown): HeliosError {
  return new HeliosError('internal', String(thrown), { cause: thrown });
}
