import { createHash } from 'node:crypto';

/**
 * Puts many records into one of Kinesis, as the Kinesis Producer Library does. What is read back is
 * each of them by itself, whole and in order. The format, by
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md:
 *
 * ```
 * F3 89 9A C2 │ protobuf AggregatedRecord │ MD5 of the protobuf, 16 bytes
 * AggregatedRecord { 1: partition key table, 3: records }
 * Record { 1: index into table 1, 3: data }
 * ```
 *
 * A single record stays as it is, for readers that know nothing of aggregates.
 */
export class AggregateWriter {
  readonly #partitionKey: string;
  readonly #pieces: Uint8Array[] = [];
  #first: Uint8Array | undefined;
  #recordCount = 0;
  #byteLength: number;

  constructor(partitionKey: string) {
    const key = Buffer.from(partitionKey, 'utf8');
    this.#partitionKey = partitionKey;
    this.#pieces.push(field(1, key.length), key);
    this.#byteLength = magic.length + digestBytes + aggregateHeaderBytes + key.length;
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** What it takes at most, the partition key included, which counts for Kinesis's limits. */
  get byteLength(): number {
    return this.#byteLength + this.#partitionKey.length;
  }

  /** The bytes stay the caller's, and unchanged until `finish`. */
  add(data: Uint8Array): void {
    const head = field(3, data.length);
    const recordLength = keyIndexField.length + head.length + data.length;
    const header = field(3, recordLength);
    this.#first ??= data;
    this.#recordCount += 1;
    this.#pieces.push(header, keyIndexField, head, data);
    this.#byteLength += header.length + recordLength;
  }

  finish(): Uint8Array {
    if (this.#recordCount === 1 && this.#first !== undefined) return this.#first;
    const message = Buffer.concat(this.#pieces);
    const digest = createHash('md5').update(message).digest();
    return Buffer.concat([magic, message, digest]);
  }
}

const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const digestBytes = 16;
/** Tag and length of the partition key in its table. */
const aggregateHeaderBytes = 3;
/** Each record has the first partition key of the table. */
const keyIndexField = Buffer.from([1 << 3, 0]);

/** Tag and length of a field of bytes (wire type 2). */
function field(number: number, byteLength: number): Uint8Array {
  const bytes = [(number << 3) | 2];
  let rest = byteLength;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
