import type { Batch, EpochMs } from '../../../event/record.ts';
import type { PartitionLag } from '../../source.ts';
import type { PartitionReader } from '../partition-reader.ts';

/** Of a record, while none was seen. */
const recordBytesGuess = 256;

/** How large records are as they are read, on average; the newest ones count most. */
export class RecordSizes {
  #records = 0;
  #bytes = 0;

  get average(): number {
    return this.#records === 0 ? recordBytesGuess : this.#bytes / this.#records;
  }

  add(records: number, content: Batch['content']): void {
    if (content.kind === 'parquet' || records === 0) return;
    this.#records = this.#records / 2 + records;
    this.#bytes = this.#bytes / 2 + content.byteLength;
  }
}

/** Where a log begins and ends, as far as it is known. */
export type KnownLog = { readonly start: number | undefined; readonly end: number | undefined };

export type LagQuestion = {
  readonly name: string;
  readonly log: KnownLog;
  readonly reader: PartitionReader | undefined;
  /** The next one to read; undefined is the beginning. */
  readonly offset: number | undefined;
  readonly nowMs: number;
  readonly recordBytes: number;
};

/** Gaps in the offsets count as records. */
export function lagOf({
  name,
  log,
  reader,
  offset,
  nowMs,
  recordBytes,
}: LagQuestion): PartitionLag {
  const start = offset ?? log.start;
  if (log.end === undefined || start === undefined) return unknownLag(name, undefined);
  const records = Math.max(0, log.end - start);
  const oldestMs = reader?.oldestMs;
  const ageMs = oldestMs === undefined ? undefined : Math.max(0, nowMs - oldestMs);
  return {
    partition: name,
    records: BigInt(records),
    bytes: Math.round(records * recordBytes),
    ms: records === 0 ? 0 : ageMs,
  };
}

export function unknownLag(partition: string, lastKnownAtMs: EpochMs | undefined): PartitionLag {
  return { partition, records: undefined, bytes: undefined, ms: undefined, lastKnownAtMs };
}
