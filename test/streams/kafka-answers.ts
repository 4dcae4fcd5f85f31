import { framed } from '../peers/kafka-fault-proxy.ts';

/**
 * An answer to Fetch, of version 13 or later, about one partition without aborted transactions.
 * Schema: https://kafka.apache.org/protocol.html#The_Messages_Fetch
 */
export class FetchAnswerBytes {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const { value, end } = varint(bytes, recordsAt);
    this.#start = end;
    this.#end = end + Math.max(0, value - 1);
  }

  get records(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  withRecords(records: Buffer): Buffer {
    const before = this.#bytes.subarray(0, recordsAt);
    const after = this.#bytes.subarray(this.#end);
    return framed(Buffer.concat([before, varintOf(records.length + 1), records, after]));
  }

  withError(code: number): Buffer {
    const answer = this.withRecords(Buffer.alloc(0));
    answer.writeInt16BE(code, lengthBytes + errorAt);
    return answer;
  }

  ofOtherTopic(): Buffer {
    const answer = framed(this.#bytes);
    answer.fill(0xff, lengthBytes + topicAt, lengthBytes + topicAt + 16);
    return answer;
  }

  withBaseOffset(offset: bigint): Buffer {
    const records = Buffer.from(this.records);
    records.writeBigInt64BE(offset, 0);
    return this.withRecords(records);
  }

  /** A byte of the records is another one. */
  damaged(): Buffer {
    const records = Buffer.from(this.records);
    records[records.length - 1] = (records.at(-1) ?? 0) ^ 0xff;
    return this.withRecords(records);
  }

  /** High watermark and last stable offset are -1. */
  withoutEnd(): Buffer {
    const answer = framed(this.#bytes);
    for (const at of [endAt, endAt + 8]) answer.writeBigInt64BE(-1n, lengthBytes + at);
    return answer;
  }
}

/** An answer to Metadata, of version 9 or later, that names no broker. */
export function withoutBrokers(bytes: Buffer): Buffer {
  const { value, end } = varint(bytes, brokersAt);
  let at = end;
  for (let broker = 1; broker < value; broker++) {
    // Number, host, port, rack, tags.
    at = textEnd(bytes, at + 4) + 4;
    at = textEnd(bytes, at) + 1;
  }
  return framed(Buffer.concat([bytes.subarray(0, brokersAt), varintOf(1), bytes.subarray(at)]));
}

const lengthBytes = 4;
/** Behind the header with its tags. */
const brokersAt = 5 + 4;
const topicAt = 5 + 4 + 2 + 4 + 1;
const errorAt = topicAt + 16 + 1 + 4;
const endAt = errorAt + 2;
const recordsAt = endAt + 3 * 8 + 1 + 4;

function textEnd(bytes: Buffer, at: number): number {
  const { value, end } = varint(bytes, at);
  return end + Math.max(0, value - 1);
}

function varint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; ; index++) {
    const byte = bytes[at + index] ?? 0;
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
