import { createHash } from 'node:crypto';

/** A record as a program gives it to the Kinesis Producer Library. */
export type UserRecord = {
  readonly key: string;
  readonly hashKey?: string;
  readonly data: string | Uint8Array;
};

/**
 * Puts records together as the Kinesis Producer Library does, by the description of its format:
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
export function aggregate(records: readonly UserRecord[]): Buffer {
  const message = aggregatedMessage(records);
  const digest = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, digest]);
}

/** The protobuf message in the middle. */
export function aggregatedMessage(records: readonly UserRecord[]): Buffer {
  const keys = [...new Set(records.map(({ key }) => key))];
  const hashKeys = [...new Set(records.flatMap(({ hashKey }) => hashKey ?? []))];
  return Buffer.concat([
    ...keys.map((key) => bytesField(1, Buffer.from(key))),
    ...hashKeys.map((key) => bytesField(2, Buffer.from(key))),
    ...records.map(({ key, hashKey, data }) =>
      bytesField(
        3,
        Buffer.concat([
          numberField(1, keys.indexOf(key)),
          ...(hashKey === undefined ? [] : [numberField(2, hashKeys.indexOf(hashKey))]),
          bytesField(3, Buffer.from(data)),
        ]),
      ),
    ),
  ]);
}

export function bytesField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
