import type { Clock } from '../base/clock.ts';
import { position } from '../event/record.ts';
import type { PartitionLag, Positions, Source } from '../source/source.ts';
import type { PositionTexts } from './epoch/manifest.ts';
import type { ReadPositions } from './epoch/recovery.ts';
import { knownPositions } from './epoch/bound.ts';

/** People who look at a lag see one that is no older. */
const intervalMs = 1000;

export type LagWatchContext = {
  readonly sources: ReadonlyMap<string, Source>;
  /** Up to where everything is in the tables. */
  readonly positions: () => ReadPositions;
  /** Where a bounded pipeline ends: it lags behind that alone. */
  readonly until: PositionTexts | undefined;
  readonly clock: Clock;
};

/** Asks the sources again and again how far they are behind, beside the epochs. */
export class LagWatch {
  readonly #context: LagWatchContext;
  readonly #lags = new Map<string, readonly PartitionLag[]>();
  readonly #closing = new AbortController();
  #task: Promise<void> = Promise.resolve();

  constructor(context: LagWatchContext) {
    this.#context = context;
  }

  /** Source name → its partitions, as of some seconds ago; sources that can't tell are left out. */
  get lags(): ReadonlyMap<string, readonly PartitionLag[]> {
    return this.#lags;
  }

  start(): void {
    this.#task = this.#watch(this.#closing.signal);
  }

  /** Once, of all sources. */
  async ask(): Promise<void> {
    for (const [name, source] of this.#context.sources) await this.#ask(name, source);
  }

  /** Nothing is asked any more, and nothing is known. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#task;
    this.#lags.clear();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.ask();
      await waitQuietly(this.#context.clock, signal);
    }
  }

  async #lagsOf(
    name: string,
    source: Source,
    known: Positions,
  ): Promise<readonly PartitionLag[] | undefined> {
    const lags = await source.partitionLags?.(known);
    const bounds = this.#context.until?.[name];
    if (this.#context.until === undefined || lags === undefined) return lags;
    const ends = Object.entries(bounds ?? {}).map(([key, at]) => [key, position(at)] as const);
    const beyond = await source.partitionLags?.(new Map(ends));
    return lags
      .filter(({ partition }) => bounds?.[partition] !== undefined)
      .map((lag) =>
        lagBetween(
          lag,
          beyond?.find(({ partition }) => partition === lag.partition),
        ),
      );
  }

  /** What keeps a source from telling keeps it from being read too, and is told there. */
  async #ask(name: string, source: Source): Promise<void> {
    if (source.partitionLags === undefined) return;
    const known = knownPositions(this.#context.positions().get(name));
    const lags = await this.#lagsOf(name, source, known).catch(() => undefined);
    if (lags === undefined) this.#lags.delete(name);
    else this.#lags.set(name, lags);
  }
}

/** Of two lags behind one end, what lies between them. */
function lagBetween(lag: PartitionLag, beyond: PartitionLag | undefined): PartitionLag {
  const { records, bytes } = beyond ?? {};
  return {
    partition: lag.partition,
    records: lag.records === undefined || records === undefined ? undefined : lag.records - records,
    bytes: lag.bytes === undefined || bytes === undefined ? undefined : lag.bytes - bytes,
    ms: undefined,
    lastKnownAtMs: lag.lastKnownAtMs,
  };
}

async function waitQuietly(clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(intervalMs, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
