import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { errorCodes, HeliosError } from '../../../base/errors.ts';
import { describeRemoteError } from '../../../connection/failure/remote-error.ts';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import type { ProduceConnection } from './produce-connection.ts';
import { produceOutcome } from './produce-outcome.ts';
import { type BatchStamp, type RecordBatch, stampBatch } from './record-batch.ts';
import type { Delivery } from './topic-producer.ts';

export type LaneContext = {
  readonly access: KafkaAccess;
  readonly topic: string;
  readonly partition: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly deliveryMsMax: number;
  readonly closing: AbortSignal;
  readonly leader: () => ProduceConnection | undefined;
  readonly lookAgain: () => Promise<void>;
  readonly endOffset: () => Promise<number>;
};

const retryPolicy: BackoffPolicy = { firstMs: 20, maxMs: 1000, attemptsMax: Infinity };

/** Sequences of Kafka are whole numbers of 31 bits that begin again at 0. */
const sequenceCount = 2 ** 31;

/** What is known of a batch between its tries. */
type Doubt = {
  isPerhapsStored: boolean;
  /** It bears the sequence of a producer of before. */
  isStamped: boolean;
};

/** What came of one try. */
type Try =
  | { readonly kind: 'done'; readonly delivery: Delivery }
  | { readonly kind: 'again'; readonly failure: HeliosError };

/** The batches of one partition, one on its way at a time. */
export class PartitionLane {
  readonly #context: LaneContext;
  #before: Promise<unknown> = Promise.resolve();
  /** Undefined: a new producer has to be asked for. */
  #stamp: BatchStamp | undefined;

  constructor(context: LaneContext) {
    this.#context = context;
  }

  async send(batch: Promise<RecordBatch>): Promise<Delivery> {
    return await this.#inTurn(batch, async (finished) => {
      return await this.#deliver(finished, { isPerhapsStored: false, isStamped: false });
    });
  }

  /**
   * Goes on with a batch that failed in doubt: as the same producer with the same sequence, so that
   * the broker has it once, whatever became of it. Fails in doubt again, or not at all.
   */
  async resend(batch: RecordBatch): Promise<Delivery> {
    return await this.#inTurn(Promise.resolve(batch), async (finished) => {
      return await this.#deliver(finished, { isPerhapsStored: true, isStamped: true });
    });
  }

  async #inTurn(
    batch: Promise<RecordBatch>,
    deliver: (finished: RecordBatch) => Promise<Delivery>,
  ): Promise<Delivery> {
    const sending = Promise.all([batch, this.#before]).then(
      async ([finished]) => await deliver(finished),
    );
    // `#deliver` rejects for bugs only, and then to who sent that batch.
    this.#before = sending.catch(() => undefined);
    return await sending;
  }

  /** Resolves once nothing is on its way. */
  async idle(): Promise<void> {
    await this.#before;
  }

  async #deliver(batch: RecordBatch, doubt: Doubt): Promise<Delivery> {
    const { clock, random, deliveryMsMax, closing } = this.#context;
    const deadlineMs = clock.monotonicMs() + deliveryMsMax;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#try(batch, doubt);
      if (outcome.kind === 'done') return outcome.delivery;
      const waitMs = backoffMs(retryPolicy, attempt, random);
      const isLate = clock.monotonicMs() + waitMs >= deadlineMs;
      if (isLate || closing.aborted || !isHealable(outcome.failure)) {
        const { isPerhapsStored } = doubt;
        return this.#failed(outcome.failure, { isPerhapsStored, isRefused: false });
      }
      await rest(clock, waitMs, closing);
    }
  }

  async #try(batch: RecordBatch, doubt: Doubt): Promise<Try> {
    const { topic, partition, leader, deliveryMsMax } = this.#context;
    try {
      const connection = leader();
      if (connection === undefined) return await this.#lookFor('nobody leads it');
      if (!doubt.isStamped) {
        this.#stamp ??= await newStamp(connection);
        stampBatch(batch, this.#stamp);
      }
      await connection.ready();
      const wasInDoubt = doubt.isPerhapsStored;
      doubt.isPerhapsStored = true;
      const request = { topic, partition, batch, timeoutMs: deliveryMsMax };
      const { errorCode, baseOffset } = await connection.produce(request);
      const outcome = produceOutcome(errorCode);
      switch (outcome.kind) {
        case 'stored':
          return await this.#stored(batch, baseOffset, doubt);
        case 'stored_before':
          return await this.#stored(batch, -1, doubt);
        case 'unknown_producer':
          // This try stored nothing; what an earlier one stored, the new producer stores again.
          this.#stamp = undefined;
          doubt.isStamped = false;
          doubt.isPerhapsStored = wasInDoubt;
          return { kind: 'again', failure: this.#answered(outcome.name) };
        case 'refused':
          doubt.isPerhapsStored = wasInDoubt;
          return this.#done(this.#refused(outcome), wasInDoubt);
        case 'trouble':
          // The two errors that come after the leader stored it.
          doubt.isPerhapsStored =
            wasInDoubt || outcome.name.endsWith('_AFTER_APPEND') || outcome.name.endsWith('_OUT');
          return await this.#lookFor(`it answers ${outcome.name}`);
      }
    } catch (thrown) {
      const failure = this.#described(thrown);
      const looked = await this.#lookFor(failure.message);
      return looked.kind === 'again' && looked.failure.code === 'unreachable'
        ? { kind: 'again', failure }
        : looked;
    }
  }

  /** Who leads, from now on; what keeps from that, else the reason for looking. */
  async #lookFor(reason: string): Promise<Try> {
    const { topic, partition, lookAgain } = this.#context;
    try {
      await lookAgain();
      const place = `Partition ${partition} of the Kafka topic "${topic}"`;
      const message = `${place} takes no records: ${reason}.`;
      const hint = 'It is tried again. If it stays, look whether all brokers run.';
      const failure = new HeliosError('unreachable', message, { hint });
      return { kind: 'again', failure };
    } catch (thrown) {
      return { kind: 'again', failure: this.#described(thrown) };
    }
  }

  async #stored(batch: RecordBatch, baseOffset: number, { isStamped }: Doubt): Promise<Try> {
    const { recordCount } = batch;
    if (this.#stamp !== undefined && !isStamped) {
      const sequence = (this.#stamp.sequence + recordCount) % sequenceCount;
      this.#stamp = { ...this.#stamp, sequence };
    }
    const endOffset = baseOffset >= 0 ? baseOffset + recordCount : await this.#endOffset();
    return { kind: 'done', delivery: { kind: 'stored', endOffset } };
  }

  /** Undefined where the broker doesn't tell: what is stored is stored all the same. */
  async #endOffset(): Promise<number | undefined> {
    return await this.#context.endOffset().catch(() => undefined);
  }

  /** A sequence in doubt can't be gone on from. */
  #failed(
    error: HeliosError,
    outcome: { readonly isPerhapsStored: boolean; readonly isRefused: boolean },
  ): Delivery {
    if (outcome.isPerhapsStored) this.#stamp = undefined;
    return { kind: 'failed', error, ...outcome };
  }

  #done(refusal: HeliosError, isPerhapsStored: boolean): Try {
    return { kind: 'done', delivery: this.#failed(refusal, { isPerhapsStored, isRefused: true }) };
  }

  #described(thrown: unknown): HeliosError {
    const { access, topic } = this.#context;
    return describeRemoteError(thrown, access.place({ topic, operation: 'Write' }));
  }

  #answered(name: string): HeliosError {
    const { topic, partition } = this.#context;
    return new HeliosError(
      'unreachable',
      `Partition ${partition} of the Kafka topic "${topic}" answers ${name}.`,
      { hint: 'It is tried again as a new producer.' },
    );
  }

  #refused(outcome: {
    readonly name: string;
    readonly code: HeliosError['code'];
    readonly hint: string;
  }): HeliosError {
    const { topic } = this.#context;
    const message = `The Kafka topic "${topic}" refused records: ${outcome.name}.`;
    return new HeliosError(outcome.code, message, {
      hint: outcome.hint,
      details: { kafka_error: outcome.name },
    });
  }
}

async function newStamp(connection: ProduceConnection): Promise<BatchStamp> {
  const { errorCode, producerId, producerEpoch } = await connection.initProducer();
  if (errorCode === 0) return { producerId, producerEpoch, sequence: 0 };
  const outcome = produceOutcome(errorCode);
  const name = 'name' in outcome ? outcome.name : String(errorCode);
  if (outcome.kind !== 'refused') {
    throw new HeliosError('unreachable', `The broker gives no producer id: ${name}.`, {
      hint: 'It is tried again.',
    });
  }
  throw new HeliosError(outcome.code, `The broker gives no producer id: ${name}.`, {
    hint: outcome.hint,
  });
}

/** What a person has to change isn't tried again here: who sent the batch does that, slower. */
function isHealable({ code }: HeliosError): boolean {
  if (code === 'access_refused' || code === 'secret_missing') return false;
  return errorCodes[code].retry === 'backoff';
}

async function rest(clock: Clock, durationMs: number, closing: AbortSignal): Promise<void> {
  try {
    await clock.sleep(durationMs, closing);
  } catch (thrown) {
    if (!closing.aborted) throw thrown;
  }
}
