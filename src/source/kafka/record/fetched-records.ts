import { HeliosError } from '../../../base/errors.ts';
import { decompress } from './decompress.ts';
import { offsetAt, readBatch, type RecordBatch } from './record-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import type { SpoolLines } from './spool-lines.ts';
import { takeRecords, type TakeLimits } from './take-records.ts';

export type AbortedTransaction = {
  readonly producerId: bigint;
  readonly firstOffset: number;
};

/** Where reading goes on, and the epoch of the leader that wrote what came before. */
export type Place = { readonly offset: number; readonly leaderEpoch: number | undefined };

/**
 * The batches of one answer for one partition, read in order. Leaves out markers of transactions
 * and, where the answer names aborted ones, their records: from a transaction's first offset on,
 * whatever its producer wrote, until its marker (as Apache's consumer does, see `CompletedFetch`).
 */
export class FetchedRecords {
  readonly #bytes: Buffer;
  /** In the order of their offsets. */
  readonly #aborted: AbortedTransaction[];
  readonly #abortedProducers = new Set<bigint>();
  #at = 0;
  #open: RecordCursor | undefined;
  #newestMs = 0;
  #lastOffset = -1;
  /** Whatever is asked for next fails the same way. */
  #failure: { readonly thrown: unknown } | undefined;

  constructor(bytes: Buffer, aborted: readonly AbortedTransaction[]) {
    this.#bytes = bytes;
    this.#aborted = aborted.toSorted((left, right) => left.firstOffset - right.firstOffset);
  }

  /** Time of the newest record in the batches that were opened so far. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /**
   * Takes records from `from` on into lines until a limit is reached, or the last batch is through;
   * gives where to go on. `corrupt_data` names the offset; what came before it was taken first.
   */
  take(from: Place, lines: SpoolLines, limits: Omit<TakeLimits, 'offsetMin'>): Place {
    let place = from;
    while (lines.byteLength < limits.bytesMax && place.offset < limits.offsetEnd) {
      const mark = lines.mark();
      try {
        const next = this.#takeBatch(place, lines, limits);
        if (next === undefined) return place;
        place = next;
      } catch (thrown) {
        lines.backTo(mark);
        if (place.offset === from.offset) throw thrown;
        return place;
      }
    }
    return place;
  }

  /** Whether every batch was read. */
  get isDone(): boolean {
    return this.#open === undefined && this.#at === this.#bytes.length;
  }

  /** From one batch; undefined after the last one. */
  #takeBatch(
    place: Place,
    lines: SpoolLines,
    limits: Omit<TakeLimits, 'offsetMin'>,
  ): Place | undefined {
    if (this.#failure !== undefined) throw this.#failure.thrown;
    try {
      this.#open ??= this.#nextBatch(place.offset);
      if (this.#open === undefined) return undefined;
      const { batch } = this.#open;
      const offset = takeRecords(this.#open, lines, { ...limits, offsetMin: place.offset });
      if (offset === undefined) {
        if (hasOwnMemory(this.#open)) lines.addSpent(this.#open.bytes);
        this.#open = undefined;
      }
      const next = offset ?? Math.min(batch.lastOffset + 1, limits.offsetEnd);
      return { offset: Math.max(place.offset, next), leaderEpoch: epochOf(batch, place) };
    } catch (thrown) {
      this.#failure = { thrown: at(this.#open?.batch.baseOffset, thrown) };
      throw this.#failure.thrown;
    }
  }

  /** The next batch with records that are wanted; those before `offset` are passed over. */
  #nextBatch(offset: number): RecordCursor | undefined {
    for (;;) {
      const batch = this.#read();
      if (batch === undefined) return undefined;
      if (batch.baseOffset <= this.#lastOffset) throw outOfOrder(batch, this.#lastOffset);
      this.#lastOffset = batch.lastOffset;
      this.#followTransactions(batch);
      if (batch.lastOffset >= offset) return this.#openBatch(batch);
    }
  }

  #openBatch(batch: RecordBatch): RecordCursor {
    this.#newestMs = Math.max(this.#newestMs, batch.maxTimeMs);
    const isAborted = batch.isTransactional && this.#abortedProducers.has(batch.producerId);
    if (batch.isControl || isAborted) return new RecordCursor(without(batch), Buffer.alloc(0));
    try {
      return new RecordCursor(batch, decompress(batch.codec, batch.payload));
    } catch (thrown) {
      throw at(batch.baseOffset, thrown);
    }
  }

  /** Transactions that began up to this batch are on; a marker ends its producer's. */
  #followTransactions(batch: RecordBatch): void {
    while ((this.#aborted[0]?.firstOffset ?? Number.POSITIVE_INFINITY) <= batch.lastOffset) {
      const begun = this.#aborted.shift();
      if (begun !== undefined) this.#abortedProducers.add(begun.producerId);
    }
    if (batch.isControl && isAbortMarker(batch)) this.#abortedProducers.delete(batch.producerId);
  }

  #read(): RecordBatch | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    try {
      const batch = readBatch(this.#bytes, this.#at);
      if ('needed' in batch) {
        // The last one is cut off where the answer's limit is; the next answer has it.
        this.#at = this.#bytes.length;
        return undefined;
      }
      this.#at = batch.end;
      return batch;
    } catch (thrown) {
      throw at(offsetAt(this.#bytes, this.#at), thrown);
    }
  }
}

/** Whether a batch was unpacked into memory that nothing else is in. */
function hasOwnMemory({ batch, bytes }: RecordCursor): boolean {
  return batch.codec !== 0 && bytes.length > 0 && bytes.length === bytes.buffer.byteLength;
}

/** Key of a marker: version (two bytes), then 0 for an abort and 1 for a commit. */
function isAbortMarker(batch: RecordBatch): boolean {
  const cursor = new RecordCursor(batch, Buffer.from(batch.payload));
  if (!cursor.next() || cursor.keyLength < 4) return false;
  return cursor.bytes.readInt16BE(cursor.keyStart + 2) === 0;
}

function without(batch: RecordBatch): RecordBatch {
  return { ...batch, recordCount: 0 };
}

function outOfOrder({ baseOffset }: RecordBatch, after: number): HeliosError {
  const what = `a batch of records is damaged: its offset comes after ${after}`;
  return new HeliosError('corrupt_data', what, { details: { offset: baseOffset } });
}

function epochOf(batch: RecordBatch, place: Place): number | undefined {
  return batch.leaderEpoch < 0 ? place.leaderEpoch : batch.leaderEpoch;
}

function at(offset: number | undefined, thrown: unknown): unknown {
  if (!(thrown instanceof HeliosError) || offset === undefined) return thrown;
  if (thrown.details?.['offset'] !== undefined) return thrown;
  return new HeliosError('corrupt_data', `at offset ${offset} ${thrown.message}`, {
    cause: thrown,
    details: { offset },
  });
}
