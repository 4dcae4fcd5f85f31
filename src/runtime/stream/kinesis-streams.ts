import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  type DescribeStreamSummaryCommandOutput,
  IncreaseStreamRetentionPeriodCommand,
  DecreaseStreamRetentionPeriodCommand,
  type StreamDescriptionSummary,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { HeliosError } from '../../base/errors.ts';
import type { StreamEntry } from '../../catalog/catalog.ts';
import { createKinesisClient, type KinesisAccess } from '../../connection/aws/kinesis-client.ts';
import type { Connections } from '../../connection/connection.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import { describeRemoteError } from '../../connection/failure/remote-error.ts';
import type {
  BackedStreamChange,
  BackedStreamInfo,
  BackedStreamRequest,
  BackedTail,
} from '../../log/backed-streams.ts';
import { defaultLimits } from '../../log/log.ts';
import { checkPartitions } from '../../log/stream-request.ts';
import { StreamPutter } from '../../sink/kinesis/stream-putter.ts';
import { KinesisWriter } from './kinesis-writer.ts';
import type { StreamBroker, StreamWriter } from './stream-broker.ts';

type KinesisStreamsOptions = {
  readonly connections: Connections;
  readonly context: ConnectionContext;
};

/** A request is tried for so long: clients wait no longer for an answer, as a rule. */
const waitMsMax = 10_000;
/** What a stream takes as one record, unless it says otherwise. */
const recordKibDefault = 1024;
const changeMsMax = 120_000;
const lookIntervalMs = 500;
const hourMs = 3_600_000;
/** What Kinesis knows, in hours. */
const retentionHours = { min: 24, max: 8760 } as const;

/** The streams of Kinesis that keep streams. */
export class KinesisStreams implements StreamBroker {
  readonly #options: KinesisStreamsOptions;

  constructor(options: KinesisStreamsOptions) {
    this.#options = options;
  }

  writer(entry: StreamEntry): StreamWriter {
    const { context } = this.#options;
    return new KinesisWriter({
      name: entry.name,
      clock: context.clock,
      pendingBytesMax: defaultLimits.pendingBytesMax,
      open: async () => await this.#putter(entry),
    });
  }

  async prepare(stream: string, request: BackedStreamRequest): Promise<void> {
    const { partitions, retentionMs } = request;
    await this.#with(request.connection, stream, async (access) => {
      const there = await summaryIfThere(access, stream);
      if (there === undefined) return await this.#create(access, stream, request);
      const shards = there.OpenShardCount;
      const isOther = partitions !== undefined && partitions !== shards;
      if (!isOther && retentionMs === undefined) return;
      const message = `The Kinesis stream "${stream}" exists with ${shards} open shards.`;
      throw new HeliosError('conflict', message, {
        hint: 'Leave --partitions and --retention out to use it as it is, or name another stream.',
        details: { stream, partitions: shards },
      });
    });
  }

  async facts(entry: StreamEntry): Promise<Pick<BackedStreamInfo, 'retentionMs' | 'partitions'>> {
    return await this.#with(entry.connection, entry.topic, async (access) => {
      const { RetentionPeriodHours: hours } = await summaryOf(access, entry.topic);
      // Shards come and go, and their positions count nothing.
      return {
        retentionMs: hours === undefined ? undefined : hours * hourMs,
        partitions: undefined,
      };
    });
  }

  async alter(entry: StreamEntry, change: BackedStreamChange): Promise<void> {
    const { partitions, retentionMs } = change;
    const { topic } = entry;
    await this.#with(entry.connection, topic, async (access) => {
      if (retentionMs !== undefined) await this.#setRetention(access, topic, retentionMs);
      if (partitions === undefined) return;
      const TargetShardCount = checkPartitions(partitions);
      const ScalingType = 'UNIFORM_SCALING';
      const command = { StreamName: topic, TargetShardCount, ScalingType } as const;
      const update = new UpdateShardCountCommand(command);
      await asked(access, 'UpdateShardCount', topic, () => access.client.send(update));
    });
  }

  async tail({ name, topic, connection }: StreamEntry): Promise<BackedTail> {
    throw new HeliosError('invalid_request', `${name} is kept by Kinesis, and can't be tailed.`, {
      hint: `Look at its records with: helios peek ${topic} --connection ${connection}`,
    });
  }

  async #putter({ topic, connection }: StreamEntry): Promise<StreamPutter> {
    const { context } = this.#options;
    const access = await this.#access(connection, topic);
    const summary = await summaryOf(access, topic);
    const recordKib = summary.MaxRecordSizeInKiB ?? recordKibDefault;
    return new StreamPutter({
      client: access.client,
      stream: { StreamName: topic },
      place: access.place('kinesis:PutRecords', topic),
      clock: context.clock,
      random: context.random,
      recordBytesMax: recordKib * 1024,
      waitMsMax,
    });
  }

  async #create(
    access: KinesisAccess,
    stream: string,
    { partitions, retentionMs }: BackedStreamRequest,
  ): Promise<void> {
    if (retentionMs !== undefined) hoursOf(retentionMs);
    const ShardCount = checkPartitions(partitions ?? 1);
    const command = new CreateStreamCommand({ StreamName: stream, ShardCount });
    await asked(access, 'CreateStream', stream, () => access.client.send(command));
    await this.#whenActive(access, stream);
    if (retentionMs !== undefined) await this.#setRetention(access, stream, retentionMs);
  }

  async #setRetention(access: KinesisAccess, stream: string, retentionMs: number): Promise<void> {
    const hours = hoursOf(retentionMs);
    const { RetentionPeriodHours: now = retentionHours.min } = await summaryOf(access, stream);
    if (hours === now) return;
    const change = { StreamName: stream, RetentionPeriodHours: hours };
    if (hours > now) {
      const command = new IncreaseStreamRetentionPeriodCommand(change);
      const action = 'IncreaseStreamRetentionPeriod';
      await asked(access, action, stream, () => access.client.send(command));
    } else {
      const command = new DecreaseStreamRetentionPeriodCommand(change);
      const action = 'DecreaseStreamRetentionPeriod';
      await asked(access, action, stream, () => access.client.send(command));
    }
    await this.#whenActive(access, stream);
  }

  async #whenActive(access: KinesisAccess, stream: string): Promise<void> {
    const { clock } = this.#options.context;
    const endMs = clock.monotonicMs() + changeMsMax;
    for (;;) {
      if ((await summaryOf(access, stream)).StreamStatus === 'ACTIVE') return;
      if (clock.monotonicMs() > endMs) {
        throw new HeliosError('unavailable', `The Kinesis stream "${stream}" is not ready yet.`, {
          hint: 'Try again in a moment: it is used as it is then.',
        });
      }
      await clock.sleep(lookIntervalMs);
    }
  }

  async #access(connection: string, stream: string): Promise<KinesisAccess> {
    const { connections, context } = this.#options;
    const options = connections.optionsOf('kinesis', { profile: connection, options: {} });
    return await createKinesisClient(options, context, stream, 1);
  }

  async #with<T>(
    connection: string,
    stream: string,
    action: (access: KinesisAccess) => Promise<T>,
  ): Promise<T> {
    const access = await this.#access(connection, stream);
    try {
      return await action(access);
    } finally {
      access.client.destroy();
    }
  }
}

/** With failures in our words. */
async function asked<T>(
  { place }: KinesisAccess,
  action: string,
  stream: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw describeRemoteError(thrown, place(`kinesis:${action}`, stream));
  }
}

async function summaryOf(
  access: KinesisAccess,
  stream: string,
): Promise<Partial<StreamDescriptionSummary>> {
  const command = new DescribeStreamSummaryCommand({ StreamName: stream });
  const ask = (): Promise<DescribeStreamSummaryCommandOutput> => access.client.send(command);
  const answer = await asked(access, 'DescribeStreamSummary', stream, ask);
  return answer.StreamDescriptionSummary ?? {};
}

async function summaryIfThere(
  access: KinesisAccess,
  stream: string,
): Promise<Partial<StreamDescriptionSummary> | undefined> {
  try {
    return await summaryOf(access, stream);
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'stream_missing') return undefined;
    throw thrown;
  }
}

/** Whole hours; `invalid_request` for what Kinesis doesn't know. */
function hoursOf(retentionMs: number): number {
  const hours = Math.ceil(retentionMs / hourMs);
  const { min, max } = retentionHours;
  if (hours >= min && hours <= max) return hours;
  throw new HeliosError('invalid_request', `Kinesis can't keep records for ${hours} hours.`, {
    hint: `Give a retention between ${min / 24}d and ${max / 24}d.`,
  });
}
