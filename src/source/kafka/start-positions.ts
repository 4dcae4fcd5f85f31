import { unreachable } from '../../base/assert.ts';
import type { KafkaTable } from '../../sql/script.ts';
import type { StartPoint } from '../source.ts';
import type { Assignment } from './assignment.ts';
import type { Cluster } from './cluster.ts';
import type { KafkaPosition } from './kafka-position.ts';

/**
 * Where a new pipeline starts in each partition by the table's options; those that start at their
 * beginning are left out.
 */
export async function startPositions(
  cluster: Cluster,
  assignment: Assignment,
  table: KafkaTable,
): Promise<ReadonlyMap<string, KafkaPosition>> {
  const partitions = assignment.byTopic();
  if (partitions.size === 0) return new Map();
  return positionsOf(await startOffsets(cluster, partitions, table), assignment);
}

/** Where a point lies in all partitions now. */
export async function positionsAt(
  cluster: Cluster,
  assignment: Assignment,
  point: StartPoint,
): Promise<ReadonlyMap<string, KafkaPosition>> {
  return positionsOf(await cluster.offsets(assignment.byTopic(), point), assignment);
}

function positionsOf(
  offsets: ReadonlyMap<string, ReadonlyMap<number, number>>,
  assignment: Assignment,
): ReadonlyMap<string, KafkaPosition> {
  const found = new Map<string, KafkaPosition>();
  for (const [topic, byNumber] of offsets) {
    const topicId = assignment.topicId(topic);
    for (const [number, offset] of byNumber) {
      found.set(`${topic}/${number}`, { offset, leaderEpoch: undefined, topicId });
    }
  }
  return found;
}

async function startOffsets(
  cluster: Cluster,
  partitions: ReadonlyMap<string, readonly number[]>,
  { offset, groupId }: KafkaTable,
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  switch (offset.kind) {
    case 'earliest':
      return new Map();
    case 'latest':
      return await cluster.offsets(partitions, 'latest');
    case 'timestamp':
      return await cluster.offsets(partitions, { atMs: offset.atMs });
    case 'group':
      return groupId === undefined ? new Map() : await cluster.groupOffsets(groupId, partitions);
    default:
      return unreachable(offset);
  }
}
