import {
  createStream,
  type KinesisPeer,
  startKinesalite,
  startKinesisLocal,
} from '../../peers/kinesis.ts';
import { Disturbance, reshard } from './disturbance.ts';
import { KinesisLoad } from './kinesis-load.ts';
import { type StreamReport, type StreamTortureOptions, tortureStream } from './trial.ts';

export type KinesisTortureOptions = StreamTortureOptions & {
  readonly emulator: Emulator;
  /** How often a shard is split, or two are merged. */
  readonly reshards: number;
};

export type Emulator = 'kinesis-local' | 'kinesalite';
export const emulators: readonly Emulator[] = ['kinesis-local', 'kinesalite'];

const stream = 'tortured';
const shards = 4;
const loadCount = 2;
const pauseMsMax = 2000;

/** Shards split and merge while Helios dies, and two producers write to all of them. */
export async function tortureKinesis(options: KinesisTortureOptions): Promise<StreamReport> {
  await using peer = await start(options.emulator);
  const { client, endpoint } = peer;
  await createStream(client, stream, shards);
  return await tortureStream(options, {
    place: {
      kind: 'kinesis',
      name: stream,
      options: { aws_region: 'us-east-1', aws_endpoint: endpoint },
    },
    loads: Array.from({ length: loadCount }, () => ({
      isAtomic: false,
      start: (events) => new KinesisLoad({ ...events, client, stream }),
    })),
    disturb: (random) =>
      new Disturbance(async () => await reshard(client, stream, random), {
        random,
        times: options.reshards,
        pauseMsMax,
      }),
  });
}

async function start(emulator: Emulator): Promise<KinesisPeer> {
  return emulator === 'kinesis-local' ? await startKinesisLocal() : await startKinesalite();
}
