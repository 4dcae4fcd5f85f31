import type { KafkaBroker, KafkaParts } from '../../test/peers/kafka.ts';
import { JavaProducers } from '../../test/peers/kafka-producers.ts';
import { endEvent, type Input, inputFile } from './input.ts';

export const partitionCount = 4;

/** Writes events of an input into a topic of its name (lz4), then the end of each partition. */
export async function fillTopic(
  { parts, broker }: { readonly parts: KafkaParts; readonly broker: KafkaBroker },
  input: Input,
  count: number,
): Promise<string> {
  const path = await inputFile(input, count);
  await broker.createTopic(input.name, partitionCount);
  await using java = new JavaProducers(parts, broker);
  const batches = { 'batch.size': '131072', 'linger.ms': '20' };
  await java.open('fill', { 'compression.type': 'lz4', ...batches });
  await java.file('fill', input.name, path);
  for (let partition = 0; partition < partitionCount; partition++) {
    await java.send('fill', { topic: input.name, partition, value: endEvent(input) });
  }
  return path;
}
