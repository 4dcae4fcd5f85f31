import type { HeliosError } from '../../base/errors.ts';
import { createKinesisClient } from '../../connection/aws/kinesis-client.ts';
import type { Connections } from '../../connection/connection.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import { type KafkaAccess, resolveKafkaAccess } from '../../connection/kafka/kafka-access.ts';
import { SchemaRegistries } from '../../connection/registry/schema-registries.ts';
import { AvroTranscoder } from '../../format/avro/avro-transcoder.ts';
import { recordForm } from '../../format/record-form.ts';
import type { Alter, Scope } from '../../pipeline/open-pipeline.ts';
import { KafkaSink } from '../../sink/kafka/kafka-sink.ts';
import { KafkaSource } from '../../source/kafka/kafka-source.ts';
import { KinesisSource } from '../../source/kinesis/kinesis-source.ts';
import { ReadBudget } from '../../source/kinesis/stream/read-budget.ts';
import type { Source } from '../../source/source.ts';
import type { KafkaTable, KinesisTable, SinkConnector, SourceTable } from '../../sql/script.ts';
import { AlteredSource } from '../altered-source.ts';

type KafkaSinkTable = Extract<SinkConnector, { readonly kind: 'kafka' }>;

type StreamConnectorsOptions = {
  readonly connections: Connections;
  readonly context: ConnectionContext;
  readonly spoolDirectory: string;
  /** Told of what failed without harm to the records. */
  readonly onProblem: (problem: HeliosError) => void;
};

/** Sources and sinks of streams that brokers keep, by the connections of their tables. */
export class StreamConnectors {
  readonly #options: StreamConnectorsOptions;
  readonly #budget: ReadBudget;
  readonly #registries: SchemaRegistries;

  constructor(options: StreamConnectorsOptions) {
    this.#options = options;
    this.#budget = new ReadBudget(options.context.clock);
    this.#registries = new SchemaRegistries(options.context);
  }

  /** What keeps from the stream: `unreachable`, `access_refused`, `stream_missing` … */
  async open(
    table: SourceTable,
    connector: KafkaTable | KinesisTable,
    scope: Scope,
  ): Promise<Source> {
    const alter = this.alter(table, connector);
    const source =
      connector.kind === 'kafka'
        ? await this.#openKafka(table, connector, scope)
        : await this.#openKinesis(table, connector, scope);
    return alter === undefined ? source : new AlteredSource(source, { alter });
  }

  /** What is done to a table's batches before they are decoded, if anything is. */
  alter(table: SourceTable, connector: KafkaTable | KinesisTable): Alter | undefined {
    const transcoder = this.#transcoder(table, connector);
    return transcoder && (async (batch, signal) => await transcoder.transcode(batch, signal));
  }

  /** Connects when the pipeline opens. */
  kafkaSink(connector: KafkaSinkTable, { signal: stopping }: Scope): KafkaSink {
    const { connections, context } = this.#options;
    const { clock, random } = context;
    const access = async (): Promise<KafkaAccess> =>
      await resolveKafkaAccess(connections.optionsOf('kafka', connector.connection), context);
    return new KafkaSink({ table: connector, access, clock, random, stopping });
  }

  async #openKafka(table: SourceTable, connector: KafkaTable, scope: Scope): Promise<Source> {
    const { connections, context, spoolDirectory, onProblem } = this.#options;
    const options = connections.optionsOf('kafka', connector.connection);
    return await KafkaSource.open({
      table: connector,
      form: recordForm(table),
      access: await resolveKafkaAccess(options, context),
      spoolDirectory,
      clock: context.clock,
      random: context.random,
      onProblem,
      signal: scope.signal,
    });
  }

  async #openKinesis(table: SourceTable, connector: KinesisTable, scope: Scope): Promise<Source> {
    const { connections, context, spoolDirectory, onProblem } = this.#options;
    const options = connections.optionsOf('kinesis', connector.connection);
    const { client } = await createKinesisClient(options, context, connector.stream);
    try {
      const source = await KinesisSource.open({
        table: connector,
        form: recordForm(table),
        client,
        spoolDirectory,
        clock: context.clock,
        random: context.random,
        pipelineId: scope.pipelineId,
        onProblem,
        budget: this.#budget,
      });
      return new AlteredSource(source, { letGo: () => client.destroy() });
    } catch (thrown) {
      client.destroy();
      throw thrown;
    }
  }

  /** Undefined where records are decoded as they come. */
  #transcoder(
    table: SourceTable,
    connector: KafkaTable | KinesisTable,
  ): AvroTranscoder | undefined {
    const { format } = table;
    if (format.kind !== 'avro') return undefined;
    if (format.schema.kind === 'declared') return new AvroTranscoder(table, undefined);
    const options = this.#options.connections.optionsOf(connector.kind, connector.connection);
    return new AvroTranscoder(table, this.#registries.of(options));
  }
}
