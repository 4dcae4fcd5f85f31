/**
 * Whether a pipeline has read a record, by how far it has read the record's partition; both as the
 * API tells positions of that connector.
 */
export function passageKind(
  connector: string,
  read: string | undefined,
  position: string,
): 'read' | 'ahead' | 'unknown' {
  if (!/^\d+$/.test(position)) return 'unknown';
  if (read === undefined) return connector === 'http' ? 'ahead' : 'unknown';
  return connector === 'kinesis' ? inShard(read, position) : inLog(read, position);
}

/**
 * What a pipeline may call a partition of a stream: as looks do, or `TOPIC/NUMBER`. The list has
 * the stream's name and what the pipeline reads; of several topics only the stream's own can be
 * meant.
 */
export function partitionNames(
  partition: string,
  [stream = '', ...read]: readonly string[],
): readonly string[] {
  const topics = new Set([stream, ...(read.length === 1 ? read : [])]);
  return [partition, ...[...topics].map((topic) => `${topic}/${partition}`)];
}

/** `OFFSET`, `OFFSET@EPOCH@TOPIC`: of what is read next, in the embedded log and in topics. */
function inLog(read: string, position: string): 'read' | 'ahead' | 'unknown' {
  const next = /^(\d+)(?:@|$)/.exec(read)?.[1];
  if (next === undefined) return 'unknown';
  return BigInt(next) > BigInt(position) ? 'read' : 'ahead';
}

/** `SEQUENCE`: of what was read last; `<SEQUENCE` before it; `END`; times tell nothing. */
function inShard(read: string, position: string): 'read' | 'ahead' | 'unknown' {
  const [place = ''] = read.split('~', 1);
  if (place === 'END') return 'read';
  if (place === 'START') return 'ahead';
  const [, before, last] = /^(<?)(\d+)$/.exec(place) ?? [];
  if (last === undefined) return 'unknown';
  const distance = BigInt(last) - BigInt(position);
  return distance > 0n || (distance === 0n && before === '') ? 'read' : 'ahead';
}
