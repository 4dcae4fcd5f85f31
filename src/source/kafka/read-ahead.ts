import type { Batch } from '../../event/record.ts';
import type { ReadRequest } from '../source.ts';

/** Below it a batch is made as fast as it is asked for. */
const aheadBytesMin = 1024 * 1024;

type Prepared = {
  readonly bytesMax: number;
  /** Never rejects: what failed is found again by whoever reads there. */
  readonly batch: Promise<Batch | undefined>;
};

/**
 * The next batch of each partition that has much to read, made while the one before is worked on:
 * decoding and the pipeline's SQL use different threads. At the end of a log there is none: it
 * would lack what arrives meanwhile.
 */
export class ReadAhead {
  readonly #prepared = new Map<string, Prepared>();
  /** Bytes that a batch was made for which was made ahead. */
  readonly #madeFor = new WeakMap<Batch, number>();
  #isClosed = false;

  /** Has `read` make what follows `batch`, where `request` was for much and got it. */
  begin(request: ReadRequest, batch: Batch, read: (next: ReadRequest) => Prepared['batch']): void {
    const { partition, bytesMax, until } = request;
    const madeFor = this.#madeFor.get(batch) ?? bytesMax;
    const isFull = batch.content.kind !== 'parquet' && batch.content.byteLength >= madeFor;
    if (!isFull || bytesMax < aheadBytesMin || until !== undefined || this.#isClosed) return;
    const next = read({ ...request, after: batch.to }).catch(() => undefined);
    this.#prepared.set(partition, { bytesMax, batch: next });
  }

  /**
   * What was made for this place, whatever its limit was then; what was made for another is thrown
   * away.
   */
  async take({ partition, after, until }: ReadRequest): Promise<Batch | undefined> {
    const prepared = this.#prepared.get(partition);
    if (prepared === undefined) return undefined;
    this.#prepared.delete(partition);
    const batch = await prepared.batch;
    if (batch === undefined) return undefined;
    if (batch.from === after && until === undefined) {
      this.#madeFor.set(batch, prepared.bytesMax);
      return batch;
    }
    await batch.release();
    return undefined;
  }

  /** Until what is under way is through. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { batch } of this.#prepared.values()) await (await batch)?.release();
    this.#prepared.clear();
  }
}
