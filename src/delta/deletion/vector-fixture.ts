import { crc32 } from 'node:zlib';
import type { DeletionVectorDescriptor } from './descriptor.ts';

/** What a container of a bitmap is; all of one bitmap are of one kind here. */
export type ContainerKind = 'array' | 'bits' | 'runs';

const digits =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Rows in ascending order as a deletion vector's data, written from the specification. */
export function encodeRoaring(rows: readonly number[], kind: ContainerKind): Buffer {
  const high = [...Map.groupBy(rows, (row) => Math.floor(row / 2 ** 32))];
  return Buffer.concat([
    uint32(1_681_511_377),
    uint64(high.length),
    ...high.flatMap(([key, some]) => [
      uint32(key),
      encodeBitmap(
        some.map((row) => row % 2 ** 32),
        kind,
      ),
    ]),
  ]);
}

/** A file with several vectors, and where they are in it. */
export function vectorFile(vectors: readonly (readonly number[])[]): {
  readonly bytes: Buffer;
  readonly places: readonly { readonly offset: number; readonly sizeInBytes: number }[];
} {
  let bytes: Buffer = Buffer.from([1]);
  const places = vectors.map((rows) => {
    const data = encodeRoaring(rows, 'array');
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeInt32BE(data.length);
    sum.writeUInt32BE(crc32(data));
    const offset = bytes.length;
    bytes = Buffer.concat([bytes, length, data, sum]);
    return { offset, sizeInBytes: data.length };
  });
  return { bytes, places };
}

export function inlineDescriptor(rows: readonly number[]): DeletionVectorDescriptor {
  const data = encodeRoaring(rows, 'array');
  const padded = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
  return {
    storageType: 'i',
    pathOrInlineDv: encodeBase85(padded),
    sizeInBytes: data.length,
    cardinality: rows.length,
  };
}

export function encodeBase85(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    let word = bytes.readUInt32BE(at);
    let five = '';
    for (let digit = 0; digit < 5; digit++) {
      five = `${digits[word % 85]}${five}`;
      word = Math.floor(word / 85);
    }
    text += five;
  }
  return text;
}

function encodeBitmap(rows: readonly number[], kind: ContainerKind): Buffer {
  const containers = [...Map.groupBy(rows, (row) => Math.floor(row / 65_536))].map(
    ([key, some]) => ({ key, values: some.map((row) => row % 65_536) }),
  );
  const bodies = containers.map(({ values }) => encodeContainer(values, kind));
  const keys = containers.map(({ key, values }) =>
    Buffer.concat([uint16(key), uint16(values.length - 1)]),
  );
  const isRuns = kind === 'runs';
  const head = isRuns
    ? [
        uint32((12_347 | ((containers.length - 1) << 16)) >>> 0),
        Buffer.alloc(Math.ceil(containers.length / 8), 0xff),
      ]
    : [uint32(12_346), uint32(containers.length)];
  const offsets = !isRuns || containers.length >= 4 ? containers.map(() => uint32(0)) : [];
  return Buffer.concat([...head, ...keys, ...offsets, ...bodies]);
}

function encodeContainer(values: readonly number[], kind: ContainerKind): Buffer {
  if (kind === 'array') return Buffer.concat(values.map(uint16));
  if (kind === 'bits') {
    const bits = Buffer.alloc(8192);
    for (const value of values) bits[value >>> 3] = (bits[value >>> 3] ?? 0) | (1 << (value & 7));
    return bits;
  }
  const runs: [first: number, length: number][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run[0] + run[1] + 1 === value) run[1] += 1;
    else runs.push([value, 0]);
  }
  return Buffer.concat([uint16(runs.length), ...runs.flat().map(uint16)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
