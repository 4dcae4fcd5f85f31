import {
  AclOperations,
  AclPermissionTypes,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import { afterAll, describe, expect, test } from 'vitest';
import { type Position, position } from '../../src/event/record.ts';
import { KafkaBroker, type KafkaParts, kafkaParts } from '../peers/kafka.ts';
import { KafkaFaultProxy } from '../peers/kafka-fault-proxy.ts';
import { produce } from '../peers/kafka-producers.ts';
import { kafkaUsers } from '../peers/kafka-settings.ts';
import {
  hastyClock,
  nextBatch,
  OpenedSources,
  readAll,
  signal,
  topicTable,
} from './kafka-fixture.ts';
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

/** Whoever connects to the proxy is sent back to it, as by the broker that it replaces. */
async function anotherCluster(needed: KafkaParts): Promise<KafkaBroker> {
  const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg';
  return await KafkaBroker.create(needed, { proxyPort: proxy.port, clusterId });
}

describe.runIf(broker)('positions in Kafka', () => {
  if (broker === undefined) return;
  const { plaintext } = broker.bootstrap;

  async function write(topic: string, values: readonly string[], partition = 0): Promise<void> {
    await produce(
      broker as KafkaBroker,
      topic,
      values.map((value) => ({ value: Buffer.from(value), partition })),
    );
  }

  async function deleteBefore(topic: string, offset: bigint): Promise<void> {
    const partitions = [{ partition: 0, offset }];
    await broker?.administer(
      async (admin) => await admin.deleteRecords({ topics: [{ name: topic, partitions }] }),
    );
  }

  test('whose records retention has deleted stop with both offsets, and never jump', async () => {
    const topic = 'retained';
    await broker.createTopic(topic);
    await write(topic, ['0', '1', '2', '3', '4', '5']);
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    const request = { partition: `${topic}/0`, bytesMax: 3, signal };
    const first = await source.read({ ...request, after: undefined });
    expect(first?.to).toMatch(/^2@/);
    await first?.release();
    await deleteBefore(topic, 4n);
    const another = await opened.open(plaintext, topicTable(topic));
    const lost = {
      code: 'position_lost',
      message:
        'Partition 0 of the Kafka topic "retained" was read up to offset 2, but it now has ' +
        'offsets 4 to 6: the 2 records up to there were deleted before they were read.',
      hint: expect.stringContaining('restart the pipeline from the earliest records'),
      details: { choices: ['earliest', 'timestamp', 'latest'], log_start_offset: 4, offset: 2 },
    };
    await expect(another.read({ ...request, after: first?.to })).rejects.toMatchObject(lost);
    await expect(another.read({ ...request, after: first?.to })).rejects.toMatchObject(lost);
    await another.waitForRecords(new Map(first ? [[request.partition, first.to]] : []), signal);
    const fromStart = await readAll(another, request.partition);
    expect(fromStart.records.map(({ line }) => line)).toEqual(['4', '5']);
  });

  test('behind the end of the log are told too', async () => {
    const topic = 'shorter';
    await broker.createTopic(topic);
    await write(topic, ['0']);
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    const after = position('1000');
    await expect(
      source.read({ partition: `${topic}/0`, after, bytesMax: 1, signal }),
    ).rejects.toMatchObject({
      code: 'position_lost',
      message: expect.stringContaining('the 999 records up to the position are gone'),
    });
  });

  test('of a topic that was made anew are not used for the new one', async () => {
    const topic = 'anew';
    await broker.createTopic(topic);
    await write(topic, ['old 0', 'old 1']);
    await using opened = await OpenedSources.make();
    const running = await opened.open(plaintext, topicTable(topic), { clock: hastyClock });
    const name = `${topic}/0`;
    const { to } = await readAll(running, name);
    await broker.deleteTopic(topic);
    await expect.poll(() => exists(topic)).toBe(false);
    await broker.createTopic(topic);
    await write(topic, ['new 0', 'new 1', 'new 2']);
    const replaced = {
      code: 'source_replaced',
      message: expect.stringContaining('was deleted and made anew: partition 0 was read up to'),
    };
    const request = { partition: name, after: to, bytesMax: 1, signal };
    await expect.poll(() => failureOf(running.read(request))).toMatchObject(replaced);
    const stopped = await opened.open(plaintext, topicTable(topic));
    await expect(stopped.read(request)).rejects.toMatchObject(replaced);
    expect((await readAll(stopped, name)).records).toHaveLength(3);
  });

  test('are none for topics that are missing; a pattern finds them, and new partitions', async () => {
    await using opened = await OpenedSources.make();
    await expect(opened.open(plaintext, topicTable('missing'))).rejects.toMatchObject({
      code: 'stream_missing',
      message: expect.stringContaining('"missing"'),
    });
    await broker.createTopic('orders-of-today');
    const near = topicTable('', { topics: { kind: 'names', names: ['orders-of-today', 'x'] } });
    await expect(opened.open(plaintext, near)).rejects.toMatchObject({
      message: `The Kafka topic "x" does not exist on ${plaintext}.`,
    });
    await expect(opened.open(plaintext, topicTable('orders_of_todya'))).rejects.toMatchObject({
      hint: expect.stringMatching(/^Did you mean "orders-of-today"\? Check the name/),
    });
    const pattern = topicTable('', { topics: { kind: 'pattern', pattern: /grow-\d/ } });
    const source = await opened.open(plaintext, pattern, { clock: hastyClock });
    expect(await source.partitions()).toEqual([]);
    const waiting = source.waitForRecords(new Map(), signal);
    await broker.createTopic('grow-1');
    await broker.createTopic('not-grow-1');
    await broker.createTopic('grow-11');
    await write('grow-1', ['first']);
    await waiting;
    expect(await source.partitions()).toEqual(['grow-1/0']);
    expect((await readAll(source, 'grow-1/0')).records).toHaveLength(1);
    await broker.administer(
      async (admin) =>
        await admin.createPartitions({
          topics: [{ name: 'grow-1', count: 2, assignments: [{ brokerIds: [1] }] }],
        }),
    );
    await expect.poll(async () => await source.partitions()).toContain('grow-1/1');
    await write('grow-1', ['second'], 1);
    expect((await readAll(source, 'grow-1/1')).records).toHaveLength(1);
  });

  test('are not found where reading is not allowed, until it is', async () => {
    const topic = 'secret';
    await broker.createTopic(topic);
    await write(topic, ['0']);
    const denial = {
      resourceType: ResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:alice',
      host: '*',
      operation: AclOperations.READ,
      permissionType: AclPermissionTypes.DENY,
    };
    const allowance = {
      ...denial,
      operation: AclOperations.DESCRIBE,
      permissionType: AclPermissionTypes.ALLOW,
    };
    await broker.administer(
      async (admin) => await admin.createAcls({ creations: [denial, allowance] }),
    );
    const options = {
      'auth.type': 'sasl',
      'auth.mechanism': 'PLAIN',
      'auth.protocol': 'SASL_PLAINTEXT',
      'auth.username': 'alice',
      'auth.password': kafkaUsers.alice.password,
    };
    await using opened = await OpenedSources.make();
    const source = await opened.open(broker.bootstrap.saslPlaintext, topicTable(topic), {
      options,
    });
    const request = { partition: `${topic}/0`, after: undefined, bytesMax: 1, signal };
    await expect(source.read(request)).rejects.toMatchObject({
      code: 'access_refused',
      message: expect.stringContaining('does not allow Read on the topic "secret"'),
    });
    await broker.administer(async (admin) => {
      await admin.deleteAcls({ filters: [denial] });
      await admin.createAcls({ creations: [{ ...allowance, operation: AclOperations.READ }] });
    });
    const again = await opened.open(broker.bootstrap.saslPlaintext, topicTable(topic), { options });
    await expect
      .poll(async () => (await readAll(again, `${topic}/0`).catch(() => undefined))?.records.length)
      .toBe(1);
  });

  test('of topics that are gone are not told to the group, those of others are', async () => {
    for (const topic of ['told-1', 'told-2']) {
      await broker.createTopic(topic);
      await write(topic, ['0', '1']);
    }
    const table = topicTable('', {
      topics: { kind: 'pattern', pattern: /told-\d/ },
      groupId: 'told',
    });
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, table, { clock: hastyClock });
    const positions = new Map<string, Position>();
    for (const name of await source.partitions()) {
      const { to } = await readAll(source, name);
      if (to !== undefined) positions.set(name, to);
    }
    expect([...positions.keys()]).toEqual(['told-1/0', 'told-2/0']);
    await broker.deleteTopic('told-2');
    await until(
      async () => await source.partitions(),
      (names) => names.join() === 'told-1/0',
    );
    const question = {
      groups: [{ groupId: 'told', topics: [{ name: 'told-1', partitionIndexes: [0] }] }],
    };
    await until(
      async () => {
        await source.release(positions);
        const ask = broker.administer(
          async (admin) => await admin.listConsumerGroupOffsets(question),
        );
        return Number((await ask)[0]?.topics[0]?.partitions[0]?.committedOffset);
      },
      (offset) => offset === 2,
    );
    await source.close();
    // A group's coordinator may take its time.
    expect(opened.problems.map(({ code }) => code)).not.toContain('stream_missing');
  });

  test.each(['', 'x', '-1', '1.5', '9007199254740993', '1@x', '1@2@'])(
    '%j is none',
    async (text) => {
      await using opened = await OpenedSources.make();
      const source = await opened.open(plaintext, topicTable('retained'));
      const request = { partition: 'retained/0', bytesMax: 1, signal };
      await expect(source.read({ ...request, after: position(text) })).rejects.toMatchObject({
        code: 'corrupt_data',
      });
    },
  );

  test('in a log that was cut since are told by the epochs of its leaders', async () => {
    const topic = 'epochs';
    await broker.createTopic(topic);
    await write(topic, ['0', '1']);
    await broker.stop();
    await broker.start();
    await write(topic, ['2', '3', '4']);
    await using opened = await OpenedSources.make();
    const source = await opened.open(plaintext, topicTable(topic));
    const { to } = await readAll(source, `${topic}/0`);
    const [, epoch, topicId] = to?.split('@') ?? [];
    expect(Number(epoch)).toBeGreaterThan(0);
    const inFirst = await nextBatch(source, `${topic}/0`, position(`2@0@${topicId}`));
    await inFirst.release();
    // As if records 2 and 3 had been read of the first leader, which did not hand them on.
    const after = position(`4@0@${topicId}`);
    const request = { partition: `${topic}/0`, after, bytesMax: 1, signal };
    await expect(source.read(request)).rejects.toMatchObject({
      code: 'position_lost',
      message: expect.stringContaining('its log was cut at offset 2 since'),
    });
  });

  test('are not read on in another cluster at the same address', async () => {
    const topic = 'elsewhere';
    await broker.createTopic(topic);
    await write(topic, ['0', '1']);
    const replacement = parts === undefined ? undefined : await anotherCluster(parts);
    await using other = replacement;
    await other?.createTopic(topic);
    if (other !== undefined) {
      await produce(
        other,
        topic,
        ['a', 'b', 'c', 'd'].map((value) => ({ value: Buffer.from(value) })),
      );
    }
    await using opened = await OpenedSources.make();
    const source = await opened.open(proxy.address, topicTable(topic));
    const partition = `${topic}/0`;
    const { records, to } = await readAll(source, partition);
    expect(records).toHaveLength(2);
    proxy.forwardTo(other?.bootstrap.proxied ?? '');
    proxy.cut();
    const request = { partition, after: to, bytesMax: 1000, signal };
    const replaced = {
      code: 'source_replaced',
      message: expect.stringMatching(
        /Another Kafka cluster answers at 127.*: it was .*, now it is/,
      ),
    };
    await source.waitForRecords(new Map(to === undefined ? [] : [[partition, to]]), signal);
    const failure = await until(
      async () => await failureOf(source.read(request)),
      (thrown) => thrown !== undefined,
    );
    expect(failure).toMatchObject(replaced);
    expect(await failureOf(source.read(request))).toMatchObject(replaced);
    proxy.forwardTo(broker.bootstrap.proxied);
  });

  async function exists(topic: string): Promise<boolean> {
    const names = await broker?.administer(async (admin) => await admin.listTopics());
    return names?.includes(topic) === true;
  }
});

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
