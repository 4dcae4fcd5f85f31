import { afterAll, describe, expect, test } from 'vitest';
import { position } from '../../src/event/record.ts';
import type { RecordForm } from '../../src/source/source.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { JavaProducers, produce } from '../peers/kafka-producers.ts';
import { nextBatch, OpenedSources, readAll, topicTable } from './kafka-fixture.ts';

const parts = await kafkaParts();
const broker = parts === undefined ? undefined : await KafkaBroker.create(parts);
const java =
  parts === undefined || broker === undefined ? undefined : new JavaProducers(parts, broker);
afterAll(async () => {
  await java?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
});

describe.runIf(broker)('records of Kafka', () => {
  if (broker === undefined || java === undefined) return;
  const { plaintext } = broker.bootstrap;

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'are read as Java and other clients compress them with %s',
    async (codec) => {
      const topic = `codec-${codec}`;
      await broker.createTopic(topic);
      const count = 3000;
      await java.open(codec, { 'compression.type': codec, 'linger.ms': '20' });
      await java.series(codec, { topic, partition: 0, count, template: '{"n":#,"of":"Java"}' });
      const others = Array.from({ length: count }, (_, n) => Buffer.from(`{"n":${n},"of":"JS"}`));
      await produce(
        broker,
        topic,
        others.map((value) => ({ value, partition: 0 })),
        codec,
      );
      await using opened = await OpenedSources.make();
      const source = await opened.open(plaintext, topicTable(topic));
      const { records } = await readAll(source, `${topic}/0`);
      const expected = Array.from({ length: count }, (_, n) => `{"n":${n},"of":"Java"}`);
      expect(records.map(({ line }) => line)).toEqual([...expected, ...others.map(String)]);
      expect(records.map((record) => record.position)).toEqual(records.map((_, at) => String(at)));
    },
  );

  test('of aborted transactions are left out, and committed ones come when they are', async () => {
    const topic = 'transactions';
    await broker.createTopic(topic);
    await using opened = await OpenedSources.make();
    const committed = await opened.open(plaintext, topicTable(topic));
    const uncommitted = await opened.open(
      plaintext,
      topicTable(topic, { isolation: 'read_uncommitted' }),
    );
    const partition = 0;
    await java.open('a', { 'transactional.id': 'a' });
    await java.open('b', { 'transactional.id': 'b' });
    await java.open('plain');
    await java.begin('a');
    await java.begin('b');
    await java.send('a', { topic, partition, value: 'a aborted' });
    await java.send('b', { topic, partition, value: 'b committed' });
    await java.send('plain', { topic, partition, value: 'plain' });
    await java.send('a', { topic, partition, value: 'a aborted too' });
    const name = `${topic}/0`;
    const before = await readAll(committed, name);
    expect(before.records).toEqual([]);
    expect(before.to).toBeUndefined();
    const lags = await committed.partitionLags(new Map());
    expect(lags).toMatchObject([{ partition: name, records: 0n }]);
    await java.abort('a');
    await java.commit('b');
    await java.begin('a');
    await java.send('a', { topic, partition, value: 'a again' });
    await java.commit('a');
    const first = await nextBatch(committed, name);
    await first.release();
    const all = await readAll(committed, name);
    expect(all.records.map((record) => [record.line, record.position])).toEqual([
      ['b committed', '1'],
      ['plain', '2'],
      ['a again', '6'],
    ]);
    // Behind the last marker: a group's offset, and the lag, would never be 0 before it.
    expect(all.to).toMatch(/^8@/);
    expect(await committed.bytesBehind(new Map(all.to ? [[name, all.to]] : []))).toBe(0);
    const everything = await readAll(uncommitted, name);
    expect(everything.records.map(({ line }) => line)).toEqual([
      ...['a aborted', 'b committed', 'plain', 'a aborted too', 'a again'],
    ]);
  });

  test('that were aborted move the position all the same, without records', async () => {
    const topic = 'aborted';
    await broker.createTopic(topic);
    await java.open('c', { 'transactional.id': 'c' });
    await java.begin('c');
    await java.series('c', { topic, partition: 0, count: 500, template: '#' });
    await java.abort('c');
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    const batch = await nextBatch(source, `${topic}/0`);
    expect(batch.content).toMatchObject({ kind: 'lines', byteLength: 0 });
    expect(batch.to).toMatch(/^501@/);
    await batch.release();
    expect((await readAll(source, `${topic}/0`, batch.to)).records).toEqual([]);
  });

  test('that compaction left have their own offsets', async () => {
    const topic = 'compacted';
    await broker.createTopic(topic, 1, {
      'cleanup.policy': 'compact',
      'segment.bytes': '1048576',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '100',
    });
    await java.open('keyed', { 'linger.ms': '50' });
    for (let round = 0; round < 3; round++) {
      const sent = Array.from({ length: 20 }, (_, key) => ({
        key: Buffer.from(`k${key}`),
        value: Buffer.from(`${round}-${key}`),
        partition: 0,
      }));
      await produce(broker, topic, sent, 'gzip');
    }
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    // A newer record closes the segment before it, which is cleaned then.
    await expect
      .poll(
        async () => {
          await produce(broker, topic, [{ key: Buffer.from('x'), value: Buffer.from('x') }]);
          const fresh = await opened.open(plaintext, topicTable(topic));
          const { records } = await readAll(fresh, `${topic}/0`);
          await fresh.close();
          return records.filter(({ line }) => line !== 'x').map((one) => [one.position, one.line]);
        },
        { timeout: 60_000, interval: 500 },
      )
      .toEqual(Array.from({ length: 20 }, (_, key) => [String(40 + key), `2-${key}`]));
    const middle = await readAll(source, `${topic}/0`, position('45'));
    expect(middle.records[0]).toEqual({ position: '45', line: '2-5' });
  });

  test('without a value, with none, and with line feeds are lines that say what they were', async () => {
    const topic = 'odd-values';
    await broker.createTopic(topic);
    await java.open('odd');
    const values = ['{"a":1}', null, '', '{\n"a":\n2}', '\n', '{"a":3}'];
    for (const value of values) await java.send('odd', { topic, partition: 0, value });
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    const batch = await nextBatch(source, `${topic}/0`);
    let byteOffset = 0;
    const raws = ['{"a":1}', '!', '!', '{\r"a":\r2}', '\r', '{"a":3}'].map((line) => {
      const raw = batch.rawAt?.(byteOffset);
      byteOffset += line.length + 1;
      return raw;
    });
    const expected = [undefined, null, '', values[3], '\n', undefined];
    expect(
      raws.map((raw) => (raw instanceof Uint8Array ? Buffer.from(raw).toString() : raw)),
    ).toEqual(expected);
    expect(batch.content).toMatchObject({ byteLength: byteOffset });
    await batch.release();
  });

  test('carry what a table declares of them', async () => {
    const topic = 'envelopes';
    await broker.createTopic(topic, 2);
    const headers = new Map([
      [Buffer.from('trace'), Buffer.from('é')],
      [Buffer.from('bytes'), Buffer.from([0xff, 0x00])],
    ]);
    const timestamp = 1_700_000_000_123n;
    await produce(
      broker,
      topic,
      [
        {
          partition: 1,
          value: Buffer.from('{"a":\n1}'),
          key: Buffer.from('k'),
          timestamp,
          headers,
        },
        { partition: 1, value: Buffer.from([0xff]), timestamp },
      ],
      'zstd',
    );
    await java.open('tombs');
    await java.send('tombs', { topic, partition: 1, key: 'k', value: null });
    const metadata = ['offset_id', 'partition', 'topic', 'timestamp', 'key', 'headers'];
    const form: RecordForm = { kind: 'envelopes', isBinary: false, metadata };
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic), { form });
    const { records } = await readAll(source, `${topic}/1`);
    const common = { partition: 1, topic, timestamp: 1_700_000_000_123 };
    expect(records.map(({ line }) => JSON.parse(line) as unknown)).toEqual([
      {
        v: '{"a":\n1}',
        m: { ...common, offset_id: 0, key: 'aw==', headers: { trace: 'é', bytes: '/wA=' } },
      },
      { b: '/w==', m: { ...common, offset_id: 1, key: null, headers: {} } },
      {
        m: {
          ...common,
          offset_id: 2,
          timestamp: expect.any(Number),
          key: 'aw==',
          headers: {},
        },
      },
    ]);
  });

  test('larger than what is asked for at once are read', async () => {
    const topic = 'large';
    await broker.createTopic(topic, 2, { 'max.message.bytes': '30000000' });
    const large = Buffer.alloc(20_000_000, 'x');
    const value = Buffer.from('small');
    await produce(broker, topic, [
      { partition: 0, value },
      { partition: 1, value },
    ]);
    await produce(broker, topic, [{ partition: 0, value: large }]);
    await produce(broker, topic, [{ partition: 1, value: large }]);
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    for (const name of await source.partitions()) {
      const { records } = await readAll(source, name);
      expect(records.map(({ line }) => line.length)).toEqual([5, large.length]);
    }
  });

  test('begin where the table says', async () => {
    const topic = 'starts';
    await broker.createTopic(topic, 2);
    const at = (timestamp: bigint, value: string) => ({
      partition: 0,
      timestamp,
      value: Buffer.from(value),
    });
    await produce(broker, topic, [at(1000n, 'one'), at(2000n, 'two'), at(3000n, 'three')]);
    const groupId = 'starting';
    await using opened = await OpenedSources.make();
    const startOf = async (table: ReturnType<typeof topicTable>): Promise<string[]> => {
      const source = await opened.open(plaintext, table);
      const starts = await Promise.all(
        (await source.partitions()).map(async (name) => await source.startPosition(name)),
      );
      return starts.map((start) => (start ?? 'beginning').split('@')[0] ?? '');
    };
    expect(await startOf(topicTable(topic))).toEqual(['beginning', 'beginning']);
    expect(await startOf(topicTable(topic, { offset: { kind: 'latest' } }))).toEqual(['3', '0']);
    const byTime = (atMs: number) => topicTable(topic, { offset: { kind: 'timestamp', atMs } });
    expect(await startOf(byTime(1001))).toEqual(['1', '0']);
    expect(await startOf(byTime(9999))).toEqual(['3', '0']);
    const byGroup = topicTable(topic, { offset: { kind: 'group' }, groupId });
    expect(await startOf(byGroup)).toEqual(['beginning', 'beginning']);
    const source = await opened.open(plaintext, byGroup);
    await source.release(new Map([[`${topic}/0`, position('2')]]));
    await source.close();
    expect(opened.problems).toEqual([]);
    expect(await startOf(byGroup)).toEqual(['2', 'beginning']);
  });
});
