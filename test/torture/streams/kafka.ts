import { KafkaBroker, type KafkaParts } from '../../peers/kafka.ts';
import { JavaProducers } from '../../peers/kafka-producers.ts';
import { Disturbance, strikeBroker } from './disturbance.ts';
import { KafkaLoad } from './kafka-load.ts';
import { TransactionLoad } from './transaction-load.ts';
import {
  type StreamReport,
  type StreamTortureOptions,
  tortureStream,
  type TrialLoad,
} from './trial.ts';

export type KafkaTortureOptions = StreamTortureOptions & {
  readonly parts: KafkaParts;
  /** How often the broker is killed. */
  readonly brokerKills: number;
};

export const topic = 'tortured';
export const partitions = 4;
const plainLoads = 2;
const pauseMsMax = 3000;

/** Both Helios and the broker die, at times of their own, while three producers write. */
export async function tortureKafka(options: KafkaTortureOptions): Promise<StreamReport> {
  await using broker = await KafkaBroker.create(options.parts);
  await broker.createTopic(topic, partitions);
  await using java = new JavaProducers(options.parts, broker);
  const bootstrap = broker.bootstrap.plaintext;
  const place = { topic, partitions };
  // Transactions first: the others' posts stand behind all of them.
  const transactions: TrialLoad = {
    isAtomic: true,
    start: (events) => new TransactionLoad({ ...events, ...place, java }),
  };
  return await tortureStream(options, {
    place: { kind: 'kafka', name: topic, options: { bootstrap_servers: bootstrap } },
    loads: [transactions, ...Array.from({ length: plainLoads }, () => plainLoad(bootstrap))],
    disturb: (random, progress) =>
      new Disturbance(async () => await strikeBroker(broker, random), {
        random,
        times: options.brokerKills,
        pauseMsMax,
        progress,
      }),
  });
}

/** An idempotent producer without transactions. */
export function plainLoad(bootstrap: string): TrialLoad {
  return {
    isAtomic: false,
    start: (events) => new KafkaLoad({ ...events, topic, partitions, bootstrap }),
  };
}
