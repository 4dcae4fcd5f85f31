import { HeliosError } from '../../base/errors.ts';
import type { StreamEntry } from '../../catalog/catalog.ts';
import { createKinesisClient, type KinesisAccess } from '../../connection/aws/kinesis-client.ts';
import type { Connections } from '../../connection/connection.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import type {
  BackedStreamChange,
  BackedStreamInfo,
  BackedStreamRequest,
  BackedTail,
} from '../../log/backed-streams.ts';
import { defaultLimits } from '../../log/log.ts';
import { checkPartitions } from '../../log/stream-request.ts';
import { StreamAdmin } from '../../sink/kinesis/stream-admin.ts';
import { StreamPutter } from '../../sink/kinesis/stream-putter.ts';
import { KinesisWriter } from './kinesis-writer.ts';
import type { StreamBroker, StreamWriter } from './stream-broker.ts';

type KinesisStreamsOptions = {
  readonly connections: Connections;
  readonly context: ConnectionContext;
};

/** A request is tried for so long: clients wait no longer for an answer, as a rule. */
const waitMsMax = 10_000;

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
    await this.#withAdmin(request.connection, stream, async (admin) => {
      const there = await admin.summaryIfThere();
      if (there === undefined) {
        return await admin.create(checkPartitions(partitions ?? 1), retentionMs);
      }
      const shards = there.openShards;
      const isOther = partitions !== undefined && partitions !== shards;
      if (!isOther && retentionMs === undefined) return;
      const message = `The Kinesis stream "${stream}" exists with ${shards} open shards.`;
      throw new HeliosError('conflict', message, {
        hint: 'Leave --partitions and --retention out to use it as it is, or name another stream.',
        details: { stream, partitions: shards },
      });
    });
  }

  /** Shards come and go, and their positions count nothing. */
  async facts(entry: StreamEntry): Promise<Pick<BackedStreamInfo, 'retentionMs' | 'partitions'>> {
    const { connection, topic } = entry;
    const summary = await this.#withAdmin(connection, topic, (admin) => admin.summary());
    return { retentionMs: summary.retentionMs, partitions: undefined };
  }

  async alter(entry: StreamEntry, change: BackedStreamChange): Promise<void> {
    const { partitions, retentionMs } = change;
    await this.#withAdmin(entry.connection, entry.topic, async (admin) => {
      if (retentionMs !== undefined) await admin.setRetention(retentionMs);
      if (partitions !== undefined) await admin.setShards(checkPartitions(partitions));
    });
  }

  async tail({ name, topic, connection }: StreamEntry): Promise<BackedTail> {
    throw new HeliosError('invalid_request', `${name} is kept by Kinesis, and can't be tailed.`, {
      hint: `Look at its records with: helios peek ${topic} --connection ${connection}`,
    });
  }

  async #putter({ topic, connection }: StreamEntry): Promise<StreamPutter> {
    const { clock, random } = this.#options.context;
    const access = await this.#access(connection, topic);
    const { recordBytesMax } = await new StreamAdmin({ access, stream: topic, clock }).summary();
    const place = access.place('kinesis:PutRecords', topic);
    const { client } = access;
    const stream = { StreamName: topic };
    return new StreamPutter({ client, stream, place, clock, random, recordBytesMax, waitMsMax });
  }

  /** Whose calls are made once: some must not have their effect twice. */
  async #access(connection: string, stream: string): Promise<KinesisAccess> {
    const { connections, context } = this.#options;
    const options = connections.optionsOf('kinesis', { profile: connection, options: {} });
    return await createKinesisClient(options, context, stream, 1);
  }

  async #withAdmin<T>(
    connection: string,
    stream: string,
    action: (admin: StreamAdmin) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#options.context;
    const access = await this.#access(connection, stream);
    const admin = new StreamAdmin({ access, stream, clock });
    try {
      return await action(admin);
    } finally {
      admin.close();
    }
  }
}
