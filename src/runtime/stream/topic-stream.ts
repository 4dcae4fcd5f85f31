import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import type { RequestKey } from '../../log/idempotency.ts';
import { type RecordBatch, RecordBatchWriter } from '../../sink/kafka/produce/record-batch.ts';
import type { Delivery, TopicProducer } from '../../sink/kafka/produce/topic-producer.ts';
import { keyHeader } from './key-header.ts';
import { addLines } from './line-records.ts';
import { isClosing, StreamFailures } from './stream-failures.ts';

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
  /** Told of each batch before its requests are answered, in the order of its partition. */
  readonly onStored: (stored: StoredBatch) => void;
};

/** Offsets of a request's records: [from, to). */
export type StoredPlace = {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
};

export type StoredBatch = {
  readonly partition: number;
  /** Undefined where the broker did not tell. */
  readonly endOffset: number | undefined;
  readonly byteLength: number;
  readonly keyed: readonly { readonly key: RequestKey; readonly place: StoredPlace }[];
  /** Its requests were answered before, that they may be stored. */
  readonly wasInDoubt: boolean;
};

type Waiting = {
  readonly lines: Buffer;
  readonly key: RequestKey | undefined;
  readonly sinceMs: number;
  readonly resolve: (place: StoredPlace) => void;
  readonly reject: (error: HeliosError) => void;
};

/** A request's records in a batch: so many, after so many of others. */
type Share = {
  readonly key: RequestKey | undefined;
  readonly first: number;
  readonly count: number;
};

type Sent = {
  readonly partition: number;
  readonly batch: RecordBatch;
  readonly shares: readonly Share[];
};

/** A batch with keys that may be stored. Its partition takes no other before that is known. */
type Doubt = Sent & { isWanted: boolean; outcome: PromiseWithResolvers<void> };

/** Between tries to learn what became of a batch. */
const doubtPauseMs = 500;

/**
 * Writes requests to a topic, each as records of one batch, so that the broker has all of it or
 * nothing. A partition has one batch on its way at a time: what comes meanwhile goes together in
 * the next one, so that many small requests cost few round trips.
 */
export class TopicStream {
  readonly #options: TopicStreamOptions;
  readonly #failures: StreamFailures;
  #queue: Waiting[] = [];
  #pendingBytes = 0;
  readonly #busy = new Set<number>();
  /** By partition. A batch is at most as large as the topic takes. */
  readonly #doubts = new Map<number, Doubt>();
  #partitionNext = 0;
  #producer: TopicProducer | undefined;
  #opening: Promise<void> | undefined;
  #isDispatching = false;
  readonly #closing = new AbortController();

  constructor(options: TopicStreamOptions) {
    this.#options = options;
    this.#failures = new StreamFailures(options.name, options.topic);
  }

  /** Resolves once all replicas that are in sync have the lines. They stay the caller's. */
  async append(lines: Buffer, key?: RequestKey): Promise<StoredPlace> {
    const { clock, pendingBytesMax } = this.#options;
    if (this.#closing.signal.aborted) throw isClosing();
    if (this.#pendingBytes + lines.length > pendingBytesMax) {
      throw this.#failures.tooBusy(pendingBytesMax);
    }
    this.#pendingBytes += lines.length;
    try {
      return await new Promise<StoredPlace>((resolve, reject) => {
        this.#queue.push({ lines, key, sinceMs: clock.monotonicMs(), resolve, reject });
        this.#dispatchSoon();
      });
    } finally {
      this.#pendingBytes -= lines.length;
    }
  }

  isInDoubt(key: RequestKey): boolean {
    return this.#doubtOf(key) !== undefined;
  }

  /** Resolves once a request in doubt is known to be stored; fails while the broker is away. */
  async settle(key: RequestKey): Promise<void> {
    const doubt = this.#doubtOf(key);
    if (doubt === undefined) return;
    doubt.isWanted = true;
    this.#dispatchSoon();
    await doubt.outcome.promise;
  }

  /** Partitions that were added are written to from now on, where it is being written to at all. */
  async lookAgain(): Promise<void> {
    await this.#producer?.lookAgain().catch(() => undefined);
  }

  /**
   * What is on its way is answered first, as far as the broker answers. Gives whether the fate of
   * all requests with keys is known.
   */
  async close(): Promise<boolean> {
    this.#closing.abort();
    for (const { reject } of this.#queue.splice(0)) reject(isClosing());
    await this.#opening;
    await this.#producer?.close();
    for (const { outcome } of this.#doubts.values()) outcome.reject(isClosing());
    return this.#doubts.size === 0 && this.#busy.size === 0;
  }

  #doubtOf({ keyHash }: RequestKey): Doubt | undefined {
    for (const doubt of this.#doubts.values()) {
      const isIn = doubt.shares.some(
        ({ key }) => key !== undefined && Buffer.compare(key.keyHash, keyHash) === 0,
      );
      if (isIn) return doubt;
    }
    return undefined;
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
    for (const doubt of this.#doubts.values()) {
      if (this.#busy.has(doubt.partition) || this.#closing.signal.aborted) continue;
      if (doubt.isWanted || this.#queue.length > 0) void this.#resolveDoubt(producer, doubt);
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
      const error = asHeliosError(thrown);
      for (const { reject } of this.#queue.splice(0)) reject(this.#failures.notStored(error));
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
      await this.#deliver(producer, partition, requests);
    } catch (thrown) {
      for (const { reject } of requests) reject(asHeliosError(thrown));
    } finally {
      this.#busy.delete(partition);
      this.#dispatch();
    }
  }

  async #deliver(
    producer: TopicProducer,
    partition: number,
    requests: readonly Waiting[],
  ): Promise<void> {
    const sent = await this.#batchOf(partition, requests);
    const delivery = await producer.send(partition, Promise.resolve(sent.batch));
    if (delivery.kind === 'stored') {
      const places = this.#stored(sent, delivery.endOffset, false);
      for (const [index, { resolve }] of requests.entries()) resolve(placeAt(places, index));
      return;
    }
    if (delivery.error.code === 'too_large') {
      await this.#deliverLess(producer, partition, { requests, error: delivery.error });
      return;
    }
    this.#answerFailure(delivery, sent, requests);
    this.#giveUpLate(delivery.error);
  }

  /** Together they are more than the topic takes: each half may be less. */
  async #deliverLess(
    producer: TopicProducer,
    partition: number,
    { requests, error }: { readonly requests: readonly Waiting[]; readonly error: HeliosError },
  ): Promise<void> {
    if (requests.length === 1) {
      const [only] = requests;
      const byteLength = only?.lines.length ?? 0;
      only?.reject(this.#failures.tooLarge(error, byteLength, producer.messageBytesMax));
      return;
    }
    const middle = requests.length >> 1;
    await this.#deliver(producer, partition, requests.slice(0, middle));
    await this.#deliver(producer, partition, requests.slice(middle));
  }

  async #batchOf(partition: number, requests: readonly Waiting[]): Promise<Sent> {
    const nowMs = this.#options.clock.nowMs();
    const writer = new RecordBatchWriter(nowMs);
    const shares = requests.map(({ lines, key }) => {
      const first = writer.recordCount;
      addLines(writer, lines, key === undefined ? undefined : keyHeader(key, nowMs));
      return { key, first, count: writer.recordCount - first };
    });
    return { partition, batch: await writer.finish(), shares };
  }

  #stored(
    { partition, batch, shares }: Sent,
    endOffset: number | undefined,
    wasInDoubt: boolean,
  ): readonly StoredPlace[] {
    // Where the broker does not tell, no pipeline can be known to have read it.
    const base = (endOffset ?? Number.MAX_SAFE_INTEGER) - batch.recordCount;
    const places = shares.map(({ first, count }) => {
      return { partition, from: base + first, to: base + first + count };
    });
    const keyed = shares.flatMap(({ key }, index) =>
      key === undefined ? [] : [{ key, place: placeAt(places, index) }],
    );
    const byteLength = batch.bytes.length;
    this.#options.onStored({ partition, endOffset, byteLength, keyed, wasInDoubt });
    return places;
  }

  #answerFailure(
    delivery: Extract<Delivery, { readonly kind: 'failed' }>,
    sent: Sent,
    requests: readonly Waiting[],
  ): void {
    const isKeyed = sent.shares.some(({ key }) => key !== undefined);
    // What the broker refuses now it refuses again: nothing could be learnt.
    if (delivery.isPerhapsStored && isKeyed && !delivery.isRefused) {
      this.#doubts.set(sent.partition, { ...sent, isWanted: false, outcome: newOutcome() });
    }
    for (const { reject, lines, key } of requests) {
      const request = { byteLength: lines.length, isKeyed: key !== undefined };
      reject(this.#failures.ofDelivery(delivery, request));
    }
  }

  async #resolveDoubt(producer: TopicProducer, doubt: Doubt): Promise<void> {
    const { partition, batch } = doubt;
    this.#busy.add(partition);
    doubt.isWanted = false;
    try {
      const delivery = await producer.resend(partition, batch);
      if (delivery.kind === 'failed') {
        await this.#stillInDoubt(doubt, delivery);
      } else {
        this.#doubts.delete(partition);
        this.#stored(doubt, delivery.endOffset, true);
        doubt.outcome.resolve();
      }
    } catch (thrown) {
      this.#doubts.delete(partition);
      doubt.outcome.reject(asHeliosError(thrown));
    } finally {
      this.#busy.delete(partition);
      this.#dispatch();
    }
  }

  async #stillInDoubt(
    doubt: Doubt,
    delivery: Extract<Delivery, { readonly kind: 'failed' }>,
  ): Promise<void> {
    if (delivery.isRefused) this.#doubts.delete(doubt.partition);
    const { outcome, batch } = doubt;
    doubt.outcome = newOutcome();
    const request = { byteLength: batch.bytes.length, isKeyed: true };
    outcome.reject(this.#failures.ofDelivery(delivery, request));
    this.#giveUpLate(delivery.error);
    await this.#pause();
  }

  async #pause(): Promise<void> {
    const { signal } = this.#closing;
    await this.#options.clock.sleep(doubtPauseMs, signal).catch((thrown: unknown) => {
      assert(signal.aborted, `only closing ends a pause, not ${String(thrown)}`);
    });
  }

  /** Who has waited long enough for a broker that does not answer, waits no longer. */
  #giveUpLate(error: HeliosError): void {
    const { clock, waitMsMax } = this.#options;
    const sinceMs = clock.monotonicMs() - waitMsMax;
    const late = this.#queue.filter((request) => request.sinceMs <= sinceMs);
    this.#queue = this.#queue.filter((request) => request.sinceMs > sinceMs);
    for (const { reject } of late) reject(this.#failures.notStored(error));
  }
}

function newOutcome(): PromiseWithResolvers<void> {
  const outcome = Promise.withResolvers<void>();
  // Who waits for it hears of it; often nobody does.
  outcome.promise.catch(() => undefined);
  return outcome;
}

function placeAt(places: readonly StoredPlace[], index: number): StoredPlace {
  const place = places[index];
  assert(place !== undefined, 'each request has its place');
  return place;
}
