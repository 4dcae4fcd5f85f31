import type { Batch, Position } from '../../event/record.ts';
import type { Source } from '../../source/source.ts';
import { endedLook, lookOf } from '../epoch/batches.ts';
import { knownPositions } from '../epoch/bound.ts';
import type { Look } from '../stream/watermarks.ts';
import type { RangeEnds, ResolvedRange } from './record-range.ts';

export type GatherRequest = {
  /** Of each partition's batch. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
};

/** What a look at a partition found. */
export type OnLook = (source: string, partition: string, look: Omit<Look, 'nowMs'>) => void;

/** Reads a range of the records of some sources, a batch of each partition at a time. */
export class RangeReader {
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #ends: RangeEnds;
  readonly #positions: ReadonlyMap<string, Map<string, Position | undefined>>;

  constructor(sources: ReadonlyMap<string, Source>, { starts, ends }: ResolvedRange) {
    this.#sources = sources;
    this.#ends = ends;
    this.#positions = new Map([...sources.keys()].map((name) => [name, new Map(starts.get(name))]));
  }

  /** Source name → partition → read up to here. */
  get positions(): ReadonlyMap<string, ReadonlyMap<string, Position | undefined>> {
    return this.#positions;
  }

  /** Source name → its next batches; sources and partitions that have none now are left out. */
  async gather(
    { bytesMax, signal }: GatherRequest,
    onLook: OnLook = () => undefined,
  ): Promise<ReadonlyMap<string, readonly Batch[]>> {
    const gathered = new Map<string, Batch[]>();
    try {
      for (const [name, source] of this.#sources) {
        for (const partition of source.endedPartitions?.() ?? []) {
          onLook(name, partition, endedLook);
        }
        for (const partition of await source.partitions()) {
          if (this.#isThrough(name, source, partition)) continue;
          const after = this.#positions.get(name)?.get(partition);
          const until = this.#ends.get(name)?.get(partition);
          const batch = await source.read({ partition, after, until, bytesMax, signal });
          onLook(name, partition, lookOf(source, batch));
          if (batch === undefined) continue;
          this.#positions.get(name)?.set(partition, batch.to);
          gathered.set(name, [...(gathered.get(name) ?? []), batch]);
        }
      }
      return gathered;
    } catch (thrown) {
      for (const batch of [...gathered.values()].flat()) await batch.release();
      throw thrown;
    }
  }

  /** Nothing is left in the range. */
  async hasEnded(): Promise<boolean> {
    for (const [name, source] of this.#sources) {
      const ends = this.#ends.get(name);
      const isOver =
        ends === undefined
          ? await source.hasEnded(knownPositions(this.#positions.get(name)))
          : [...ends.keys()].every((partition) => this.#isThrough(name, source, partition));
      if (!isOver) return false;
    }
    return true;
  }

  /** Until some source may have records of the range. */
  async wait(signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    const waits = [...this.#sources].map(async ([name, source]) => {
      await source.waitForRecords(knownPositions(this.#positions.get(name)), either);
    });
    try {
      await Promise.race(waits);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      done.abort();
      await Promise.allSettled(waits);
    }
  }

  #isThrough(name: string, source: Source, partition: string): boolean {
    const ends = this.#ends.get(name);
    if (ends === undefined) return false;
    const end = ends.get(partition);
    if (end === undefined) return true;
    return source.compare(this.#positions.get(name)?.get(partition), end) >= 0;
  }
}
