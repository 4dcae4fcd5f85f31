import { assert } from '../../base/assert.ts';
import type { PipelineDefinition } from '../../catalog/catalog.ts';
import type { Connection } from '../../engine/engine.ts';
import type { Batch } from '../../event/record.ts';
import type { Manifest } from '../epoch/manifest.ts';
import type { Connectors } from '../open-pipeline.ts';
import type { Plan } from '../plan/plan.ts';
import type { TableRegistry } from '../tables/table-registry.ts';
import type { ReplayChunk } from './outcome-rows.ts';
import { pinRejected } from './rejected-tables.ts';
import { type Replay, replayTable } from './replay.ts';
import { type Selected, selectRecords } from './select-records.ts';
import { selectedBatches } from './selected-batches.ts';

/** Bytes of an epoch that replays. They go the slow way, which holds them in memory. */
const chunkBytes = 8 * 1024 * 1024;

export type FeedContext = {
  readonly definition: PipelineDefinition;
  readonly plan: Plan;
  /** The one that the epochs run on. */
  readonly connection: Connection;
  readonly registry: TableRegistry;
  readonly connectors: Connectors;
  readonly scratchDirectory: string;
};

/** What one epoch shall do of a replay. */
export type ReplayStep = {
  readonly batches: ReadonlyMap<string, readonly Batch[]>;
  readonly chunk: ReplayChunk;
  /** The manifest of the epoch that does it, in which so many records failed. */
  readonly after: (next: Manifest, failedCount: number) => Manifest;
};

/**
 * Gives a pipeline's epochs the records of its replays, chunk by chunk. Which records are left is
 * read from the tables once a run: from then on nobody but this pipeline's epochs changes it.
 */
export class ReplayFeed {
  readonly #context: FeedContext;
  #begun: { readonly id: string; readonly selected: Selected; nextChunk: number } | undefined;

  constructor(context: FeedContext) {
    this.#context = context;
  }

  /**
   * The next step of the first replay that isn't done; undefined where there is none, or while some
   * sinks leave out what they have already: they would take what is replayed, too.
   */
  async next(manifest: Manifest, signal: AbortSignal): Promise<ReplayStep | undefined> {
    const replay = manifest.replays?.find(({ finishedAtMs }) => finishedAtMs === undefined);
    if (replay === undefined || manifest.sinks.some(({ skip }) => skip !== null)) return undefined;
    if (this.#begun?.id !== replay.id) await this.#begin(replay, manifest);
    const begun = this.#begun;
    assert(begun !== undefined, 'the replay has begun');
    const { selected, nextChunk } = begun;
    const chunk = selected.chunks[nextChunk];
    const { connection, plan, connectors, scratchDirectory } = this.#context;
    const records = await selectedBatches(chunk ?? -1, {
      connection,
      sources: plan.script.sources,
      scratchDirectory,
      alterOf: async (table) => await connectors.alter?.(table),
      signal,
    });
    const isLast = nextChunk + 1 >= selected.chunks.length;
    return {
      batches: records.batches,
      chunk: { ...records, replayId: replay.id, chunk: chunk ?? -1 },
      after: (next, failedCount) => {
        begun.nextChunk = nextChunk + 1;
        const passedCount = records.recordCount - failedCount;
        const done: Replay = {
          ...replay,
          selectedCount: replay.selectedCount ?? selected.recordCount,
          refusals: selected.refusals,
          passedCount: replay.passedCount + passedCount,
          failedCount: replay.failedCount + failedCount,
          firstEpoch: replay.firstEpoch ?? next.epoch,
          lastEpoch: next.epoch,
          ...(isLast ? { finishedAtMs: next.createdAtMs, filter: withoutRecords(replay) } : {}),
        };
        return {
          ...next,
          recordsReplayed: (next.recordsReplayed ?? 0) + passedCount,
          replays: next.replays?.map((one) => (one.id === replay.id ? done : one)),
        };
      },
    };
  }

  async #begin(replay: Replay, manifest: Manifest): Promise<void> {
    const { definition, plan, connection, registry } = this.#context;
    // Outcomes that only this pipeline's manifests know would else be done twice.
    const own = manifest.sinks.find(({ table }) => table === replayTable)?.id;
    const feeders = [...(registry.get(replayTable)?.feeders ?? [])];
    assert(
      feeders.some(({ live }) => live.id === own),
      'the outcomes of this pipeline are seen',
    );
    await using tables = await pinRejected(registry);
    const selected = await selectRecords(connection, tables, {
      pipeline: definition.name,
      createdAtMs: definition.createdAtMs,
      sources: plan.script.sources,
      sinceMs: manifest.replaySinceMs ?? {},
      filter: replay.filter,
      untilMs: replay.requestedAtMs,
      replayId: replay.id,
      chunkBytes,
    });
    this.#begun = { id: replay.id, selected, nextChunk: 0 };
  }
}

function withoutRecords({ filter }: Replay): Replay['filter'] {
  return { ...filter, records: undefined };
}
