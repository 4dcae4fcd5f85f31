import { randomUUID } from 'node:crypto';
import { afterAll, describe } from 'vitest';
import { testSource } from '../../src/source/source.conformance.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { OpenedSources, topicTable } from './kafka-fixture.ts';

const parts = await kafkaParts();
const broker = parts === undefined ? undefined : await KafkaBroker.create(parts);
afterAll(async () => await broker?.[Symbol.asyncDispose]());

describe.runIf(broker)('a Kafka broker', () => {
  if (broker === undefined) return;
  const { plaintext } = broker.bootstrap;

  testSource({
    name: 'kafka, three partitions',
    isBounded: false,
    async open(records) {
      const topic = `t-${randomUUID()}`;
      await broker.createTopic(topic, 3);
      const append = async (more: readonly string[]): Promise<void> => {
        const sent = more.map((value, at) => ({ value: Buffer.from(value), partition: at % 3 }));
        await produce(broker, topic, sent, 'lz4');
      };
      await append(records);
      const opened = await OpenedSources.make();
      return {
        source: await opened.open(plaintext, topicTable(topic)),
        append,
        reopen: async () => await opened.open(plaintext, topicTable(topic)),
        [Symbol.asyncDispose]: async () => await opened[Symbol.asyncDispose](),
      };
    },
  });
});
