import {
  DescribeStreamSummaryCommand,
  ListStreamsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { Clock } from '../../base/clock.ts';
import type { KinesisAccess } from '../../connection/aws/kinesis-client.ts';
import { describeRemoteError } from '../../connection/failure/remote-error.ts';
import { Deadline } from '../deadline.ts';
import type {
  PeekAnswer,
  PeekRequest,
  StreamDescription,
  StreamLook,
  StreamSummary,
} from '../look.ts';
import { chosenPartitions, partitionBytes, peekAnswer, peekEach } from '../peeked.ts';
import { peekShard, startOf } from './look/shard-peek.ts';
import { type Rate, sampleRates, sumRates } from './look/shard-rates.ts';
import type { ListedShard } from './shard/shard-map.ts';
import { ReadBudget } from './stream/read-budget.ts';
import { StreamClient } from './stream/stream-client.ts';

export type KinesisLookOptions = {
  /** A client for a stream, whose ARN may tell the region; undefined for none in particular. */
  readonly open: (stream: string | undefined) => Promise<KinesisAccess>;
  readonly clock: Clock;
};

/** Two of the five reads that a shard allows a second to all who read it. */
const readIntervalMs = 500;
const listTimeoutMs = 20_000;
/** DescribeStreamSummary is allowed 20 times a second, to all of an account. */
const describeIntervalMs = 60;
/** Beyond it, only names are told. */
const describedMax = 200;
const listPagesMax = 100;
/** Open shards whose rates are sampled for one answer: each is a read that others go without. */
const sampledShardsMax = 50;

/** Looks at the streams of an account's region. */
export class KinesisLook implements StreamLook {
  readonly kind = 'kinesis';
  readonly #options: KinesisLookOptions;

  constructor(options: KinesisLookOptions) {
    this.#options = options;
  }

  async streams(signal: AbortSignal): Promise<readonly StreamSummary[]> {
    using deadline = new Deadline(this.#options.clock, listTimeoutMs, signal);
    using access = await this.#access(undefined);
    const names = await listNames(access, deadline.signal);
    const found = names.map(async (name, index) => {
      const nothing = { summary: unknown(name), arn: undefined };
      if (index >= describedMax) return nothing;
      try {
        await this.#options.clock.sleep(index * describeIntervalMs, deadline.signal);
        return await summaryOf(access.client, name, deadline.signal);
      } catch {
        // Not allowed for this one, or too slow: its name is known all the same.
        return nothing;
      }
    });
    const summaries = await Promise.all(found);
    let shardCount = 0;
    const rated = summaries.map(async ({ summary, arn }) => {
      shardCount += summary.partitions ?? 0;
      if (arn === undefined || shardCount > sampledShardsMax) return summary;
      const stream = this.#client(access, arn);
      return { ...summary, ...(await this.#rateOf(stream, deadline.signal)) };
    });
    const answer = await Promise.all(rated);
    signal.throwIfAborted();
    return answer;
  }

  async describe(name: string, signal: AbortSignal): Promise<StreamDescription> {
    using deadline = new Deadline(this.#options.clock, listTimeoutMs, signal);
    using access = await this.#access(name);
    const stream = this.#client(access, name);
    const facts = await stream.describe(deadline.signal);
    const shards = await stream.listShards(deadline.signal);
    const open = openIds(shards);
    const { clock } = this.#options;
    const sampled = open.slice(0, sampledShardsMax);
    const rates = await sampleRates(sampled, { stream, clock, signal: deadline.signal });
    return {
      ...unknown(name),
      ...sumRates(open, rates),
      partitions: open.length,
      retentionMs: facts.retentionMs,
      details: shards.map(({ id, isClosed }) => ({
        partition: id,
        start: undefined,
        end: undefined,
        bytes: undefined,
        isClosed,
        recordsPerSecond: rates.get(id)?.recordsPerSecond,
      })),
    };
  }

  async peek(request: PeekRequest): Promise<PeekAnswer> {
    const { clock } = this.#options;
    const { from } = request;
    if (from.kind === 'position') startOf(from);
    using deadline = new Deadline(clock, request.timeoutMs, request.signal);
    using access = await this.#access(request.stream);
    const stream = this.#client(access, request.stream);
    const { retentionMs } = await stream.describe(deadline.signal);
    const shards = await stream.listShards(deadline.signal);
    const chosen = chosenPartitions(
      shards.map(({ id }) => id),
      request,
    );
    const reads = new Map<string, number>();
    const context = {
      stream,
      budget: new ReadBudget(clock, readIntervalMs),
      clock,
      retentionMs,
      bytesMax: partitionBytes(chosen.length),
      deadline,
      onRead: (shard: string) => void reads.set(shard, (reads.get(shard) ?? 0) + 1),
    };
    const peeks = await peekEach(chosen, request, async (partition) => {
      const shard = shards.find(({ id }) => id === partition);
      if (shard === undefined) return { partition, records: [], failure: undefined };
      return await peekShard(request, { ...context, shard });
    });
    request.signal.throwIfAborted();
    return peekAnswer(peeks, request, costOf(reads));
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  /** Who may list streams may perhaps not read them: then their rates stay unknown. */
  async #rateOf(stream: StreamClient, signal: AbortSignal): Promise<Partial<Rate>> {
    try {
      const open = openIds(await stream.listShards(signal));
      const { clock } = this.#options;
      return sumRates(open, await sampleRates(open, { stream, clock, signal }));
    } catch {
      // Not allowed, or too slow.
      return {};
    }
  }

  async #access(stream: string | undefined): Promise<KinesisAccess & Disposable> {
    const access = await this.#options.open(stream);
    return { ...access, [Symbol.dispose]: () => access.client.destroy() };
  }

  #client({ client }: KinesisAccess, stream: string): StreamClient {
    return new StreamClient({ client, stream, clock: this.#options.clock });
  }
}

function costOf(counts: ReadonlyMap<string, number>): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const shards = counts.size === 1 ? '1 shard' : `${counts.size} shards`;
  const perSecond = Math.min(1000 / readIntervalMs, Math.max(0, ...counts.values()));
  const reads = total === 1 ? '1 read' : `${total} reads`;
  return `${reads} of ${shards}, at most ${perSecond} a second of the 5 that a shard allows`;
}

async function listNames(access: KinesisAccess, signal: AbortSignal): Promise<readonly string[]> {
  const names: string[] = [];
  let after: string | undefined;
  try {
    for (let page = 0; page < listPagesMax; page++) {
      const command = new ListStreamsCommand({ ExclusiveStartStreamName: after });
      const answer = await access.client.send(command, { abortSignal: signal });
      names.push(...(answer.StreamNames ?? []));
      after = names.at(-1);
      if (answer.HasMoreStreams !== true || after === undefined) break;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw describeRemoteError(thrown, access.place('kinesis:ListStreams'));
  }
  return names.toSorted();
}

async function summaryOf(
  client: KinesisClient,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly summary: StreamSummary; readonly arn: string | undefined }> {
  const command = new DescribeStreamSummaryCommand({ StreamName: name });
  const answer = await client.send(command, { abortSignal: signal });
  const {
    StreamARN: arn,
    OpenShardCount: partitions,
    RetentionPeriodHours: hours,
  } = answer.StreamDescriptionSummary ?? {};
  const retentionMs = hours === undefined ? undefined : hours * 3_600_000;
  return { summary: { ...unknown(name), partitions, retentionMs }, arn };
}

function openIds(shards: readonly ListedShard[]): readonly string[] {
  return shards.filter(({ isClosed }) => !isClosed).map(({ id }) => id);
}

/** Sizes are CloudWatch's to tell, which costs money and a permission. */
function unknown(name: string): StreamSummary {
  return {
    name,
    partitions: undefined,
    retentionMs: undefined,
    recordsPerSecond: undefined,
    bytesPerSecond: undefined,
    bytes: undefined,
  };
}
