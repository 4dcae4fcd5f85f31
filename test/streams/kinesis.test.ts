import { afterAll, beforeAll, describe } from 'vitest';
import { testSource } from '../../src/source/source.conformance.ts';
import type { Position } from '../../src/event/record.ts';
import {
  createStream,
  putRecords,
  startKinesalite,
  startKinesisLocal,
  type KinesisPeer,
} from '../peers/kinesis.ts';
import { openSource } from './kinesis-reading.ts';

const starts = { 'kinesis-local': startKinesisLocal, kinesalite: startKinesalite } as const;

describe.each(['kinesis-local', 'kinesalite'] as const)('on %s', (name) => {
  let peer: KinesisPeer;
  beforeAll(async () => {
    peer = await starts[name]();
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
  });

  let count = 0;
  testSource({
    name: `kinesis on ${name}`,
    isBounded: false,
    async open(records) {
      const stream = `conformance-${count++}`;
      await createStream(peer.client, stream, 2);
      await put(stream, records);
      const source = await openSource({ client: peer.client, stream });
      const again = await openSource({ client: peer.client, stream });
      const reached = new Map<string, Position>();
      const read = source.read.bind(source);
      source.read = async (request) => {
        const batch = await read(request);
        if (batch !== undefined) reached.set(batch.partition, batch.to);
        return batch;
      };
      return {
        source,
        append: async (more) => {
          await put(stream, more);
          // A poll has to see it: reading itself waits for nothing.
          await source.waitForRecords(reached, AbortSignal.timeout(10_000));
        },
        reopen: async () => await Promise.resolve(again),
        [Symbol.asyncDispose]: async () => {
          await source.close();
          await again.close();
        },
      };
    },
  });

  async function put(stream: string, records: readonly string[]): Promise<void> {
    const keyed = records.map((data, index) => ({ key: `key-${index % 7}`, data }));
    await putRecords(peer.client, stream, keyed);
  }
});
