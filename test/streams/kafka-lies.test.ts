import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Position } from '../../src/event/record.ts';
import type { KafkaSource } from '../../src/source/kafka/kafka-source.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import {
  type AnswerFault,
  type BrokerAnswer,
  fetchKey,
  KafkaFaultProxy,
  metadataKey,
} from '../peers/kafka-fault-proxy.ts';
import { produce } from '../peers/kafka-producers.ts';
import { hastyClock, OpenedSources, readAll, signal, topicTable } from './kafka-fixture.ts';
import { FetchAnswerBytes, withoutBrokers } from './kafka-answers.ts';
import { until } from './until.ts';

const parts = await kafkaParts();
const proxy = await KafkaFaultProxy.listen();
const broker =
  parts === undefined ? undefined : await KafkaBroker.create(parts, { proxyPort: proxy.port });
if (broker !== undefined) proxy.forwardTo(broker.bootstrap.proxied);
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

afterEach(() => {
  proxy.fault = () => undefined;
});

type Fault = typeof proxy.fault;

/** Of answers that have records. */
function ofRecords(change: (answer: FetchAnswerBytes) => Buffer | undefined): Fault {
  return ({ apiKey, bytes }) => {
    if (apiKey !== fetchKey) return undefined;
    const answer = new FetchAnswerBytes(bytes);
    if (answer.records.length === 0) return undefined;
    const instead = change(answer);
    return instead === undefined ? undefined : { kind: 'instead', bytes: instead };
  };
}

function ofFetch(fault: AnswerFault): Fault {
  return ({ apiKey }) => (apiKey === fetchKey ? fault : undefined);
}

const twoGigabytes = Buffer.from('7fffffff0000000000', 'hex');

/** What comes late comes after this test. */
let healed = Promise.withResolvers<void>();

const lies: readonly (readonly [string, Fault, RegExp])[] = [
  [
    'batches that are cut off',
    ofRecords((answer) => answer.withRecords(answer.records.subarray(0, -1))),
    /Partition 0 of the Kafka topic ".*" can't be read: brokers answer without a whole batch/,
  ],
  [
    'batches of another topic',
    ofRecords((answer) => answer.ofOtherTopic()),
    /The broker answers Fetch with what was not asked for/,
  ],
  [
    'batches that were read before',
    ofRecords((answer) => answer.withBaseOffset(0n)),
    /brokers answer without a whole batch of what was asked for/,
  ],
  [
    'an answer of 2 GB',
    ofRecords(() => twoGigabytes),
    /The broker announced an answer of 2147483647 bytes/,
  ],
  ['nothing', ofFetch({ kind: 'silence' }), /127\.0\.0\.1:\d+ did not answer in time/],
  [
    'what comes too late',
    (answer) => ofFetch({ kind: 'late', until: healed.promise })(answer),
    /127\.0\.0\.1:\d+ did not answer in time/,
  ],
  [
    'that somebody else leads',
    ofRecords((answer) => answer.withError(6)),
    /brokers answer NOT_LEADER_OR_FOLLOWER/,
  ],
  [
    'metadata without brokers',
    ({ apiKey, bytes }: BrokerAnswer): AnswerFault =>
      apiKey === metadataKey ? { kind: 'instead', bytes: withoutBrokers(bytes) } : undefined,
    /its leader has no address|no broker/,
  ],
];

describe.runIf(broker)('a Kafka broker that answers', () => {
  if (broker === undefined) return;
  let topicNumber = 0;

  /** A topic of which three records were read, and three were not. */
  async function halfRead(opened: OpenedSources): Promise<{
    readonly source: KafkaSource;
    readonly partition: string;
    readonly at: Position | undefined;
    readonly sendRest: () => Promise<void>;
    readonly wait: (durationMs: number) => void;
  }> {
    const topic = `lied-about-${topicNumber++}`;
    await broker!.createTopic(topic);
    const records = (from: number): Parameters<typeof produce>[2] =>
      [from, from + 1, from + 2].map((n) => ({ value: Buffer.from(String(n)) }));
    await produce(broker!, topic, records(0));
    let aheadMs = 0;
    const clock = { ...hastyClock, monotonicMs: () => performance.now() + aheadMs };
    const extras = { clock, requestTimeoutMs: 1000 };
    const source = await opened.open(proxy.address, topicTable(topic), extras);
    const partition = `${topic}/0`;
    const read = await readUntil(source, partition, undefined, 3);
    return {
      source,
      partition,
      at: read.to,
      sendRest: async () => await produce(broker!, topic, records(3)),
      wait: (durationMs) => (aheadMs += durationMs),
    };
  }

  test.each(lies)('%s: is told in words, and read on as soon as it is right', async (...lie) => {
    const [, fault, expected] = lie;
    await using opened = await OpenedSources.make();
    const { source, partition, at, sendRest, wait } = await halfRead(opened);
    let count = 0;
    proxy.fault = (answer) => {
      const made = fault(answer);
      if (made !== undefined) count++;
      return made;
    };
    const isToldBefore = expected.test('its leader has no address');
    const isWaiting = async (): Promise<unknown> =>
      await until(
        async () => await Promise.resolve(source.waiting()),
        (waiting) => waiting !== undefined,
      );
    if (isToldBefore) await isWaiting();
    await sendRest();
    const request = { partition, after: at, bytesMax: 1_000_000, signal };
    const positions = new Map(at === undefined ? [] : [[partition, at]]);
    await isWaiting();
    expect(source.waiting()?.error.message).toMatch(expected);
    // The end that was known before says nothing about now.
    expect(await source.partitionLags(positions)).toMatchObject([
      { records: undefined, ms: undefined, lastKnownAtMs: expect.any(Number) },
    ]);
    expect(await source.read(request)).toBeUndefined();
    wait(60_000);
    const failed = source.read(request);
    await expect(failed).rejects.toMatchObject({ code: 'unreachable' });
    await expect(failed).rejects.toThrow(expected);
    expect(count).toBeGreaterThan(0);
    // Asked again and again, but not without a pause.
    expect(count).toBeLessThan(200);
    wait(-60_000);
    proxy.fault = () => undefined;
    healed.resolve();
    healed = Promise.withResolvers<void>();
    const { records } = await readUntil(source, partition, at, 3);
    expect(records).toEqual(['3', '4', '5']);
    expect(source.waiting()).toBeUndefined();
    await expect
      .poll(async () => await source.partitionLags(positions))
      .toMatchObject([{ records: 3n }]);
  });

  test('damaged batches, and right ones when asked again, is read', async () => {
    await using opened = await OpenedSources.make();
    const { source, partition, at, sendRest } = await halfRead(opened);
    let count = 0;
    proxy.fault = ofRecords((answer) => (count++ < 2 ? answer.damaged() : undefined));
    await sendRest();
    const { records } = await readUntil(source, partition, at, 3);
    expect(records).toEqual(['3', '4', '5']);
    expect(count).toBeGreaterThan(2);
  });

  test('damaged batches again and again stops with where they are', async () => {
    await using opened = await OpenedSources.make();
    const { source, partition, at, sendRest } = await halfRead(opened);
    proxy.fault = ofRecords((answer) => answer.damaged());
    await sendRest();
    await expect(readUntil(source, partition, at, 3)).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringMatching(/at offset 3 a batch of records is damaged: its checksum is/),
    });
    proxy.fault = () => undefined;
    const again = await opened.open(proxy.address, topicTable(partition.slice(0, -2)));
    expect((await readUntil(again, partition, at, 3)).records).toEqual(['3', '4', '5']);
  });

  test('a high watermark below zero is read all the same', async () => {
    await using opened = await OpenedSources.make();
    const { source, partition, at, sendRest } = await halfRead(opened);
    proxy.fault = ofRecords((answer) => answer.withoutEnd());
    await sendRest();
    expect((await readUntil(source, partition, at, 3)).records).toEqual(['3', '4', '5']);
    proxy.fault = () => undefined;
  });
});

async function readUntil(
  source: KafkaSource,
  partition: string,
  start: Position | undefined,
  count: number,
): Promise<{ readonly records: readonly string[]; readonly to: Position | undefined }> {
  const records: string[] = [];
  let to = start;
  const read = async (): Promise<number> => {
    const found = await readAll(source, partition, to);
    records.push(...found.records.map(({ line }) => line));
    to = found.to;
    return records.length;
  };
  await until(read, (length) => length >= count);
  return { records, to };
}
