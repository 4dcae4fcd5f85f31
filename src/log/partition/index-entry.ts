import { crc32 } from 'node:zlib';

/**
 * One entry of a segment's index: a committed range of its data. Entries have one size, so that a
 * damaged one does not hide those after it. Little endian:
 *
 *      0 u32  magic "HEL1"      20 u32 crc32 of the bytes    36 16 bytes of the key's hash
 *      4 u32  kind              24 f64 arrival, ms           52 16 bytes of the body's hash
 *      8 f64  offset            32 u32 group                 68 u32 crc32 of bytes 0 to 68
 *     16 u32  byte length
 *
 * `group` is the number of the first entry of the same group commit. A group is written only when
 * the one before it is durable, so an entry proves everything before its group: damage there is
 * corruption, damage within the newest group may be a torn write.
 */
export type IndexEntry = {
  readonly kind: 'lines' | 'keyed' | 'closed';
  readonly offset: number;
  readonly byteLength: number;
  readonly crc: number;
  readonly arrivedAtMs: number;
  readonly group: number;
  /** 16 bytes each, when `kind` is `keyed`. */
  readonly keyHash: Uint8Array | undefined;
  readonly bodyHash: Uint8Array | undefined;
};

export const entryBytes = 72;

export function encodeEntry(entry: IndexEntry, into: Buffer, at: number): void {
  into.writeUInt32LE(magic, at);
  into.writeUInt32LE(kinds.indexOf(entry.kind), at + 4);
  into.writeDoubleLE(entry.offset, at + 8);
  into.writeUInt32LE(entry.byteLength, at + 16);
  into.writeUInt32LE(entry.crc, at + 20);
  into.writeDoubleLE(entry.arrivedAtMs, at + 24);
  into.writeUInt32LE(entry.group, at + 32);
  into.fill(0, at + 36, at + 68);
  if (entry.keyHash) into.set(entry.keyHash.subarray(0, 16), at + 36);
  if (entry.bodyHash) into.set(entry.bodyHash.subarray(0, 16), at + 52);
  into.writeUInt32LE(crc32(into.subarray(at, at + 68)), at + 68);
}

/** The entry at byte `at`, or undefined where its own checksum fails. */
export function decodeEntry(from: Buffer, at: number): IndexEntry | undefined {
  if (from.readUInt32LE(at + 68) !== crc32(from.subarray(at, at + 68))) return undefined;
  const kind = kinds[from.readUInt32LE(at + 4)];
  if (from.readUInt32LE(at) !== magic || kind === undefined) return undefined;
  const isKeyed = kind === 'keyed';
  return {
    kind,
    offset: from.readDoubleLE(at + 8),
    byteLength: from.readUInt32LE(at + 16),
    crc: from.readUInt32LE(at + 20),
    arrivedAtMs: from.readDoubleLE(at + 24),
    group: from.readUInt32LE(at + 32),
    keyHash: isKeyed ? from.subarray(at + 36, at + 52) : undefined,
    bodyHash: isKeyed ? from.subarray(at + 52, at + 68) : undefined,
  };
}

const magic = 0x314c4548;
const kinds = ['lines', 'keyed', 'closed'] as const;
