import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import { resolveKafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import { Bell } from '../bell.ts';
import { PartitionReader } from '../partition-reader.ts';
import { BrokerFetcher } from './broker-fetcher.ts';

test('a broker that refuses whole requests is told of, and asked less and less', async () => {
  await using broker = await refusingBroker();
  const reader = new PartitionReader('topic', 0);
  reader.topicId = '00000000-0000-0000-0000-000000000001';
  reader.startAt(undefined);
  const failed = Promise.withResolvers<unknown>();
  const paused = Promise.withResolvers<number>();
  const fetcher = new BrokerFetcher(
    {
      access: await access(),
      version: 16,
      clusterId: undefined,
      isolation: 'read_committed',
      clock: {
        ...systemClock,
        sleep: async (durationMs, signal) => {
          paused.resolve(durationMs);
          await systemClock.sleep(durationMs, signal);
        },
      },
      random: () => 0.5,
      bell: new Bell(),
      readers: () => [reader],
      onAnswer: () => undefined,
      onFailure: (readers, error) => failed.resolve([readers, error]),
    },
    broker,
  );
  const error = {
    code: 'unreachable',
    message: 'The broker answers Fetch with UNKNOWN_SERVER_ERROR.',
  };
  expect(await failed.promise).toMatchObject([[reader], error]);
  expect(await paused.promise).toBeGreaterThan(0);
  await fetcher.close();
});

async function access(): Promise<KafkaAccess> {
  return await resolveKafkaAccess(
    { bootstrap_servers: '127.0.0.1:1' },
    {
      secrets: { resolve: async (reference) => await Promise.resolve(reference) },
      environment: {},
      clock: systemClock,
      random: Math.random,
    },
  );
}

/** Answers each request with the error -1, and with no partition. */
async function refusingBroker(): Promise<{ host: string; port: number } & AsyncDisposable> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const answer = Buffer.alloc(21);
      answer.writeInt32BE(answer.length - 4, 0);
      bytes.copy(answer, 4, 8, 12);
      answer.writeInt16BE(-1, 13);
      answer.writeInt8(1, 19);
      socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const dispose = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { host: '127.0.0.1', port, [Symbol.asyncDispose]: dispose };
}
