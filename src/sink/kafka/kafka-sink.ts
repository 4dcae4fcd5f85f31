import { createReadStream } from 'node:fs';
import { HeliosError } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import type { KafkaAccess } from '../../connection/kafka/kafka-access.ts';
import type { SinkConnector } from '../../sql/script.ts';
import type { AppendSink, RecordEncoding } from '../sink.ts';
import { recordEncoding } from './record-encoding.ts';
import { readRecordLine } from './record-line.ts';
import { RecordSpread } from './record-spread.ts';
import { TopicProducer } from './produce/topic-producer.ts';

type KafkaSinkTable = Extract<SinkConnector, { readonly kind: 'kafka' }>;

export type KafkaSinkOptions = {
  readonly table: KafkaSinkTable;
  /** Looked up when it is needed: a broker that is away keeps nobody from opening the pipeline. */
  readonly access: () => Promise<KafkaAccess>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly deliveryMsMax?: number | undefined;
  /** Aborts when the pipeline shall stop: a broker that is away is not waited for then. */
  readonly stopping?: AbortSignal | undefined;
};

/** As long as a broker takes to start; then the pipeline says what is wrong, and tries again. */
const deliveryMsDefault = 30_000;

/** An epoch that is being written when the pipeline shall stop has so long to end. */
const stopPatienceMs = 5_000;

/** Bytes of the encoded file that are read at once; a longer row takes more. */
const chunkBytes = 256 * 1024;

/**
 * Rows as records of a topic, at least once: an epoch's rows are acknowledged by all replicas that
 * are in sync before its manifest is put, and written again where a crash came between. What a
 * broker is sent twice within one try it stores once. Records with one key go to one partition, in
 * the order of the rows.
 */
export class KafkaSink implements AppendSink {
  readonly kind = 'append';
  readonly tableId: string;
  readonly encoding: RecordEncoding;
  readonly #options: KafkaSinkOptions;
  #producer: Promise<TopicProducer> | undefined;

  constructor(options: KafkaSinkOptions) {
    this.#options = options;
    this.tableId = `kafka ${options.table.topic}`;
    this.encoding = recordEncoding(options.table);
  }

  get location(): string {
    return `kafka:${this.#options.table.topic}`;
  }

  /** Nothing can be cut from a topic. */
  async recover(): Promise<void> {
    await Promise.resolve();
  }

  async prepare(): Promise<void> {
    await this.#orStop(this.#open(), 0);
  }

  /** Gives the bytes that were sent so far, before their compression. `cancelled`: it stops. */
  async append(path: string, after: number): Promise<number> {
    return await this.#orStop(this.#append(path, after), stopPatienceMs);
  }

  async close(): Promise<void> {
    const opening = this.#producer?.catch(() => undefined);
    // Whoever stops doesn't wait for a connection that is being made; it is closed later.
    const producer = this.#stopping?.aborted === true ? await opened(opening) : await opening;
    await producer?.close();
  }

  get #stopping(): AbortSignal | undefined {
    return this.#options.stopping;
  }

  /** What the work gives, or `cancelled` so long after it should stop. */
  async #orStop<T>(work: Promise<T>, patienceMs: number): Promise<T> {
    const { clock, stopping } = this.#options;
    if (stopping === undefined) return await work;
    const done = new AbortController();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => {
      clock.sleep(patienceMs, done.signal).then(
        () => reject(stoppedFor(this.location)),
        // It ended in time.
        () => undefined,
      );
    };
    stopping.addEventListener('abort', onAbort, { once: true });
    if (stopping.aborted) onAbort();
    try {
      return await Promise.race([work, stopped]);
    } finally {
      stopping.removeEventListener('abort', onAbort);
      done.abort();
      // It fails when the producer closes.
      work.catch(() => undefined);
    }
  }

  async #append(path: string, after: number): Promise<number> {
    const producer = await this.#open();
    const { topic } = this.#options.table;
    const spread = new RecordSpread(producer, { clock: this.#options.clock, topic });
    const isText = this.encoding.value === 'text';
    let byteLength = 0;
    let rest: Buffer = Buffer.alloc(0);
    for await (const part of createReadStream(path, { highWaterMark: chunkBytes })) {
      const chunk: Buffer = part;
      byteLength += chunk.length;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(lineFeed) + 1;
      for (let at = 0; at < end;) {
        const lineEnd = bytes.indexOf(lineFeed, at);
        spread.add(readRecordLine(bytes, { from: at, to: lineEnd, isText }));
        at = lineEnd + 1;
      }
      rest = bytes.subarray(end);
      await spread.room();
    }
    await spread.finish();
    return after + byteLength;
  }

  async #open(): Promise<TopicProducer> {
    this.#producer ??= this.#connect();
    try {
      return await this.#producer;
    } catch (thrown) {
      this.#producer = undefined;
      throw thrown;
    }
  }

  async #connect(): Promise<TopicProducer> {
    const { table, access, clock, random, deliveryMsMax } = this.#options;
    try {
      return await TopicProducer.open({
        access: await access(),
        topic: table.topic,
        clock,
        random,
        deliveryMsMax: deliveryMsMax ?? deliveryMsDefault,
      });
    } catch (thrown) {
      throw withHint(thrown, table);
    }
  }
}

const lineFeed = 0x0a;

/** The producer where there is one already; one that comes later is closed then. */
async function opened(
  opening: Promise<TopicProducer | undefined> | undefined,
): Promise<TopicProducer | undefined> {
  const isLater = Symbol('later');
  const found = await Promise.race([opening, Promise.resolve(isLater)]);
  if (typeof found !== 'symbol') return found;
  void opening?.then(async (producer) => await producer?.close());
  return undefined;
}

function stoppedFor(location: string): HeliosError {
  return new HeliosError('cancelled', `Writing to ${location} was given up: the pipeline stops.`);
}

/** A topic to write to is not made by itself: how many partitions it has is for a person to say. */
function withHint(thrown: unknown, { topic, connection }: KafkaSinkTable): unknown {
  if (!(thrown instanceof HeliosError) || thrown.code !== 'stream_missing') return thrown;
  const name = connection.profile ?? 'CONNECTION';
  return new HeliosError('stream_missing', thrown.message, {
    hint:
      `${thrown.hint ?? ''} To create it: helios stream create NAME --connection ${name} ` +
      `--topic ${topic} --partitions 3`,
    cause: thrown,
  });
}
