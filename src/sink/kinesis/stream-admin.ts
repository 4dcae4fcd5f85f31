import {
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { KinesisAccess } from '../../connection/aws/kinesis-client.ts';
import { describeRemoteError } from '../../connection/failure/remote-error.ts';

/** What Kinesis says of a stream. */
export type StreamSummary = {
  readonly isActive: boolean;
  readonly openShards: number;
  readonly retentionMs: number;
  /** What it takes as one record, the partition key included. */
  readonly recordBytesMax: number;
};

export type StreamAdminOptions = {
  /** Closed with this. */
  readonly access: KinesisAccess;
  readonly stream: string;
  readonly clock: Clock;
};

const recordKibDefault = 1024;
const changeMsMax = 120_000;
const lookIntervalMs = 500;
const hourMs = 3_600_000;
/** What Kinesis knows, in hours. */
const retentionHours = { min: 24, max: 8760 } as const;

/** Makes and changes one stream of Kinesis. */
export class StreamAdmin {
  readonly #access: KinesisAccess;
  readonly #stream: string;
  readonly #clock: Clock;

  constructor({ access, stream, clock }: StreamAdminOptions) {
    this.#access = access;
    this.#stream = stream;
    this.#clock = clock;
  }

  /** `stream_missing`. */
  async summary(): Promise<StreamSummary> {
    const command = new DescribeStreamSummaryCommand({ StreamName: this.#stream });
    const { client } = this.#access;
    const answer = await this.#asked('DescribeStreamSummary', async () => client.send(command));
    const summary = answer.StreamDescriptionSummary;
    return {
      isActive: summary?.StreamStatus === 'ACTIVE',
      openShards: summary?.OpenShardCount ?? 0,
      retentionMs: (summary?.RetentionPeriodHours ?? retentionHours.min) * hourMs,
      recordBytesMax: (summary?.MaxRecordSizeInKiB ?? recordKibDefault) * 1024,
    };
  }

  /** Undefined where there is no such stream. */
  async summaryIfThere(): Promise<StreamSummary | undefined> {
    try {
      return await this.summary();
    } catch (thrown) {
      if (thrown instanceof HeliosError && thrown.code === 'stream_missing') return undefined;
      throw thrown;
    }
  }

  /** Resolves when it can be written to. */
  async create(shards: number, retentionMs: number | undefined): Promise<void> {
    if (retentionMs !== undefined) hoursOf(retentionMs);
    const command = new CreateStreamCommand({ StreamName: this.#stream, ShardCount: shards });
    const { client } = this.#access;
    await this.#asked('CreateStream', async () => client.send(command));
    await this.#whenActive();
    if (retentionMs !== undefined) await this.setRetention(retentionMs);
  }

  /** `invalid_request` for a time that Kinesis doesn't know. */
  async setRetention(retentionMs: number): Promise<void> {
    const hours = hoursOf(retentionMs);
    const now = (await this.summary()).retentionMs / hourMs;
    if (hours === now) return;
    const { client } = this.#access;
    const change = { StreamName: this.#stream, RetentionPeriodHours: hours };
    if (hours > now) {
      const command = new IncreaseStreamRetentionPeriodCommand(change);
      await this.#asked('IncreaseStreamRetentionPeriod', async () => client.send(command));
    } else {
      const command = new DecreaseStreamRetentionPeriodCommand(change);
      await this.#asked('DecreaseStreamRetentionPeriod', async () => client.send(command));
    }
    await this.#whenActive();
  }

  /** Shards are split and merged until there are so many. */
  async setShards(count: number): Promise<void> {
    const command = new UpdateShardCountCommand({
      StreamName: this.#stream,
      TargetShardCount: count,
      ScalingType: 'UNIFORM_SCALING',
    });
    const { client } = this.#access;
    await this.#asked('UpdateShardCount', async () => client.send(command));
  }

  close(): void {
    this.#access.client.destroy();
  }

  async #whenActive(): Promise<void> {
    const endMs = this.#clock.monotonicMs() + changeMsMax;
    while (!(await this.summary()).isActive) {
      if (this.#clock.monotonicMs() > endMs) {
        const message = `The Kinesis stream "${this.#stream}" is not ready yet.`;
        throw new HeliosError('unavailable', message, {
          hint: 'Try again in a moment: it is used as it is then.',
        });
      }
      await this.#clock.sleep(lookIntervalMs);
    }
  }

  /** With failures in our words. */
  async #asked<T>(action: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (thrown) {
      throw describeRemoteError(thrown, this.#access.place(`kinesis:${action}`, this.#stream));
    }
  }
}

/** Whole hours. */
function hoursOf(retentionMs: number): number {
  const hours = Math.ceil(retentionMs / hourMs);
  const { min, max } = retentionHours;
  if (hours >= min && hours <= max) return hours;
  throw new HeliosError('invalid_request', `Kinesis can't keep records for ${hours} hours.`, {
    hint: `Give a retention between ${min / 24}d and ${max / 24}d.`,
  });
}
