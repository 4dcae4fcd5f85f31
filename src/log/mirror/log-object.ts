import { crc32 } from 'node:zlib';
import { HeliosError } from '../../base/errors.ts';
import { decodeEntry, encodeEntry, entryBytes } from '../partition/index-entry.ts';
import type { IndexEntry } from '../partition/index-entry.ts';

/**
 * Some groups of one partition as an object: what they wrote to the index, then their bytes. What
 * one group writes is the same bytes whoever puts it, so that a put of one's own is known again.
 * Little endian:
 *
 *      0 u32  magic "HEO1"        8 f64  offset of the first byte     24 u32 crc32 of what
 *      4 u32  number of entries  16 f64  number of bytes of events       precedes and the entries
 *     28 entries as in a segment's index, their group 0; then the bytes
 */
export type LogObject = {
  readonly base: number;
  readonly end: number;
  readonly entries: readonly IndexEntry[];
  readonly data: Buffer;
};

/** Entries without gaps, and all of their bytes. */
export function encodeObject(
  entries: readonly IndexEntry[],
  chunks: readonly Uint8Array[],
): Buffer {
  const base = entries[0]?.offset ?? 0;
  const head = Buffer.alloc(headBytes + entries.length * entryBytes);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(entries.length, 4);
  head.writeDoubleLE(base, 8);
  head.writeDoubleLE(byteLengthOf(entries), 16);
  for (const [number, entry] of entries.entries()) {
    encodeEntry({ ...entry, group: 0 }, head, headBytes + number * entryBytes);
  }
  head.writeUInt32LE(headSum(head), 24);
  return Buffer.concat([head, ...chunks]);
}

/** `corrupt_data` for anything that `encodeObject` did not make. */
export function decodeObject(bytes: Uint8Array, path: string): LogObject {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = buffer.byteLength < headBytes ? 0 : buffer.readUInt32LE(4);
  const dataAt = headBytes + count * entryBytes;
  const isHeader = count > 0 && buffer.readUInt32LE(0) === magic && dataAt <= buffer.byteLength;
  if (!isHeader || buffer.readUInt32LE(24) !== headSum(buffer.subarray(0, dataAt))) {
    throw corruptObject(path);
  }
  const base = buffer.readDoubleLE(8);
  const data = buffer.subarray(dataAt);
  const entries: IndexEntry[] = [];
  let end = base;
  for (let number = 0; number < count; number++) {
    const entry = decodeEntry(buffer, headBytes + number * entryBytes);
    if (entry?.offset !== end) throw corruptObject(path);
    const from = end - base;
    end += entry.byteLength;
    if (crc32(data.subarray(from, end - base)) !== entry.crc) throw corruptObject(path);
    entries.push(entry);
  }
  if (data.byteLength !== end - base) throw corruptObject(path);
  return { base, end, entries, data };
}

/** The entries of an index, as bytes. */
export function decodeEntries(index: Buffer): readonly IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (let at = 0; at < index.byteLength; at += entryBytes) {
    const entry = decodeEntry(index, at);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

export function byteLengthOf(entries: readonly IndexEntry[]): number {
  return entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

const magic = 0x314f4548;
const headBytes = 28;

/** Of the header without the sum itself, and of the entries. */
function headSum(head: Buffer): number {
  return crc32(head.subarray(headBytes), crc32(head.subarray(0, 24)));
}

function corruptObject(path: string): HeliosError {
  return new HeliosError('corrupt_data', `The object ${path} is not what Helios put.`, {
    hint: 'Restore it from a version of it or a copy; events that no other place has are in it.',
    details: { path },
  });
}
