import type { Writable } from 'node:stream';
import { HeliosError } from '../base/errors.ts';
import type { Connections } from '../connection/connection.ts';
import type { ConnectionContext } from '../connection/context.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Connectors, Scope } from '../pipeline/open-pipeline.ts';
import type { Plan } from '../pipeline/plan/plan.ts';
import { resolvePath } from '../pipeline/sinks/resolve-path.ts';
import type { AppendSink } from '../sink/sink.ts';
import { SingleFileSink } from '../sink/single-file/single-file-sink.ts';
import { BlackholeSink, StdoutSink } from '../sink/stdout/stdout-sink.ts';
import { FilesystemSource } from '../source/filesystem/filesystem-source.ts';
import { HttpSource } from '../source/http/http-source.ts';
import { SingleFileSource } from '../source/single-file/single-file-source.ts';
import { isRemotePath } from '../sql/connector/availability.ts';
import type { WebhookTable } from '../sql/connector/webhook/webhook-table.ts';
import type { OpenStorage } from '../storage/storage.ts';
import { connectionProblems } from './connection-problems.ts';
import type { BrokerStreams } from './stream/broker-streams.ts';
import type { StreamConnectors } from './stream/stream-connectors.ts';

type ConnectorsOptions = {
  readonly log: EventLog;
  /** Streams that brokers keep: to a table they look like those of the log. */
  readonly backed: BrokerStreams;
  readonly connections: Connections;
  readonly context: ConnectionContext;
  readonly spoolDirectory: string;
  readonly openStorage: OpenStorage;
  /** Undefined: there is none to print to. */
  readonly stdout: Writable | undefined;
  /** Told of what failed without harm to the records. */
  readonly onProblem: (problem: HeliosError) => void;
};

/** The sources and plain sinks that exist. */
export function createConnectors(options: ConnectorsOptions): Connectors {
  const { log, backed, spoolDirectory, stdout } = options;
  let loaded: Promise<StreamConnectors> | undefined;
  const streams = async (): Promise<StreamConnectors> => await (loaded ??= loadStreams(options));
  return {
    source: async (table, scope) => {
      const { connector, format } = table;
      switch (connector.kind) {
        case 'http': {
          const topic = backed.tableOf(connector.stream, connector.offset);
          if (topic !== undefined) return await (await streams()).open(table, topic, scope);
          return await HttpSource.open({ ...connector, log, reader: scope.pipelineId });
        }
        case 'single_file':
          return await SingleFileSource.open({
            path: resolvePath(connector.path, scope.baseDirectory),
            compression: connector.compression,
            spoolDirectory,
          });
        case 'filesystem':
          return await FilesystemSource.open({
            path: resolvePath(connector.path, scope.baseDirectory),
            storage: isRemotePath(connector.path)
              ? { options: connector.storage, openStorage: options.openStorage }
              : undefined,
            pattern: connector.pattern,
            compression: connector.compression,
            content: format.kind === 'parquet' ? 'parquet' : 'lines',
            spoolDirectory,
          });
        case 'kafka':
        case 'kinesis':
          return await (await streams()).open(table, connector, scope);
      }
    },
    appendSink: async (connector, scope) => {
      switch (connector.kind) {
        case 'single_file': {
          const path = resolvePath(connector.path, scope.baseDirectory);
          return new SingleFileSink(path, connector.format === 'json' ? 'json' : 'text');
        }
        case 'stdout':
          if (stdout === undefined)
            throw new HeliosError('invalid_sql', 'There is no stdout here.');
          return new StdoutSink(stdout);
        case 'blackhole':
          return new BlackholeSink();
        case 'kafka':
          return (await streams()).kafkaSink(connector, scope);
        case 'webhook':
          return await openWebhook(options, connector, scope);
      }
    },
    alter: async (table) => {
      const { connector } = table;
      if (table.format.kind !== 'avro') return undefined;
      const read =
        connector.kind === 'http' ? backed.tableOf(connector.stream, connector.offset) : connector;
      if (read?.kind !== 'kafka' && read?.kind !== 'kinesis') return undefined;
      return (await streams()).alter(table, read);
    },
    problems: (script) => connectionProblems(script, options.connections),
  };
}

/** Loaded when a pipeline names one: hardly any does. */
async function openWebhook(
  { context, onProblem }: ConnectorsOptions,
  webhook: WebhookTable,
  { pipelineId = '', table: name, signal: stopping }: Scope & { readonly table: string },
): Promise<AppendSink> {
  const { WebhookSink } = await import('../sink/webhook/webhook-sink.ts');
  const { secrets, clock, random } = context;
  return new WebhookSink({
    table: webhook,
    pipelineId,
    name,
    secrets,
    clock,
    random,
    onProblem,
    stopping,
  });
}

/** The clients of Kafka and Kinesis would be three quarters of what a start has to load. */
async function loadStreams(options: ConnectorsOptions): Promise<StreamConnectors> {
  const { StreamConnectors: Streams } = await import('./stream/stream-connectors.ts');
  return new Streams(options);
}

/** A stream exists as soon as a pipeline names it. */
export async function createStreams(
  log: EventLog,
  backed: BrokerStreams,
  plan: Plan,
): Promise<void> {
  for (const { connector } of plan.script.sources) {
    if (connector.kind !== 'http' || backed.has(connector.stream)) continue;
    await log.ensureStream(connector.stream);
  }
}

/** Lets go of the streams that the pipeline read once and that `plan` doesn't read. */
export async function releaseStreams(
  log: EventLog,
  pipelineId: string,
  plan: Plan | undefined,
): Promise<void> {
  const read = (plan?.script.sources ?? []).map(({ connector }) =>
    connector.kind === 'http' ? connector.stream : undefined,
  );
  for (const { name } of log.listStreams()) {
    if (!read.includes(name)) await log.removeHold(name, pipelineId);
  }
}
