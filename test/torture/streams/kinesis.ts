import type { KinesisClient } from '@aws-sdk/client-kinesis';
import {
  createStream,
  type KinesisPeer,
  listShards,
  startKinesalite,
  startKinesisLocal,
} from '../../peers/kinesis.ts';
import { Disturbance, reshard } from './disturbance.ts';
import { KinesisLoad } from './kinesis-load.ts';
import { ShortPages } from './short-pages.ts';
import { type StreamReport, type StreamTortureOptions, tortureStream } from './trial.ts';
import type { Parents } from './verdicts.ts';

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
/**
 * Little enough that a shard which was not read for a while takes several answers, and its children
 * have records meanwhile; enough that five answers a second are more than what is written to it.
 */
const pageRecordsMax = 120;

/**
 * Shards split and merge while Helios dies, and two producers write to all of them. Helios reads
 * through a proxy that gives a few records at a time, as a stream does that is large.
 */
export async function tortureKinesis(options: KinesisTortureOptions): Promise<StreamReport> {
  await using peer = await start(options.emulator);
  const { client } = peer;
  await using pages = await ShortPages.open(peer.endpoint, pageRecordsMax);
  await createStream(client, stream, shards);
  return await tortureStream(options, {
    place: {
      kind: 'kinesis',
      name: stream,
      options: { aws_region: 'us-east-1', aws_endpoint: pages.endpoint },
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
    parents: async () => await parentsOf(client),
  });
}

async function parentsOf(client: KinesisClient): Promise<Parents> {
  const listed = await listShards(client, stream);
  return new Map(
    listed.map(({ ShardId = '', ParentShardId, AdjacentParentShardId }) => [
      ShardId,
      [ParentShardId ?? [], AdjacentParentShardId ?? []].flat(),
    ]),
  );
}

async function start(emulator: Emulator): Promise<KinesisPeer> {
  return emulator === 'kinesis-local' ? await startKinesisLocal() : await startKinesalite();
}
