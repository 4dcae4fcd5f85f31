import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { EpochMs } from '../../../event/record.ts';
import type { RecordForm } from '../../source.ts';
import { isAggregate, subRecordsOf, type SubRecord } from './aggregated-record.ts';
import { hashKeyMax, type ListedShard } from '../shard/shard-map.ts';

/** A record as Kinesis delivers it; `data` is base64 where it is text. */
export type StreamRecord = {
  readonly data: string | Uint8Array;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivedAtMs: EpochMs;
};

/**
 * Records of one shard, in order, as the lines that a batch's file holds. Each of the arrays has an
 * element for each record; a record has no line, one, or, as an aggregate, many.
 */
export type RecordPage = {
  readonly bytes: Buffer;
  /** Where the record's lines end in `bytes`. */
  readonly ends: readonly number[];
  readonly sequenceNumbers: readonly string[];
  readonly arrivals: readonly EpochMs[];
  /** Offsets, ascending, of the line feeds within values: `bytes` has carriage returns there. */
  readonly feeds: readonly number[];
  /** Offsets, ascending, of the lines that stand for an empty value. */
  readonly empties: readonly number[];
};

/** Stands for a value without bytes, which can't be a line: no decoder takes it for a record. */
const emptyLine = '!';

const lineFeed = 10;
const carriageReturn = 13;

/** Puts records into the form that a table needs, with as little as can be done for each. */
export class PageBuilder {
  readonly #form: RecordForm;
  readonly #shard: ListedShard;
  #bytes: Buffer;
  #length = 0;
  readonly #ends: number[] = [];
  readonly #sequenceNumbers: string[] = [];
  readonly #arrivals: EpochMs[] = [];
  readonly #feeds: number[] = [];
  readonly #empties: number[] = [];
  #strayCount = 0;

  /** `bytesHint` is about how long the lines will be. */
  constructor(form: RecordForm, shard: ListedShard, bytesHint: number) {
    this.#form = form;
    this.#shard = shard;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(64, bytesHint));
  }

  /** Records of aggregates whose hash key belongs to another shard; they are kept. */
  get strayCount(): number {
    return this.#strayCount;
  }

  /** The sequence number is after that of the record before. */
  add(record: StreamRecord): void {
    const start = this.#length;
    const end = this.#copy(record.data);
    const value = this.#bytes.subarray(start, end);
    const parts = isAggregate(value) ? subRecordsOf(Buffer.from(value)) : undefined;
    if (parts !== undefined) this.#addParts(record, parts);
    else if (this.#form.kind === 'lines') this.#endLine(value.length);
    else this.#addEnvelope(Buffer.from(value), this.#metadata(record, undefined, 0));
    this.#ends.push(this.#length);
    this.#sequenceNumbers.push(record.sequenceNumber);
    this.#arrivals.push(record.arrivedAtMs);
  }

  finish(): RecordPage {
    return {
      bytes: this.#bytes.subarray(0, this.#length),
      ends: this.#ends,
      sequenceNumbers: this.#sequenceNumbers,
      arrivals: this.#arrivals,
      feeds: this.#feeds,
      empties: this.#empties,
    };
  }

  #addParts(record: StreamRecord, parts: readonly SubRecord[]): void {
    this.#strayCount += this.#countStrays(parts);
    for (const [index, part] of parts.entries()) {
      if (this.#form.kind === 'lines') {
        this.#copy(part.data);
        this.#endLine(part.data.length);
      } else this.#addEnvelope(part.data, this.#metadata(record, part, index));
    }
  }

  /** Puts a value after the lines, where it is not counted yet; gives its end. */
  #copy(data: string | Uint8Array): number {
    const start = this.#length;
    const isText = typeof data === 'string';
    // One byte more, so that a line end fits.
    this.#reserve((isText ? Math.ceil((data.length * 3) / 4) : data.length) + 1);
    if (isText) return start + this.#bytes.write(data, start, 'base64');
    this.#bytes.set(data, start);
    return start + data.length;
  }

  /** Makes the `byteLength` bytes after the lines one more line. */
  #endLine(byteLength: number): void {
    const start = this.#length;
    if (byteLength === 0) return this.#addEmpty();
    const end = start + byteLength;
    const value = this.#bytes.subarray(start, end);
    for (let at = value.indexOf(lineFeed); at >= 0; at = value.indexOf(lineFeed, at + 1)) {
      value[at] = carriageReturn;
      this.#feeds.push(start + at);
    }
    this.#bytes[end] = lineFeed;
    this.#length = end + 1;
  }

  #addEmpty(): void {
    this.#empties.push(this.#length);
    this.#append(`${emptyLine}\n`);
  }

  #addEnvelope(value: Uint8Array, metadata: Readonly<Record<string, unknown>> | undefined): void {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    const content =
      this.#form.isBinary || !isUtf8(bytes)
        ? { b: bytes.toString('base64') }
        : { v: bytes.toString('utf8') };
    const envelope = metadata === undefined ? content : { ...content, m: metadata };
    this.#append(`${JSON.stringify(envelope)}\n`);
  }

  #append(text: string): void {
    this.#reserve(Buffer.byteLength(text));
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  #reserve(byteLength: number): void {
    const needed = this.#length + byteLength;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  #metadata(
    record: StreamRecord,
    part: SubRecord | undefined,
    index: number,
  ): Readonly<Record<string, unknown>> | undefined {
    const keys = this.#form.metadata;
    if (keys.length === 0) return undefined;
    const all: Readonly<Record<string, unknown>> = {
      sequence_number: record.sequenceNumber,
      subsequence_number: index,
      shard_id: this.#shard.id,
      partition_key: part?.partitionKey ?? record.partitionKey,
      timestamp: record.arrivedAtMs,
      // Kinesis tells it of no record; only an aggregate keeps it.
      explicit_hash_key: part?.explicitHashKey ?? null,
    };
    return Object.fromEntries(keys.map((key) => [key, all[key] ?? null]));
  }

  #countStrays(parts: readonly SubRecord[]): number {
    const { hashKeyStart, hashKeyEnd } = this.#shard;
    if (hashKeyStart === 0n && hashKeyEnd === hashKeyMax) return 0;
    const known = new Map<string, boolean>();
    return parts.filter(({ partitionKey, explicitHashKey }) => {
      const name = explicitHashKey ?? `${partitionKey} `;
      const isStray = known.get(name) ?? this.#isStray(partitionKey, explicitHashKey);
      known.set(name, isStray);
      return isStray;
    }).length;
  }

  #isStray(partitionKey: string, explicitHashKey: string | undefined): boolean {
    if (explicitHashKey !== undefined && !/^\d{1,39}$/.test(explicitHashKey)) return true;
    const key = BigInt(explicitHashKey ?? `0x${hash('md5', partitionKey, 'hex')}`);
    return key < this.#shard.hashKeyStart || key > this.#shard.hashKeyEnd;
  }
}
