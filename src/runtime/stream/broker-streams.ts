import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog, StreamEntry } from '../../catalog/catalog.ts';
import { notFound } from '../../catalog/catalog.ts';
import { streamReaders } from '../../catalog/stream-readers.ts';
import { HeliosError } from '../../base/errors.ts';
import type { ConnectionKind, Connections } from '../../connection/connection.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import type {
  Accepted,
  BackedStreamChange,
  BackedStreamInfo,
  BackedStreamRequest,
  BackedStreams,
  BackedTail,
} from '../../log/backed-streams.ts';
import type { AppendRequest } from '../../log/log.ts';
import { checkName } from '../../log/stream-request.ts';
import type { KafkaTable, KinesisTable } from '../../sql/script.ts';
import type { StreamBroker, StreamWriter } from './stream-broker.ts';

type BrokerStreamsOptions = {
  readonly catalog: Catalog;
  /** Where streams keep what the broker doesn't: the keys of their requests. */
  readonly directory: string;
  readonly connections: Connections;
  readonly context: ConnectionContext;
  readonly newId: () => string;
  /** Names that the embedded log has. */
  readonly namesOfLog: () => readonly string[];
};

/** Streams that topics of Kafka and streams of Kinesis keep. */
export class BrokerStreams implements BackedStreams {
  readonly #options: BrokerStreamsOptions;
  readonly #entries = new Map<string, StreamEntry>();
  readonly #writers = new Map<string, StreamWriter>();
  readonly #brokers = new Map<ConnectionKind, Promise<StreamBroker>>();

  constructor(options: BrokerStreamsOptions) {
    this.#options = options;
    for (const entry of options.catalog.streams()) this.#entries.set(entry.name, entry);
  }

  get count(): number {
    return this.#entries.size;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  checkStream(name: string): void {
    this.#entry(name);
  }

  /** What a table of the connector `http` reads where the stream is one of these. */
  tableOf(name: string, offset: 'earliest' | 'latest'): KafkaTable | KinesisTable | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const connection = { profile: entry.connection, options: {} };
    const at = { kind: offset };
    if (this.#kindOf(entry) === 'kinesis') {
      return { kind: 'kinesis', connection, stream: entry.topic, offset: at, fanOut: undefined };
    }
    return {
      kind: 'kafka',
      connection,
      topics: { kind: 'names', names: [entry.topic] },
      offset: at,
      groupId: undefined,
      isolation: 'read_committed',
    };
  }

  async append(name: string, { lines, idempotencyKey }: AppendRequest): Promise<Accepted> {
    const entry = this.#entry(name);
    const whole = joined(lines);
    if (whole.length === 0) return { partition: '', to: '', isDuplicate: false };
    const writer = this.#writers.get(entry.id) ?? (await this.#writer(entry));
    return await writer.append(whole, idempotencyKey);
  }

  /** Without asking any broker. */
  named(): readonly Pick<BackedStreamInfo, 'name' | 'backing'>[] {
    return [...this.#entries.values()].map((entry) => this.#infoOf(entry));
  }

  async list(): Promise<readonly BackedStreamInfo[]> {
    const names = [...this.#entries.keys()].toSorted();
    return await Promise.all(
      names.map(async (name) => {
        const entry = this.#entry(name);
        // The list is of use without what only the broker knows.
        return await this.#look(entry).catch(() => this.#infoOf(entry));
      }),
    );
  }

  async get(name: string): Promise<BackedStreamInfo> {
    return await this.#look(this.#entry(name));
  }

  async create(request: BackedStreamRequest): Promise<BackedStreamInfo> {
    const { catalog, connections, context, newId } = this.#options;
    checkName(request.name);
    this.#checkIsNew(request.name);
    const connection = connections.get(request.connection);
    const topic = request.topic ?? request.name;
    checkTopic(topic, connection.kind);
    const broker = await this.#broker(connection.kind);
    await broker.prepare(topic, { ...request, connection: connection.name });
    const entry = {
      id: newId(),
      name: request.name,
      connection: connection.name,
      topic,
      createdAtMs: context.clock.nowMs(),
    };
    this.#checkIsNew(request.name);
    catalog.addStream(entry);
    this.#entries.set(entry.name, entry);
    return await this.#look(entry).catch(() => this.#infoOf(entry));
  }

  async alter(name: string, change: BackedStreamChange): Promise<BackedStreamInfo> {
    const entry = this.#entry(name);
    const broker = await this.#broker(this.#kindOf(entry));
    await broker.alter(entry, change);
    await this.#writers.get(entry.id)?.lookAgain();
    return await this.#look(entry).catch(() => this.#infoOf(entry));
  }

  async tail(name: string): Promise<BackedTail> {
    const entry = this.#entry(name);
    const broker = await this.#broker(this.#kindOf(entry));
    return await broker.tail(entry);
  }

  async delete(name: string, { isForced }: { readonly isForced: boolean }): Promise<void> {
    const { catalog } = this.#options;
    const entry = this.#entry(name);
    const readers = streamReaders(catalog.pipelines(), name);
    if (readers.length > 0 && !isForced) {
      const list = readers.join(', ');
      throw new HeliosError('conflict', `The stream "${name}" is read by ${list}.`, {
        hint: 'Delete these pipelines first, or force the deletion: they will fail.',
      });
    }
    catalog.deleteStream(name);
    this.#entries.delete(name);
    await this.#writers.get(entry.id)?.close();
    this.#writers.delete(entry.id);
    await rm(join(this.#options.directory, entry.id), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map(async (writer) => await writer.close()));
    this.#writers.clear();
  }

  #entry(name: string): StreamEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw notFound('stream', name, [...this.#entries.keys(), ...this.#options.namesOfLog()]);
  }

  async #writer(entry: StreamEntry): Promise<StreamWriter> {
    const broker = await this.#broker(this.#kindOf(entry));
    const known = this.#writers.get(entry.id);
    if (known !== undefined) return known;
    const writer = broker.writer(entry);
    this.#writers.set(entry.id, writer);
    return writer;
  }

  async #look(entry: StreamEntry): Promise<BackedStreamInfo> {
    const broker = await this.#broker(this.#kindOf(entry));
    return { ...this.#infoOf(entry), ...(await broker.facts(entry)) };
  }

  #kindOf({ connection }: StreamEntry): ConnectionKind {
    return this.#options.connections.get(connection).kind;
  }

  /** Their clients take long to load, and are seldom asked for. */
  async #broker(kind: ConnectionKind): Promise<StreamBroker> {
    const known = this.#brokers.get(kind);
    if (known !== undefined) return await known;
    const loading =
      kind === 'kafka'
        ? import('./topics.ts').then(({ Topics }) => new Topics(this.#options))
        : import('./kinesis-streams.ts').then(
            ({ KinesisStreams }) => new KinesisStreams(this.#options),
          );
    this.#brokers.set(kind, loading);
    return await loading;
  }

  #infoOf(entry: StreamEntry): BackedStreamInfo {
    const { id, name, createdAtMs, connection, topic } = entry;
    const backing = { kind: this.#kindOf(entry), connection, topic };
    return { id, name, createdAtMs, backing, retentionMs: undefined, partitions: undefined };
  }

  #checkIsNew(name: string): void {
    const lower = name.toLowerCase();
    const names = [...this.#entries.keys(), ...this.#options.namesOfLog()];
    const existing = names.find((other) => other.toLowerCase() === lower);
    if (existing === undefined) return;
    throw new HeliosError('already_exists', `The stream "${existing}" exists already.`, {
      hint: 'Use it, or choose a name that differs by more than upper and lower case.',
    });
  }
}

function joined(chunks: readonly Uint8Array[]): Buffer {
  const [first] = chunks;
  if (chunks.length !== 1 || first === undefined) return Buffer.concat(chunks);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

/** What Kafka, or Kinesis, takes for a name. */
function checkTopic(topic: string, kind: ConnectionKind): void {
  const { noun, pattern, lengthMax } = topicNames[kind];
  if (pattern.test(topic) && topic.length <= lengthMax) return;
  const shown = JSON.stringify(topic.slice(0, 40));
  throw new HeliosError('invalid_name', `${shown} can't be the name of a ${noun}.`, {
    hint: `Use up to ${lengthMax} letters, digits, ".", "_" and "-".`,
  });
}

const topicNames = {
  kafka: { noun: 'Kafka topic', pattern: /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/, lengthMax: 249 },
  kinesis: { noun: 'stream of Kinesis', pattern: /^[A-Za-z0-9._-]+$/, lengthMax: 128 },
} as const;
