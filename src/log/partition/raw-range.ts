import type { LogFiles } from '../files.ts';
import type { IndexEntry } from './index-entry.ts';
import type { Partition } from './partition.ts';
import { readSegmentIndex } from './segment-index.ts';
import { dataPath } from './segment.ts';

/**
 * The entries of a partition that end after `from`, oldest first, and the number of the segment's
 * entry with which the group of each began.
 */
export async function* entriesAfter(
  files: LogFiles,
  partition: Partition,
  from: number,
): AsyncIterable<IndexEntry> {
  for (const segment of partition.segments) {
    if (segment.end <= from || segment.end === segment.base) continue;
    const index = await readSegmentIndex(files, partition.directory, segment);
    for (let number = 0; number < index.entryCount; number++) {
      const entry = index.entry(number);
      if (entry.kind !== 'closed' && entry.offset + entry.byteLength > from) yield entry;
    }
  }
}

/** Where the newest group of a partition begins; its end where it holds nothing. */
export async function newestGroupBase(files: LogFiles, partition: Partition): Promise<number> {
  const segment = partition.segments.findLast(({ base, end }) => end > base);
  if (segment === undefined) return partition.endOffset;
  const index = await readSegmentIndex(files, partition.directory, segment);
  for (let number = index.entryCount - 1; number >= 0; number--) {
    const { kind, group } = index.entry(number);
    if (kind !== 'closed') return index.entry(group).offset;
  }
  return partition.endOffset;
}

/** The bytes that an entry describes. */
export async function bytesOf(
  files: LogFiles,
  partition: Partition,
  { offset, byteLength }: IndexEntry,
): Promise<Buffer> {
  const segment = partition.segments.findLast(({ base }) => base <= offset);
  const base = segment?.base ?? 0;
  const file = await files.open(dataPath(partition.directory, base), 'read');
  try {
    const bytes = Buffer.alloc(byteLength);
    await file.read(bytes, offset - base);
    return bytes;
  } finally {
    await file.close();
  }
}
