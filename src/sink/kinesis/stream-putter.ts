import { randomUUID } from 'node:crypto';
import {
  type KinesisClient,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';
import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { describeRemoteError } from '../../connection/failure/remote-error.ts';
import type { AwsPlace } from '../../connection/failure/aws-failure.ts';
import { AggregateWriter } from './aggregate-writer.ts';

export type StreamPutterOptions = {
  readonly client: KinesisClient;
  /** The name or ARN for a call. */
  readonly stream: { readonly StreamName: string } | { readonly StreamARN: string };
  readonly place: AwsPlace;
  readonly clock: Clock;
  readonly random: () => number;
  /** What the stream takes as one record, its partition key included. */
  readonly recordBytesMax: number;
  /** A request is tried for so long. */
  readonly waitMsMax: number;
};

/** Where a request's records are. */
export type PutPlace = { readonly shard: string; readonly sequenceNumber: string };

/** A request on its way. Its records stay together in one record of Kinesis. */
export type PutRequest = {
  readonly records: readonly Uint8Array[];
  readonly byteLength: number;
  readonly sinceMs: number;
  readonly resolve: (place: PutPlace) => void;
  readonly reject: (failure: PutFailure) => void;
};

/** `isPerhapsStored`: nothing was heard of a call that may have had its effect. */
export type PutFailure = { readonly error: HeliosError; readonly isPerhapsStored: boolean };

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const callRecordsMax = 500;
const callBytesMax = 5 * 1024 * 1024;
/** Requests go together up to this: larger records would fill one shard and leave the others. */
const aggregateBytes = 128 * 1024;
const callsAtOnce = 4;
const retries: BackoffPolicy = { firstMs: 100, maxMs: 2_000, attemptsMax: Infinity };

/**
 * Puts requests into a stream of Kinesis, each whole or not at all: its records are one of
 * Kinesis's. What the stream refused is put again; what may have been stored is told, and not put
 * again, since a shard has no way to know it.
 */
export class StreamPutter {
  readonly #options: StreamPutterOptions;
  #queue: PutRequest[] = [];
  #calls = 0;
  #isDispatching = false;
  /** After a refusal, for a while. */
  #isPausing = false;
  #failuresInARow = 0;

  constructor(options: StreamPutterOptions) {
    this.#options = options;
  }

  get recordBytesMax(): number {
    return this.#options.recordBytesMax;
  }

  /** Answers through the request. */
  put(request: PutRequest): void {
    this.#queue.push(request);
    this.#dispatchSoon();
  }

  /** Lets go of its connections. */
  close(): void {
    this.#options.client.destroy();
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
    while (this.#queue.length > 0 && this.#calls < callsAtOnce && !this.#isPausing) {
      void this.#call(this.#takeCall());
    }
  }

  /** The oldest requests, as many as one call takes. */
  #takeCall(): readonly Group[] {
    const groups: Group[] = [];
    let byteLength = 0;
    let taken = 0;
    for (const request of this.#queue) {
      let group = groups.at(-1);
      const isFull =
        group === undefined ||
        group.writer.byteLength + request.byteLength + request.records.length * 10 > aggregateBytes;
      if (isFull && groups.length === callRecordsMax) break;
      if (taken > 0 && byteLength + request.byteLength > callBytesMax) break;
      if (group === undefined || isFull) {
        const key = randomUUID();
        group = { key, writer: new AggregateWriter(key), requests: [] };
        groups.push(group);
      }
      for (const record of request.records) group.writer.add(record);
      group.requests.push(request);
      byteLength += request.byteLength + request.records.length * 10;
      taken += 1;
    }
    this.#queue.splice(0, taken);
    return groups;
  }

  async #call(groups: readonly Group[]): Promise<void> {
    const { client, stream } = this.#options;
    this.#calls += 1;
    const entries = groups.map((group): PutRecordsRequestEntry => {
      return { PartitionKey: group.key, Data: group.writer.finish() };
    });
    try {
      const answer = await client.send(new PutRecordsCommand({ ...stream, Records: entries }));
      this.#answered(groups, answer.Records ?? []);
    } catch (thrown) {
      this.#failed(groups, thrown);
    } finally {
      this.#calls -= 1;
      this.#dispatch();
    }
  }

  #answered(groups: readonly Group[], results: readonly PutRecordsResultEntry[]): void {
    const refused: Group[] = [];
    let reason = '';
    groups.forEach((group, index) => {
      const {
        ShardId: shard,
        SequenceNumber: sequenceNumber,
        ErrorCode: code,
      } = results[index] ?? {};
      if (shard !== undefined && sequenceNumber !== undefined && code === undefined) {
        for (const { resolve } of group.requests) resolve({ shard, sequenceNumber });
        return;
      }
      reason = `${code ?? 'no answer'}: ${results[index]?.ErrorMessage ?? ''}`;
      refused.push(group);
    });
    if (refused.length === 0) this.#failuresInARow = 0;
    else this.#putAgain(refused, this.#throttled(reason));
  }

  #failed(groups: readonly Group[], thrown: unknown): void {
    const error = describeRemoteError(thrown, this.#options.place);
    if (error.code === 'throttled') return this.#putAgain(groups, error);
    // A service that said no has stored nothing; one that wasn't heard may have.
    const isPerhapsStored = error.code === 'unreachable' || error.code === 'unavailable';
    for (const { reject } of groups.flatMap(({ requests }) => requests)) {
      reject({ error, isPerhapsStored });
    }
  }

  /** After a pause; those that have waited long enough are told. */
  #putAgain(groups: readonly Group[], error: HeliosError): void {
    const { clock, random, waitMsMax } = this.#options;
    const oldestMs = clock.monotonicMs() - waitMsMax;
    const requests = [...groups.flatMap((group) => group.requests), ...this.#queue];
    this.#queue = requests.filter(({ sinceMs }) => sinceMs > oldestMs);
    for (const { sinceMs, reject } of requests) {
      if (sinceMs <= oldestMs) reject({ error, isPerhapsStored: false });
    }
    this.#failuresInARow += 1;
    if (this.#isPausing) return;
    this.#isPausing = true;
    const pauseMs = backoffMs(retries, Math.min(this.#failuresInARow, 10), random);
    void clock.sleep(pauseMs).then(() => {
      this.#isPausing = false;
      this.#dispatch();
    });
  }

  #throttled(reason: string): HeliosError {
    const { resource = 'the stream' } = this.#options.place;
    return new HeliosError('throttled', `Kinesis takes no more into ${resource}: ${reason}`, {
      hint: 'A shard takes 1 MB and 1,000 records a second: give the stream more shards.',
    });
  }
}

/** Requests that share a record of Kinesis. */
type Group = {
  readonly key: string;
  readonly writer: AggregateWriter;
  readonly requests: PutRequest[];
};
