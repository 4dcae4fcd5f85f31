import type { Catalog, StreamEntry } from '../../catalog/catalog.ts';
import { notFound } from '../../catalog/catalog.ts';
import { streamReaders } from '../../catalog/stream-readers.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connections } from '../../connection/connection.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import type {
  Accepted,
  BackedStreamInfo,
  BackedStreamRequest,
  BackedStreams,
} from '../../log/backed-streams.ts';
import type { AppendRequest } from '../../log/log.ts';
import { checkName } from '../../log/stream-request.ts';
import type { KafkaTable } from '../../sql/script.ts';
import type { TopicStream } from './topic-stream.ts';
import type { Topics } from './topics.ts';

type BrokerStreamsOptions = {
  readonly catalog: Catalog;
  readonly connections: Connections;
  readonly context: ConnectionContext;
  readonly newId: () => string;
  /** Names that the embedded log has. */
  readonly namesOfLog: () => readonly string[];
};

/** Streams that topics of Kafka keep. */
export class BrokerStreams implements BackedStreams {
  readonly #options: BrokerStreamsOptions;
  readonly #entries = new Map<string, StreamEntry>();
  readonly #streams = new Map<string, TopicStream>();
  #loading: Promise<Topics> | undefined;

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
  tableOf(name: string, offset: 'earliest' | 'latest'): KafkaTable | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    return {
      kind: 'kafka',
      connection: { profile: entry.connection, options: {} },
      topics: { kind: 'names', names: [entry.topic] },
      offset: { kind: offset },
      groupId: undefined,
      isolation: 'read_committed',
    };
  }

  async append(name: string, { lines, idempotencyKey }: AppendRequest): Promise<Accepted> {
    const entry = this.#entry(name);
    if (idempotencyKey !== undefined) throw noKeys(entry);
    const whole = joined(lines);
    if (whole.length === 0) return { partition: '', to: '', isDuplicate: false };
    const stream = this.#streams.get(entry.id) ?? (await this.#stream(entry));
    return await stream.append(whole);
  }

  async list(): Promise<readonly BackedStreamInfo[]> {
    const names = [...this.#entries.keys()].toSorted();
    return await Promise.all(
      names.map(async (name) => {
        const entry = this.#entry(name);
        // The list is of use without what only the broker knows.
        return await this.#look(entry).catch(() => infoOf(entry));
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
    if (connection.kind !== 'kafka') throw notKafka(connection.name);
    const topic = request.topic ?? request.name;
    checkTopic(topic);
    const topics = await this.#topics();
    await topics.prepare(topic, { ...request, connection: connection.name });
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
    return await this.#look(entry).catch(() => infoOf(entry));
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
    await this.#streams.get(entry.id)?.close();
    this.#streams.delete(entry.id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(async (stream) => await stream.close()));
    this.#streams.clear();
  }

  #entry(name: string): StreamEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw notFound('stream', name, [...this.#entries.keys(), ...this.#options.namesOfLog()]);
  }

  async #stream(entry: StreamEntry): Promise<TopicStream> {
    const topics = await this.#topics();
    const known = this.#streams.get(entry.id);
    if (known !== undefined) return known;
    const stream = topics.stream(entry);
    this.#streams.set(entry.id, stream);
    return stream;
  }

  async #look(entry: StreamEntry): Promise<BackedStreamInfo> {
    const topics = await this.#topics();
    return { ...infoOf(entry), ...(await topics.facts(entry)) };
  }

  async #topics(): Promise<Topics> {
    this.#loading ??= import('./topics.ts').then((loaded) => new loaded.Topics(this.#options));
    return await this.#loading;
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

function infoOf({ id, name, createdAtMs, connection, topic }: StreamEntry): BackedStreamInfo {
  const backing = { kind: 'kafka', connection, topic } as const;
  return { id, name, createdAtMs, backing, retentionMs: undefined, partitions: undefined };
}

function joined(chunks: readonly Uint8Array[]): Buffer {
  const [first] = chunks;
  if (chunks.length !== 1 || first === undefined) return Buffer.concat(chunks);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

/** What Kafka takes for a name. */
function checkTopic(topic: string): void {
  if (/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/.test(topic)) return;
  const shown = JSON.stringify(topic.slice(0, 40));
  throw new HeliosError('invalid_name', `${shown} can't be the name of a Kafka topic.`, {
    hint: 'Use up to 249 letters, digits, ".", "_" and "-".',
  });
}

function notKafka(connection: string): HeliosError {
  const message = `The connection ${connection} is for Kinesis; streams are kept on Kafka only.`;
  return new HeliosError('invalid_request', message, {
    hint: 'Name a connection of the kind kafka, or leave it out for the embedded log.',
  });
}

/** Remembering keys takes a place that is written together with the records. */
function noKeys({ name, topic }: StreamEntry): HeliosError {
  return new HeliosError(
    'invalid_request',
    `The stream "${name}" is kept in the Kafka topic "${topic}", and takes no Idempotency-Key.`,
    {
      hint:
        'Leave it out: a request that was answered 200 is there once. ' +
        'Streams of the embedded log keep keys for a day.',
    },
  );
}
