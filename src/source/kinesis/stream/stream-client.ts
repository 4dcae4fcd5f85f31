import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
  type KinesisClient,
  type ListShardsCommandInput,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis';
import type { Clock } from '../../../base/clock.ts';
import { HeliosError } from '../../../base/errors.ts';
import type { EpochMs } from '../../../event/record.ts';
import { describeRemoteError } from '../../../connection/failure/remote-error.ts';
import { boundedCall } from './bounded-call.ts';
import { listedShard } from './listed-shard.ts';
import { getRecords, type RecordsAnswer } from './records-answer.ts';
import type { ListedShard } from '../shard/shard-map.ts';

/** What makes a stream this one, and how long it keeps records. */
export type StreamFacts = {
  readonly arn: string;
  /** Undefined where the service doesn't tell. */
  readonly createdAtMs: EpochMs | undefined;
  readonly retentionMs: number;
};

/** Where a reading of a shard begins, as Kinesis puts it. */
export type StartingPoint =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'AT_TIMESTAMP'; readonly atMs: EpochMs }
  | {
      readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER';
      readonly sequenceNumber: string;
    };

export type StreamClientOptions = {
  readonly client: KinesisClient;
  /** A name or an ARN. */
  readonly stream: string;
  readonly clock: Clock;
};

/** The longest wait for one answer; a page of 10 MB takes seconds on a slow line. */
const callTimeoutMs = 20_000;
/** More, and a listing that never ends would fill the memory. */
const shardPagesMax = 1000;
/** An expired token restarts a listing; more of them in a row are a fault. */
const listingsMax = 3;

/**
 * The calls to Kinesis about one stream. Each ends in a named time, and fails with a HeliosError
 * that keeps the name of the client's own error (`errorName`).
 */
export class StreamClient {
  readonly #options: StreamClientOptions;
  readonly name: string;
  #arn: string | undefined;

  constructor(options: StreamClientOptions) {
    const { stream } = options;
    this.#options = options;
    this.#arn = stream.startsWith('arn:') ? stream : undefined;
    this.name = stream.startsWith('arn:') ? stream.slice(stream.lastIndexOf('/') + 1) : stream;
  }

  /** Its ARN where it is known, else its name: no other stream has it. */
  get id(): string {
    return this.#arn ?? this.name;
  }

  async describe(signal: AbortSignal): Promise<StreamFacts> {
    const command = new DescribeStreamSummaryCommand(this.#names());
    const { StreamDescriptionSummary: summary } = await this.#call(
      'DescribeStreamSummary',
      signal,
      async (abortSignal) => await this.#options.client.send(command, { abortSignal }),
    );
    const arn = summary?.StreamARN;
    if (summary === undefined || arn === undefined) throw incomplete('DescribeStreamSummary');
    if (summary.StreamStatus === 'DELETING') throw this.#deleting();
    this.#arn = arn;
    return {
      arn,
      createdAtMs: summary.StreamCreationTimestamp?.getTime(),
      retentionMs: (summary.RetentionPeriodHours ?? 24) * 3_600_000,
    };
  }

  /** All shards, closed ones too; starts over when the listing took longer than its token lives. */
  async listShards(signal: AbortSignal): Promise<readonly ListedShard[]> {
    return await this.#list({}, signal);
  }

  /** Those that were open when the oldest record that is kept arrived, or the oldest could have. */
  async shardsAtTrimHorizon(signal: AbortSignal): Promise<readonly ListedShard[]> {
    return await this.#list({ ShardFilter: { Type: 'AT_TRIM_HORIZON' } }, signal);
  }

  async #list(
    filter: Pick<ListShardsCommandInput, 'ShardFilter'>,
    signal: AbortSignal,
  ): Promise<readonly ListedShard[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#listOnce(filter, signal);
      } catch (thrown) {
        if (errorName(thrown) !== 'ExpiredNextTokenException' || attempt >= listingsMax)
          throw thrown;
      }
    }
  }

  async iterator(shard: string, start: StartingPoint, signal: AbortSignal): Promise<string> {
    const command = new GetShardIteratorCommand({
      ...this.#names(),
      ShardId: shard,
      ShardIteratorType: start.type,
      StartingSequenceNumber: 'sequenceNumber' in start ? start.sequenceNumber : undefined,
      Timestamp: 'atMs' in start ? new Date(start.atMs) : undefined,
    });
    const { ShardIterator: iterator } = await this.#call(
      'GetShardIterator',
      signal,
      async (abortSignal) => await this.#options.client.send(command, { abortSignal }),
    );
    if (iterator === undefined) throw incomplete('GetShardIterator');
    return iterator;
  }

  async records(iterator: string, recordsMax: number, signal: AbortSignal): Promise<RecordsAnswer> {
    const { client } = this.#options;
    const streamArn = this.#arn ?? '';
    return await this.#call('GetRecords', signal, async (abortSignal) => {
      return await getRecords(client, { iterator, streamArn, recordsMax, signal: abortSignal });
    });
  }

  /** The consumer's ARN; it is registered unless it is there already, and ready when this ends. */
  async consumer(name: string, signal: AbortSignal): Promise<string> {
    const { client, clock } = this.#options;
    try {
      await this.#call('RegisterStreamConsumer', signal, async (abortSignal) => {
        const names = { StreamARN: this.#arn, ConsumerName: name };
        return await client.send(new RegisterStreamConsumerCommand(names), { abortSignal });
      });
    } catch (thrown) {
      if (errorName(thrown) !== 'ResourceInUseException') throw thrown;
    }
    for (let attempt = 1; attempt <= consumerChecksMax; attempt++) {
      const { arn, status } = await this.#describeConsumer(name, signal);
      if (status === 'ACTIVE') return arn;
      await clock.sleep(consumerCheckMs, signal);
    }
    throw new HeliosError(
      'unavailable',
      `The consumer ${name} of ${this.name} is not active yet.`,
      {
        hint: 'It is tried again. If it stays, look at the consumers of the stream.',
      },
    );
  }

  async subscribe(
    consumerArn: string,
    shard: string,
    start: StartingPoint,
    signal: AbortSignal,
  ): Promise<AsyncIterable<SubscribeToShardEventStream>> {
    const command = new SubscribeToShardCommand({
      ConsumerARN: consumerArn,
      ShardId: shard,
      StartingPosition: {
        Type: start.type,
        SequenceNumber: 'sequenceNumber' in start ? start.sequenceNumber : undefined,
        Timestamp: 'atMs' in start ? new Date(start.atMs) : undefined,
      },
    });
    // The signal ends the subscription too, later: it isn't the call's own.
    const { EventStream: events } = await this.#call(
      'SubscribeToShard',
      signal,
      async () => await this.#options.client.send(command, { abortSignal: signal }),
    );
    if (events === undefined) throw incomplete('SubscribeToShard');
    return events;
  }

  /** Any failure of a call of this action, in our words. */
  async failure(thrown: unknown, action: string): Promise<HeliosError> {
    const { client } = this.#options;
    if (thrown instanceof HeliosError) return thrown;
    const described = describeRemoteError(thrown, {
      kind: 'aws',
      action: `kinesis:${action}`,
      resource: this.#options.stream,
      region: await client.config.region().catch(() => undefined),
      endpoint: await endpointOf(client),
    });
    const { code, message, hint, details } = described;
    const name = thrown instanceof Error ? thrown.name : '';
    return new HeliosError(code, message, { hint, details: { ...details, aws_error: name } });
  }

  async #listOnce(
    filter: Pick<ListShardsCommandInput, 'ShardFilter'>,
    signal: AbortSignal,
  ): Promise<readonly ListedShard[]> {
    const { client } = this.#options;
    const shards: ListedShard[] = [];
    let token: string | undefined;
    for (let page = 1; page <= shardPagesMax; page++) {
      const command = new ListShardsCommand(
        token === undefined ? { ...this.#names(), ...filter } : { NextToken: token },
      );
      const answer = await this.#call(
        'ListShards',
        signal,
        async (abortSignal) => await client.send(command, { abortSignal }),
      );
      shards.push(...(answer.Shards ?? []).map(listedShard));
      token = answer.NextToken;
      if (token === undefined) return shards;
    }
    throw incomplete('ListShards');
  }

  async #describeConsumer(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly arn: string; readonly status: string | undefined }> {
    const names = { StreamARN: this.#arn, ConsumerName: name };
    const { ConsumerDescription: consumer } = await this.#call(
      'DescribeStreamConsumer',
      signal,
      async (abortSignal) =>
        await this.#options.client.send(new DescribeStreamConsumerCommand(names), { abortSignal }),
    );
    if (consumer?.ConsumerARN === undefined) throw incomplete('DescribeStreamConsumer');
    return { arn: consumer.ConsumerARN, status: consumer.ConsumerStatus };
  }

  async #call<T>(
    action: string,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await boundedCall(
        { clock: this.#options.clock, timeoutMs: callTimeoutMs, signal },
        call,
      );
    } catch (thrown) {
      signal.throwIfAborted();
      throw await this.failure(thrown, action);
    }
  }

  /** Another account's stream is found by its ARN alone; emulators know the name alone. */
  #names(): { readonly StreamName: string; readonly StreamARN: string | undefined } {
    return { StreamName: this.name, StreamARN: this.#arn };
  }

  #deleting(): HeliosError {
    return new HeliosError('stream_missing', `The stream "${this.name}" is being deleted.`, {
      hint: 'Name another stream, or make it again: it is tried again until it is there.',
    });
  }
}

/** A new consumer needs some seconds. */
const consumerCheckMs = 500;
const consumerChecksMax = 60;

/** The name that Kinesis gave to a failure of a call here. */
export function errorName(thrown: unknown): string {
  const said = thrown instanceof HeliosError ? thrown.details?.['aws_error'] : undefined;
  return typeof said === 'string' ? said : '';
}

async function endpointOf(client: KinesisClient): Promise<string | undefined> {
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined) return undefined;
  const port = endpoint.port === undefined ? '' : `:${endpoint.port}`;
  return `${endpoint.protocol}//${endpoint.hostname}${port}`;
}

function incomplete(action: string): HeliosError {
  return new HeliosError('unreachable', `An answer to ${action} lacks what it must have.`, {
    hint: 'It is tried again. If it stays, check what is between here and Kinesis: a proxy, say.',
  });
}
