import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import {
  type CompressionAlgorithmValue,
  type MessageToProduce,
  ProduceAcks,
  Producer,
} from '@platformatic/kafka';
import type { KafkaBroker, KafkaParts } from './kafka.ts';

export type Sent = Omit<MessageToProduce, 'topic'>;

/** Writes records through a producer of this process; resolves when the broker has them all. */
export async function produce(
  broker: KafkaBroker,
  topic: string,
  records: readonly Sent[],
  compression: CompressionAlgorithmValue = 'none',
): Promise<void> {
  const producer = new Producer({
    clientId: 'helios-test',
    bootstrapBrokers: [broker.bootstrap.plaintext],
    compression,
    // A request is sent again for all of its partitions where one of them failed.
    idempotent: true,
    retries: 5,
    retryDelay: 100,
  });
  try {
    const messages = records.map((record) => ({ ...record, topic }));
    await producer.send({ messages, acks: ProduceAcks.ALL });
  } finally {
    await producer.close();
  }
}

export type JavaSend = {
  readonly topic: string;
  readonly partition?: number;
  readonly key?: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
};

export type JavaSeries = {
  readonly topic: string;
  readonly partition?: number;
  readonly from?: number;
  readonly count: number;
  /** `#` stands for the number of the record. */
  readonly template: string;
};

/**
 * Apache's own producers, in one Java process: for transactions, and for compression as Java does
 * it. Commands are run one after another.
 */
export class JavaProducers implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;
  readonly #bootstrap: string;
  #complaint = '';
  #before: Promise<unknown> = Promise.resolve();

  constructor(parts: KafkaParts, broker: KafkaBroker) {
    this.#bootstrap = broker.bootstrap.plaintext;
    const program = join(import.meta.dirname, 'KafkaProducers.java');
    const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    this.#child = spawn(parts.java, [...options, '-cp', parts.jars, program]);
    this.#child.stderr.on('data', (bytes: Buffer) => (this.#complaint += bytes.toString()));
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** A producer under a name; with `transactional.id`, the transactions of its former self end. */
  async open(name: string, configuration: Readonly<Record<string, string>> = {}): Promise<void> {
    const entries = { 'bootstrap.servers': this.#bootstrap, ...configuration };
    const words = Object.entries(entries).map(([key, value]) => `${key}=${value}`);
    await this.#ask(['open', name, ...words]);
  }

  async begin(name: string): Promise<void> {
    await this.#ask(['begin', name]);
  }

  async commit(name: string): Promise<void> {
    await this.#ask(['commit', name]);
  }

  async abort(name: string): Promise<void> {
    await this.#ask(['abort', name]);
  }

  async close(name: string): Promise<void> {
    await this.#ask(['close', name]);
  }

  /** One record, as a batch of its own; its offset. */
  async send(name: string, record: JavaSend): Promise<bigint> {
    const { topic, partition, key, value } = record;
    const words = ['send', name, topic, String(partition ?? '-'), base64(key), base64(value)];
    return BigInt(await this.#ask(words));
  }

  /** Many records, in batches as the producer makes them. */
  async series(name: string, series: JavaSeries): Promise<void> {
    const { topic, partition, from = 0, count, template } = series;
    const range = [String(from), String(count)];
    await this.#ask(['series', name, topic, String(partition ?? '-'), ...range, base64(template)]);
  }

  /** Each line of a file as a record without a key, to whichever partition; how many. */
  async file(name: string, topic: string, path: string): Promise<number> {
    return Number(await this.#ask(['file', name, topic, path]));
  }

  /** Lines of a file, over and over, at so many records a second; how many. */
  async steady(
    name: string,
    topic: string,
    {
      path,
      rate,
      seconds,
    }: { readonly path: string; readonly rate: number; readonly seconds: number },
  ): Promise<number> {
    return Number(await this.#ask(['steady', name, topic, path, String(rate), String(seconds)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isGone = once(this.#child, 'exit');
    this.#reader.close();
    this.#child.kill('SIGKILL');
    await isGone;
  }

  async #ask(words: readonly string[]): Promise<string> {
    const answer = this.#before.then(async () => {
      this.#child.stdin.write(`${words.join(' ')}\n`);
      const line = await this.#lines.next();
      if (line.done === true) throw new Error(`The Java process is gone: ${this.#complaint}`);
      if (!line.value.startsWith('ok ')) throw new Error(line.value);
      return line.value.slice('ok '.length);
    });
    this.#before = answer.catch(() => {});
    return await answer;
  }
}

function base64(value: string | Uint8Array | null | undefined): string {
  // An empty word would be no word.
  if (value === null || value === undefined) return '-';
  return value.length === 0 ? '=' : Buffer.from(value).toString('base64');
}
