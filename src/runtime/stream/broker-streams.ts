import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog, StreamEntry } from '../../catalog/catalog.ts';
import { notFound } from '../../catalog/catalog.ts';
import { streamReaders } from '../../catalog/stream-readers.ts';
import { HeliosError } from '../../base/errors.ts';
import { position } from '../../event/record.ts';
import type { Connections } from '../../connection/connection.ts';
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
import type { KafkaTable } from '../../sql/script.ts';
import type { Topics, TopicStreamWithKeys } from './topics.ts';

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

/** Streams that topics of Kafka keep. */
export class BrokerStreams implements BackedStreams {
  readonly #options: BrokerStreamsOptions;
  readonly #entries = new Map<string, StreamEntry>();
  readonly #streams = new Map<string, TopicStreamWithKeys>();
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
    const whole = joined(lines);
    if (whole.length === 0) return { partition: '', to: '', isDuplicate: false };
    const { stream, keys } = this.#streams.get(entry.id) ?? (await this.#stream(entry));
    const { partition, to, isDuplicate } =
      idempotencyKey === undefined
        ? { ...(await stream.append(whole)), isDuplicate: false }
        : await keys.append(stream, whole, idempotencyKey);
    return { partition: `${entry.topic}/${partition}`, to: position(String(to)), isDuplicate };
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

  async alter(name: string, change: BackedStreamChange): Promise<BackedStreamInfo> {
    const entry = this.#entry(name);
    const topics = await this.#topics();
    await topics.alter(entry, change);
    await this.#streams.get(entry.id)?.stream.lookAgain();
    return await this.#look(entry).catch(() => infoOf(entry));
  }

  async tail(name: string): Promise<BackedTail> {
    const entry = this.#entry(name);
    return await (await this.#topics()).tail(entry);
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
    await closed(this.#streams.get(entry.id));
    this.#streams.delete(entry.id);
    await rm(join(this.#options.directory, entry.id), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(closed));
    this.#streams.clear();
  }

  #entry(name: string): StreamEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw notFound('stream', name, [...this.#entries.keys(), ...this.#options.namesOfLog()]);
  }

  async #stream(entry: StreamEntry): Promise<TopicStreamWithKeys> {
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

async function closed(opened: TopicStreamWithKeys | undefined): Promise<void> {
  if (opened !== undefined) await opened.keys.close(await opened.stream.close());
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
