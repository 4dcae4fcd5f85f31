import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithms } from '@platformatic/kafka';
import { HeliosError } from '../../../base/errors.ts';

/** Of one batch of records. Brokers take batches of 1 MB unless they are told otherwise. */
const batchBytesMax: number = 512 * 1024 * 1024;

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

/**
 * The records of a batch. `corrupt_data` where the bytes are not what the codec makes, or would
 * become more than `batchBytesMax`. The result may share the bytes it was made of.
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  try {
    switch (codec) {
      case 0:
        return bytes;
      case 1:
        return gunzipSync(bytes, { maxOutputLength: batchBytesMax });
      case 2:
        return snappy(bytes);
      case 3:
        checkLz4(bytes);
        return compressionsAlgorithms.lz4.decompressSync(bytes);
      case 4:
        return zstdDecompressSync(bytes, { maxOutputLength: batchBytesMax });
      default:
        throw new HeliosError('corrupt_data', `a batch of records has the unknown codec ${codec}`);
    }
  } catch (thrown) {
    if (thrown instanceof HeliosError) throw thrown;
    throw damaged(codec, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** Blocks of Java's snappy library, or one block as other clients write it. */
function snappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return snappyBlock(bytes, 0);
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : -1;
    const end = at + 4 + length;
    if (length < 0 || end > bytes.length) throw damaged(2, 'a block is cut off');
    const block = snappyBlock(bytes.subarray(at + 4, end), total);
    total += block.length;
    blocks.push(block);
    at = end;
  }
  return Buffer.concat(blocks, total);
}

function snappyBlock(block: Buffer, before: number): Buffer {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  checkSize(2, before + length);
  return compressionsAlgorithms.snappy.decompressSync(block);
}

/**
 * How much each block may become is known from its header, so that a bomb is found before it is
 * unpacked. Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
function checkLz4(bytes: Buffer): void {
  const flags = bytes[4] ?? 0;
  const blockBytesMax = 2 ** (8 + 2 * (((bytes[5] ?? 0) >> 4) & 7));
  const hasBlockSums = (flags & 0x10) !== 0;
  const headerBytes = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  let total = 0;
  for (let at = headerBytes; ;) {
    if (at + 4 > bytes.length) throw damaged(3, 'it ends without an end mark');
    const size = bytes.readUInt32LE(at);
    if (size === 0) return;
    const stored = size % 2 ** 31;
    // A byte of LZ4 becomes 255 at the most.
    total += size >= 2 ** 31 ? stored : Math.min(blockBytesMax, stored * 255);
    checkSize(3, total);
    at += 4 + stored + (hasBlockSums ? 4 : 0);
  }
}

function checkSize(codec: number, byteLength: number): void {
  if (byteLength <= batchBytesMax) return;
  throw damaged(codec, `it would become more than ${batchBytesMax} bytes`);
}

function damaged(codec: number, why: string): HeliosError {
  const name = ['none', 'gzip', 'snappy', 'lz4', 'zstd'][codec] ?? '';
  return new HeliosError('corrupt_data', `a batch of records is no ${name}: ${why}`);
}
