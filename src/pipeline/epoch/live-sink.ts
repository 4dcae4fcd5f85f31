import { assert } from '../../base/assert.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';
import type { Part, Sink } from '../../sink/sink.ts';
import type { ManifestPart, ManifestSink, PositionTexts } from './manifest.ts';

/** A merge that is done but that no manifest names yet. */
export type Merge = { readonly merged: Part; readonly replaced: readonly Part[] };

/** What an epoch adds to a sink. */
export type SinkStep = {
  readonly part: Part | undefined;
  readonly rowCount: number;
  readonly fileBytes: number | undefined;
};

/** What whoever adopts a table needs to know of a sink. */
export type SinkFacts = Pick<
  ManifestSink,
  'id' | 'table' | 'tableId' | 'rolledEpoch' | 'skip' | 'start'
> & {
  /** It has rows that its table lacks. */
  readonly isHot: boolean;
};

/** The epoch that became true, and the time. */
export type PublishedAt = { readonly epoch: Epoch; readonly nowMs: EpochMs };

/**
 * One sink of a running pipeline: its hot parts as the newest manifest made them true.
 *
 * Invariant: `parts` are in epoch order, without gaps or overlaps among those that hold rows, and
 * all of them lie after `rolledEpoch`. It changes only in `publish`, after the manifest's put, and
 * in
 * `forget`, after a roll's commit; both run to their end without waiting, so that a query sees one
 * or the other.
 */
export class LiveSink {
  readonly id: string;
  readonly table: string;
  readonly sink: Sink;
  readonly sinceEpoch: Epoch;
  /** What is read up to here has its rows in the table already; null once it is passed. */
  skip: PositionTexts | null;
  readonly #start: PositionTexts;
  #parts: readonly Part[];
  #rowsOut: number;
  #fileBytes: number | undefined;
  #pendingMerge: Merge | undefined;
  /** Newest epoch that the table's txn contains, as last read; undefined before the first roll. */
  rolledEpoch: Epoch | undefined;
  /** The newest epoch that this sink's rows are complete up to. */
  publishedEpoch: Epoch = 0;
  /**
   * Parts up to this epoch are also in a state that another machine may still be rolling from: they
   * go into the table as they are, and soon. Undefined where nobody else can.
   */
  sealedEpoch: Epoch | undefined;
  /** When the newest record arrived whose row is here; 0 for none. */
  newestAtMs: EpochMs;
  /** When the last row came, and the first of those that are hot. */
  lastRowAtMs: EpochMs = 0;
  firstHotAtMs: EpochMs = 0;
  /** True while a roll or a merge runs: at most one of them at a time. */
  isBusy = false;

  constructor(sink: Sink, state: ManifestSink, parts: readonly Part[]) {
    this.id = state.id;
    this.table = state.table;
    this.sink = sink;
    this.sinceEpoch = state.sinceEpoch;
    this.skip = state.skip;
    this.#start = state.start;
    this.#parts = parts;
    this.#rowsOut = state.rowsOut;
    this.#fileBytes = state.fileBytes ?? undefined;
    this.newestAtMs = state.newestAtMs;
    this.rolledEpoch = state.rolledEpoch ?? undefined;
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  get rowsOut(): number {
    return this.#rowsOut;
  }

  /** Bytes of the sink's file that are true; 0 for tables. */
  get fileBytes(): number {
    return this.#fileBytes ?? 0;
  }

  get hotRows(): number {
    return this.#parts.reduce((sum, part) => sum + part.rowCount, 0);
  }

  get hotBytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.byteLength, 0);
  }

  get pendingMerge(): Merge | undefined {
    return this.#pendingMerge;
  }

  /** Some parts are as they were taken over, and not yet in the table. */
  get isSealed(): boolean {
    const [first] = this.#parts;
    return first !== undefined && first.firstEpoch <= (this.sealedEpoch ?? -1);
  }

  /** The newest epoch up to `epoch` at which no part, also none that is merged now, is cut. */
  edgeBefore(epoch: Epoch): Epoch {
    const merged = this.#pendingMerge === undefined ? [] : [this.#pendingMerge.merged];
    const cut = [...this.#parts, ...merged].filter(
      (part) => part.firstEpoch <= epoch && part.lastEpoch > epoch,
    );
    return Math.min(epoch, ...cut.map((part) => part.firstEpoch - 1));
  }

  /** The next manifest shall name the merged part in place of those it replaces. */
  offerMerge(merge: Merge): void {
    this.#pendingMerge = merge;
  }

  /** This sink as a note beside a commit tells of it. */
  get facts(): SinkFacts {
    return {
      id: this.id,
      table: this.table,
      tableId: this.sink.tableId,
      rolledEpoch: this.rolledEpoch ?? null,
      isHot: this.#parts.length > 0,
      skip: this.skip,
      start: this.#start,
    };
  }

  /** This sink's entry of the manifest that makes `step` true. */
  next(step: SinkStep): ManifestSink {
    return {
      id: this.id,
      table: this.table,
      tableId: this.sink.tableId,
      sinceEpoch: this.sinceEpoch,
      rowsOut: this.#rowsOut + step.rowCount,
      parts: this.#partsAfter(step, this.#pendingMerge).map(toManifestPart),
      fileBytes: step.fileBytes ?? this.#fileBytes ?? null,
      rolledEpoch: this.rolledEpoch ?? null,
      skip: this.skip,
      start: this.#start,
      newestAtMs: Math.max(this.newestAtMs, step.part?.newestAtMs ?? 0),
    };
  }

  /** The manifest with `step` and `merge` is true. Gives the names of the parts it replaced. */
  publish(step: SinkStep, merge: Merge | undefined, at: PublishedAt): readonly string[] {
    const { epoch, nowMs } = at;
    this.publishedEpoch = epoch;
    this.newestAtMs = Math.max(this.newestAtMs, step.part?.newestAtMs ?? 0);
    if (step.rowCount > 0) {
      this.lastRowAtMs = nowMs;
      if (this.#parts.length === 0) this.firstHotAtMs = nowMs;
    }
    this.#parts = this.#partsAfter(step, merge);
    this.#rowsOut += step.rowCount;
    this.#fileBytes = step.fileBytes ?? this.#fileBytes;
    if (merge === undefined) return [];
    this.#pendingMerge = undefined;
    return merge.replaced.map((part) => part.name);
  }

  /** Rows of the epochs up to `epoch` are in the table. Gives the names of their parts. */
  forget(epoch: Epoch, nowMs: EpochMs): readonly string[] {
    const isCut = this.#parts.some((part) => part.firstEpoch <= epoch && part.lastEpoch > epoch);
    assert(!isCut, `A part of ${this.table} lies on both sides of epoch ${epoch}.`);
    const gone = this.#parts.filter((part) => part.lastEpoch <= epoch);
    this.#parts = this.#parts.filter((part) => part.lastEpoch > epoch);
    this.rolledEpoch = epoch;
    this.firstHotAtMs = nowMs;
    const names = gone.map((part) => part.name);
    const merged = this.#pendingMerge?.merged;
    if (merged === undefined || merged.lastEpoch > epoch) return names;
    this.#pendingMerge = undefined;
    return [...names, merged.name];
  }

  #partsAfter(step: SinkStep, merge: Merge | undefined): readonly Part[] {
    const kept = merge === undefined ? this.#parts : replaceParts(this.#parts, merge);
    const parts = step.part === undefined ? kept : [...kept, step.part];
    return parts.length > 1 ? parts.map((part) => this.#withStatsOfUse(part)) : parts;
  }

  /** A small part becomes a file as it is only when it is alone: each manifest names all parts. */
  #withStatsOfUse(part: Part): Part {
    if (part.statsJson === undefined || this.sink.kind !== 'table') return part;
    const isSmall = part.byteLength < (this.sink.finalBytesMin ?? Infinity);
    return isSmall ? { ...part, statsJson: undefined } : part;
  }
}

function replaceParts(parts: readonly Part[], merge: Merge): readonly Part[] {
  const replaced = new Set(merge.replaced.map((part) => part.name));
  return parts.flatMap((part) => {
    if (!replaced.has(part.name)) return [part];
    return part.name === merge.replaced[0]?.name ? [merge.merged] : [];
  });
}

function toManifestPart(part: Part): ManifestPart {
  return {
    name: part.name,
    firstEpoch: part.firstEpoch,
    lastEpoch: part.lastEpoch,
    rowCount: part.rowCount,
    byteLength: part.byteLength,
    statsJson: part.statsJson ?? null,
    newestAtMs: part.newestAtMs,
  };
}
