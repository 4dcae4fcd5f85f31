import type { StreamAnswer } from '../../../../server/api.ts';

/** How fast a stream grows; a log's offsets count bytes, a topic's records. */
export type StreamRate = { readonly perSecond: number; readonly unit: 'bytes' | 'records' };

/** Rates are those of so long: short enough for who watches, long enough to stand still. */
const windowMs = 10_000;

type Sample = { readonly atMs: number; readonly end: number };

/** Tells rates by how far the ends of streams moved between looks at them. */
export class StreamRates {
  readonly #samples = new Map<string, readonly Sample[]>();

  /** Notes a look. A stream that was looked at once, or whose broker is silent, has no rate. */
  note(streams: readonly StreamAnswer[], atMs: number): ReadonlyMap<string, StreamRate> {
    const rates = new Map<string, StreamRate>();
    for (const { id, partitions, backing } of streams) {
      if (partitions.length === 0) continue;
      const end = partitions.reduce((sum, { end_offset }) => sum + end_offset, 0);
      const samples = [...this.#recent(id, atMs), { atMs, end }];
      this.#samples.set(id, samples);
      const [first] = samples;
      if (first === undefined || first.atMs === atMs || end < first.end) continue;
      const perSecond = (end - first.end) / ((atMs - first.atMs) / 1000);
      rates.set(id, { perSecond, unit: backing === null ? 'bytes' : 'records' });
    }
    return rates;
  }

  /** One that is older than the window is kept while there is no other. */
  #recent(id: string, atMs: number): readonly Sample[] {
    const samples = this.#samples.get(id) ?? [];
    const recent = samples.filter((sample) => sample.atMs >= atMs - windowMs);
    return recent.length === 0 ? samples.slice(-1) : recent;
  }
}

/** When its newest record arrived; undefined where it has none, or a broker does not tell. */
export function newestArrival({ partitions }: StreamAnswer): string | undefined {
  return partitions
    .map(({ newest_arrival }) => newest_arrival)
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1);
}
