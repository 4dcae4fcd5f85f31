import { crc32 } from 'node:zlib';
import type { EpochMs } from '../../event/record.ts';
import { encodeEntry, entryBytes } from './index-entry.ts';
import type { IndexEntry } from './index-entry.ts';

/** The lines of one request on their way to one partition. */
export type Lines = {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
  /** 16 bytes each. */
  readonly key: { readonly keyHash: Uint8Array; readonly bodyHash: Uint8Array } | undefined;
};

/** What one group commit writes to one partition. */
export type Group = {
  readonly blocks: readonly Uint8Array[];
  readonly byteLength: number;
  readonly index: Buffer;
  readonly entryCount: number;
};

export type GroupPlace = {
  /** Where the group's first byte goes in the partition's log. */
  readonly offset: number;
  /** Number of its first entry in the segment's index. */
  readonly entry: number;
  readonly arrivedAtMs: EpochMs;
};

/** Lays requests out one after the other, with the index entries that describe them. */
export function planGroup(requests: readonly Lines[], place: GroupPlace): Group {
  const entries = planEntries(requests, place);
  const index = Buffer.alloc(entries.length * entryBytes);
  entries.forEach((entry, number) => encodeEntry(entry, index, number * entryBytes));
  const byteLength = requests.reduce((sum, request) => sum + request.byteLength, 0);
  return { blocks: planBlocks(requests), byteLength, index, entryCount: entries.length };
}

/** What was written elsewhere, as a group of this segment whose first entry has number `entry`. */
export function groupOf(entries: readonly IndexEntry[], data: Buffer, entry: number): Group {
  const index = Buffer.alloc(entries.length * entryBytes);
  entries.forEach((one, number) =>
    encodeEntry({ ...one, group: entry }, index, number * entryBytes),
  );
  return { blocks: [data], byteLength: data.byteLength, index, entryCount: entries.length };
}

/** The entry that says: everything before it is durable. */
export function closingEntry(place: GroupPlace): Buffer {
  const entry = Buffer.alloc(entryBytes);
  encodeEntry(entryOf('closed', place, place.offset), entry, 0);
  return entry;
}

/**
 * Requests without a key share an entry up to this many bytes: small requests then cost little
 * index, and one checksum still covers little enough to be checked on reading.
 */
const sharedEntryBytesMax = 1024 * 1024;

function planEntries(requests: readonly Lines[], place: GroupPlace): readonly IndexEntry[] {
  const entries: GrowingEntry[] = [];
  let offset = place.offset;
  for (const request of requests) {
    let entry = entries.at(-1);
    if (entry === undefined || !isShared(entry, request)) {
      entry = { ...entryOf(request.key ? 'keyed' : 'lines', place, offset), ...request.key };
      entries.push(entry);
    }
    entry.byteLength += request.byteLength;
    for (const chunk of request.chunks) entry.crc = crc32(chunk, entry.crc);
    offset += request.byteLength;
  }
  return entries;
}

type GrowingEntry = Omit<IndexEntry, 'byteLength' | 'crc'> & { byteLength: number; crc: number };

function isShared(entry: GrowingEntry, request: Lines): boolean {
  const byteLength = entry.byteLength + request.byteLength;
  return entry.kind === 'lines' && !request.key && byteLength <= sharedEntryBytesMax;
}

function entryOf(kind: IndexEntry['kind'], place: GroupPlace, offset: number): IndexEntry {
  return {
    kind,
    offset,
    byteLength: 0,
    crc: 0,
    arrivedAtMs: place.arrivedAtMs,
    group: place.entry,
    keyHash: undefined,
    bodyHash: undefined,
  };
}

/** Chunks above this size are written as they are; smaller ones are copied together first. */
const copiedChunkBytesMax = 4 * 1024;

function planBlocks(requests: readonly Lines[]): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  function flushSmall(): void {
    if (small.length > 0) blocks.push(Buffer.concat(small));
    small = [];
  }
  for (const chunk of requests.flatMap((request) => request.chunks)) {
    if (isCopied(chunk)) small.push(chunk);
    else {
      flushSmall();
      blocks.push(chunk);
    }
  }
  flushSmall();
  return blocks;
}

/** Also a view of something much larger, which it would keep in memory. */
function isCopied(chunk: Uint8Array): boolean {
  const { byteLength, buffer } = chunk;
  return byteLength <= copiedChunkBytesMax || byteLength * 2 < buffer.byteLength;
}
