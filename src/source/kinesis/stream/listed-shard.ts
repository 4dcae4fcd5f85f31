import type { Shard } from '@aws-sdk/client-kinesis';
import { HeliosError } from '../../../base/errors.ts';
import type { ListedShard } from '../shard/shard-map.ts';

/** A shard of ListShards. */
export function listedShard(shard: Shard): ListedShard {
  const { ShardId: id, HashKeyRange: range, SequenceNumberRange: numbers } = shard;
  if (id === undefined || range === undefined) throw notShards();
  return {
    id,
    parents: [shard.ParentShardId, shard.AdjacentParentShardId].flatMap((parent) => parent || []),
    hashKeyStart: BigInt(range.StartingHashKey ?? 0),
    hashKeyEnd: BigInt(range.EndingHashKey ?? 0),
    isClosed: numbers?.EndingSequenceNumber !== undefined,
  };
}

/** ChildShards, which come with the end of a shard; none where they are left out. */
export function parseChildren(children: unknown): readonly ListedShard[] {
  if (children === undefined || children === null) return [];
  if (!Array.isArray(children)) throw notShards();
  return (children as readonly ChildShard[]).map(
    ({ ShardId: id, ParentShards: parents, HashKeyRange: range }) => {
      if (id === undefined || parents === undefined || range === undefined) throw notShards();
      const hashKeyStart = BigInt(range.StartingHashKey ?? 0);
      const hashKeyEnd = BigInt(range.EndingHashKey ?? 0);
      return { id, parents, hashKeyStart, hashKeyEnd, isClosed: false };
    },
  );
}

type ChildShard = {
  readonly ShardId?: string;
  readonly ParentShards?: readonly string[];
  readonly HashKeyRange?: { readonly StartingHashKey?: string; readonly EndingHashKey?: string };
};

function notShards(): HeliosError {
  return new HeliosError('unreachable', "A list of shards can't be used: a shard lacks its id.", {
    hint: 'It is tried again. If it stays, check what is between here and Kinesis: a proxy, say.',
  });
}
