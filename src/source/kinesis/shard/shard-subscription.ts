import type { _Record, SubscribeToShardEvent } from '@aws-sdk/client-kinesis';
import { HeliosError } from '../../../base/errors.ts';
import { boundedCall } from '../stream/bounded-call.ts';
import { parseChildren } from '../stream/listed-shard.ts';
import { errorName, type StartingPoint } from '../stream/stream-client.ts';
import type { StreamRecord } from '../record/record-page.ts';
import { isRefusal, RestartReading } from './shard-cursor.ts';
import type { ListedShard } from './shard-map.ts';
import type { Feed, FeedContext } from './shard-reader.ts';

/** Kinesis ends a subscription after five minutes; it is renewed before. */
const subscriptionMsMax = 4.75 * 60 * 1000;
/** Events come every few seconds, also without records: after so long there is nobody any more. */
const silenceMsMax = 35_000;

type Subscription = {
  readonly events: AsyncIterator<unknown>;
  readonly stop: AbortController;
  readonly beganAtMs: number;
};

export type SubscriptionContext = FeedContext & {
  readonly consumerArn: string;
  /** Whether the shard is listed as one that has an end. */
  readonly isClosed: () => boolean;
  /** Reads the same shard from where it stands without a subscription. */
  readonly createPoll: () => Feed;
};

/**
 * Receives a shard's records by enhanced fan-out: Kinesis pushes them as they come. A subscription
 * that ended, whatever the reason, is renewed after what was received. Kinesis tells of a shard's
 * end too; where a shard has one and nothing more comes (emulators don't tell), the end is polled.
 */
export class ShardSubscription implements Feed {
  readonly #context: SubscriptionContext;
  #rest: Feed | undefined;
  #subscription: Subscription | undefined;
  /** Where the next subscription begins: moves on even where no records come. */
  #continuation: string | undefined;

  constructor(context: SubscriptionContext) {
    this.#context = context;
  }

  async next(signal: AbortSignal): Promise<readonly ListedShard[] | undefined> {
    if (this.#rest !== undefined) return await this.#rest.next(signal);
    // Room first: what was pushed can't be sent back.
    await this.#context.memory.reserve(0, signal);
    const subscription = (this.#subscription ??= await this.#subscribe(signal));
    if (subscription === undefined) return undefined;
    try {
      const event = await this.#nextEvent(subscription, signal);
      const isOld = this.#context.clock.monotonicMs() - subscription.beganAtMs > subscriptionMsMax;
      const children = event === undefined ? undefined : this.#take(event);
      if (event === undefined || isOld || children !== undefined) this.#drop();
      return children;
    } catch (thrown) {
      this.#drop();
      signal.throwIfAborted();
      await this.#afterFailure(thrown, signal);
      return undefined;
    }
  }

  /** Finds another place to begin where that can help; the rest is the reader's to judge. */
  async #afterFailure(thrown: unknown, signal: AbortSignal): Promise<void> {
    const { stream, cursor, shard } = this.#context;
    this.#continuation = undefined;
    if (thrown instanceof RestartReading) return;
    const failure = await stream.failure(thrown, 'SubscribeToShard');
    if (errorName(failure) === 'ResourceInUseException') throw inUse(shard.id);
    if (!isRefusal(failure)) throw failure;
    await cursor.afterRefusal(failure, signal);
  }

  #take(event: SubscribeToShardEvent): readonly ListedShard[] | undefined {
    const { clock, receive, isClosed, createPoll } = this.#context;
    const behindMs = event.MillisBehindLatest ?? 0;
    const records = (event.Records ?? []).map(streamRecord);
    const children = parseChildren(event.ChildShards);
    const isLast = event.ContinuationSequenceNumber === undefined || children.length > 0;
    receive(records, { behindMs, askedAtMs: clock.nowMs(), isLast });
    this.#continuation = event.ContinuationSequenceNumber;
    if (isLast) return children;
    if (records.length > 0 || behindMs > 0 || !isClosed()) return undefined;
    this.#rest = createPoll();
    this.#drop();
    return undefined;
  }

  /** Undefined where the place to begin was refused and another has to be tried. */
  async #subscribe(signal: AbortSignal): Promise<Subscription | undefined> {
    const { shard, stream, clock, verify, consumerArn } = this.#context;
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    try {
      await verify(signal);
      const start = this.#startingPoint();
      const events = await stream.subscribe(consumerArn, shard.id, start, either);
      const beganAtMs = clock.monotonicMs();
      return { events: events[Symbol.asyncIterator](), stop, beganAtMs };
    } catch (thrown) {
      stop.abort();
      signal.throwIfAborted();
      await this.#afterFailure(thrown, signal);
      return undefined;
    }
  }

  #startingPoint(): StartingPoint {
    const start = this.#context.cursor.startingPoint();
    if (this.#continuation === undefined) return start;
    return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: this.#continuation };
  }

  /** Undefined when the subscription has ended. */
  async #nextEvent(
    { events }: Subscription,
    signal: AbortSignal,
  ): Promise<SubscribeToShardEvent | undefined> {
    const { clock } = this.#context;
    const limits = { clock, timeoutMs: silenceMsMax, signal };
    const next = await boundedCall(limits, async () => await events.next());
    if (next.done === true) return undefined;
    const event = next.value as { readonly SubscribeToShardEvent?: SubscribeToShardEvent };
    if (event.SubscribeToShardEvent !== undefined) return event.SubscribeToShardEvent;
    const [failure] = Object.values(next.value as object) as unknown[];
    if (failure instanceof Error) throw failure;
    throw new HeliosError('unreachable', 'Kinesis sent an event that is none of fan-out.', {
      hint: 'It is tried again.',
    });
  }

  #drop(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    subscription?.stop.abort(new Error('the subscription is over'));
    // Its end is nobody's concern any more, however it comes.
    subscription?.events.return?.().catch(() => undefined);
  }
}

function streamRecord(record: _Record): StreamRecord {
  return {
    data: record.Data ?? new Uint8Array(),
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
    arrivedAtMs: Math.max(1, record.ApproximateArrivalTimestamp?.getTime() ?? 0),
  };
}

/** Kinesis hands a subscription over only when the one before is some seconds old. */
function inUse(shard: string): HeliosError {
  return new HeliosError('unavailable', `Shard ${shard} has just been subscribed to.`, {
    hint:
      'It is tried again. If it stays, another program uses the same consumer: each needs one ' +
      'of its own.',
  });
}
