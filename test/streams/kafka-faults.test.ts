import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import { afterAll, describe, expect, test } from 'vitest';
import { HeliosError } from '../../src/base/errors.ts';
import type { Position } from '../../src/event/record.ts';
import type { Source } from '../../src/source/source.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { type ProxyFault, TcpProxy } from '../peers/tcp-proxy.ts';
import {
  hastyClock,
  OpenedSources,
  readAll,
  recordsOf,
  signal,
  topicTable,
} from './kafka-fixture.ts';

const parts = await kafkaParts();
const proxy = await TcpProxy.listen();
const broker =
  parts === undefined ? undefined : await KafkaBroker.create(parts, { proxyPort: proxy.port });
if (broker !== undefined) proxy.forwardTo(broker.bootstrap.proxied);
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

describe.runIf(broker)('a Kafka broker that fails', () => {
  if (broker === undefined) return;

  test('and comes back, stopped or killed, under load loses and doubles nothing', async () => {
    const topic = 'restarted';
    await broker.createTopic(topic, 2);
    await using opened = await OpenedSources.make();
    const reading = new Reading(
      async () => await opened.open(broker.bootstrap.plaintext, topicTable(topic)),
    );
    await using load = new Load(broker, topic);
    await reading.until(200);
    await broker.kill();
    await broker.start();
    await reading.until(reading.count + 200);
    await broker.stop();
    await broker.start();
    await reading.until(reading.count + 200);
    const sent = await load.stop();
    await reading.until(sent);
    expect(reading.values(`${topic}/0`)).toEqual(Array.from({ length: sent }, (_, n) => String(n)));
  });

  test('for long is told, and found again', async () => {
    const topic = 'gone';
    await broker.createTopic(topic);
    await produce(broker, topic, [{ value: Buffer.from('before') }]);
    await using opened = await OpenedSources.make();
    let aheadMs = 0;
    const clock = { ...hastyClock, monotonicMs: () => performance.now() + aheadMs };
    const source = await opened.open(broker.bootstrap.plaintext, topicTable(topic), { clock });
    const { to } = await readAll(source, `${topic}/0`);
    const request = { partition: `${topic}/0`, after: to, bytesMax: 1, signal };
    await broker.kill();
    expect(await source.read(request)).toBeUndefined();
    const positions = new Map(to ? [[`${topic}/0`, to]] : []);
    // It is borne for a while, which goes by at once here.
    await expect.poll(() => source.read(request), { timeout: 5000 }).toBeUndefined();
    aheadMs = 60_000;
    await source.waitForRecords(positions, signal);
    await expect(source.read(request)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(broker.bootstrap.plaintext),
    });
    await expect(opened.open(broker.bootstrap.plaintext, topicTable(topic))).rejects.toMatchObject({
      code: 'unreachable',
    });
    await broker.start();
    await produce(broker, topic, [{ value: Buffer.from('after') }]);
    await source.waitForRecords(positions, signal);
    await expect
      .poll(async () => (await readAll(source, `${topic}/0`, to)).records.map(({ line }) => line))
      .toEqual(['after']);
  });

  test('that neither answers nor hangs up holds nobody up', async () => {
    const topic = 'frozen';
    await broker.createTopic(topic, 4);
    await using opened = await OpenedSources.make();
    const source = await opened.open(broker.bootstrap.plaintext, topicTable(topic));
    for (const name of await source.partitions()) await readAll(source, name);
    broker.freeze();
    try {
      const startedMs = performance.now();
      for (const name of await source.partitions()) {
        expect((await readAll(source, name)).records).toEqual([]);
      }
      // One wait for the first of them at the most.
      expect(performance.now() - startedMs).toBeLessThan(3000);
      await source.close();
    } finally {
      broker.resume();
    }
  });

  test('whose connections break or hang anywhere gives every record once', async () => {
    const topic = 'proxied';
    await broker.createTopic(topic, 2);
    const count = 1600;
    const value = (n: number): string => `${n}`.padEnd(200, 'x');
    const sent = Array.from({ length: count }, (_, n) => ({
      value: Buffer.from(value(n)),
      partition: n % 2,
    }));
    for (let at = 0; at < count; at += 500) {
      await produce(broker, topic, sent.slice(at, at + 500));
    }
    let faults = 0;
    proxy.fault = (): ProxyFault | undefined => {
      if (faults++ > 20) return undefined;
      const afterBytes = (faults * 79_193) % 350_000;
      return { kind: faults % 10 === 0 ? 'hang' : 'cut', afterBytes };
    };
    await using opened = await OpenedSources.make();
    const extras = { requestTimeoutMs: 500 };
    const reading = new Reading(
      async () => await opened.open(proxy.address, topicTable(topic), extras),
    );
    await reading.until(count);
    for (const partition of [0, 1]) {
      const expected = Array.from({ length: count / 2 }, (_, n) => value(2 * n + partition));
      expect(reading.values(`${topic}/${partition}`)).toEqual(expected);
    }
    proxy.fault = () => undefined;
    expect(faults).toBeGreaterThan(5);
  });

  test.each([
    ['nothing but a greeting', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a negative length', Buffer.from('ffffffff00000001', 'hex')],
    ['nothing', undefined],
  ])('and is none, but sends %s, is unreachable', async (_, bytes) => {
    await using server = await LyingServer.listen(bytes);
    await using opened = await OpenedSources.make();
    await expect(
      opened.open(server.address, topicTable('any'), { requestTimeoutMs: 500 }),
    ).rejects.toMatchObject({ code: 'unreachable' });
  });
});

/** Writes 0, 1, 2 … to partition 0, one after the other, through whatever happens. */
class Load implements AsyncDisposable {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #running: Promise<void>;
  #isStopping = false;
  #sent = 0;

  constructor(to: KafkaBroker, topic: string) {
    this.#topic = topic;
    this.#producer = new Producer({
      clientId: 'helios-load',
      bootstrapBrokers: [to.bootstrap.plaintext],
      idempotent: true,
      retries: 200,
      retryDelay: 100,
    });
    this.#producer.connections.on('connecting', ({ connection }) => {
      connection.on('error', () => undefined);
    });
    this.#running = this.#run();
  }

  async stop(): Promise<number> {
    this.#isStopping = true;
    await this.#running;
    return this.#sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#producer.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const messages = Array.from({ length: 10 }, () => ({
        topic: this.#topic,
        partition: 0,
        value: Buffer.from(String(this.#sent++)),
      }));
      await this.#producer.send({ messages, acks: ProduceAcks.ALL });
    }
  }
}

/** Reads all partitions on and on, as a pipeline does, and opens the source anew when it fails. */
class Reading {
  readonly #open: () => Promise<Source>;
  readonly #values = new Map<string, string[]>();
  readonly #positions = new Map<string, Position>();
  #source: Source | undefined;

  constructor(open: () => Promise<Source>) {
    this.#open = open;
  }

  get count(): number {
    return this.#values.values().reduce((sum, values) => sum + values.length, 0);
  }

  values(partition: string): readonly string[] {
    return this.#values.get(partition) ?? [];
  }

  async until(count: number): Promise<void> {
    const patience = AbortSignal.timeout(100_000);
    while (this.count < count) {
      patience.throwIfAborted();
      try {
        this.#source ??= await this.#open();
        if (!(await this.#readOnce(this.#source))) await this.#wait(this.#source);
      } catch (thrown) {
        if (!(thrown instanceof HeliosError) || thrown.code !== 'unreachable') throw thrown;
        await this.#source?.close();
        this.#source = undefined;
      }
    }
  }

  async #readOnce(source: Source): Promise<boolean> {
    let hasRead = false;
    for (const partition of await source.partitions()) {
      const after = this.#positions.get(partition);
      const batch = await source.read({ partition, after, bytesMax: 5000, signal });
      if (batch === undefined) continue;
      hasRead = true;
      const values = this.#values.get(partition) ?? [];
      values.push(...(await recordsOf(batch)).map(({ line }) => line));
      this.#values.set(partition, values);
      this.#positions.set(partition, batch.to);
    }
    return hasRead;
  }

  async #wait(source: Source): Promise<void> {
    const ring = AbortSignal.timeout(1000);
    await source.waitForRecords(this.#positions, ring).catch(() => undefined);
  }
}

class LyingServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(bytes: Buffer | undefined): Promise<LyingServer> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => bytes && socket.write(bytes));
      socket.unref();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LyingServer(server);
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('It does not listen.');
    return `127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await Promise.resolve();
  }
}
