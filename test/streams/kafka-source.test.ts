import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe } from 'vitest';
import { testSource } from '../../src/source/source.conformance.ts';
import type { KafkaSource } from '../../src/source/kafka/kafka-source.ts';
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
      const source = await opened.open(plaintext, topicTable(topic));
      return {
        source,
        // Between a producer's answer and a waiting fetch's, a broker takes a moment.
        append: async (more) => {
          const before = await recordCount(source);
          await append(more);
          while ((await recordCount(source)) < before + more.length) await sleep(1);
        },
        reopen: async () => await opened.open(plaintext, topicTable(topic)),
        [Symbol.asyncDispose]: async () => await opened[Symbol.asyncDispose](),
      };
    },
  });
});

async function recordCount(source: KafkaSource): Promise<number> {
  const lags = await source.partitionLags(new Map());
  return lags.reduce((sum, { records }) => sum + Number(records ?? 0n), 0);
}
