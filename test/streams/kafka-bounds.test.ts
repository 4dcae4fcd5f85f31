import { afterAll, describe, expect, test } from 'vitest';
import { position } from '../../src/event/record.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import {
  nextBatch,
  OpenedSources,
  readAll,
  recordsOf,
  signal,
  topicTable,
} from './kafka-fixture.ts';

const parts = await kafkaParts();
const broker = parts === undefined ? undefined : await KafkaBroker.create(parts);
afterAll(async () => await broker?.[Symbol.asyncDispose]());

describe.runIf(broker)('reading Kafka up to a place', () => {
  if (broker === undefined) return;
  const { plaintext } = broker.bootstrap;

  test('passes a beginning that lies behind it: there is nothing in between', async () => {
    const topic = 'passed';
    await broker.createTopic(topic, 2);
    await produce(
      broker,
      topic,
      ['0', '1', '2', '3'].map((value) => ({ value: Buffer.from(value), partition: 1 })),
    );
    const partitions = [{ partition: 1, offset: 3n }];
    await broker.administer(
      async (admin) => await admin.deleteRecords({ topics: [{ name: topic, partitions }] }),
    );
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    for (const [number, until] of [
      [0, position('0')],
      [1, position('2')],
    ] as const) {
      const partition = `${topic}/${number}`;
      const request = { partition, after: undefined, until, bytesMax: 1_000_000, signal };
      const batch = await source.read(request);
      expect(batch?.to).toBe(until);
      expect(batch === undefined ? undefined : await recordsOf(batch)).toEqual([]);
    }
  });

  test('lets go of what lies behind it: others need the room', async () => {
    const topic = 'roomy';
    await broker.createTopic(topic);
    await produce(
      broker,
      topic,
      ['0', '1', '2'].map((value) => ({ value: Buffer.from(value) })),
    );
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    const partition = `${topic}/0`;
    const until = position('1');
    const request = { partition, after: undefined, bytesMax: 1_000_000, signal };
    const first = await source.read({ ...request, until });
    const taken = first === undefined ? [] : await recordsOf(first);
    expect(taken.map(({ line }) => line)).toEqual(['0']);
    // The age of the oldest record is known only where it is held.
    const lags = await source.partitionLags(new Map([[partition, until]]));
    expect(lags).toMatchObject([{ records: 2n, ms: undefined }]);
    const { records } = await readAll(source, partition, until);
    expect(records.map(({ line }) => line)).toEqual(['1', '2']);
  });

  test('arrived no later than now, whatever their producers say', async () => {
    const topic = 'ahead';
    await broker.createTopic(topic);
    const timestamp = BigInt(Date.now()) + 600_000n;
    await produce(broker, topic, [{ value: Buffer.from('0'), timestamp }]);
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    const batch = await nextBatch(source, `${topic}/0`);
    expect(batch.arrivedAtMs).toBeLessThanOrEqual(Date.now());
    await batch.release();
  });
});
