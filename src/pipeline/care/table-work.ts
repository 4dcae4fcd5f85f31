import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { Snapshot } from '../../delta/delta.ts';
import { retentionOf, vacuum, type VacuumOptions, type VacuumResult } from './vacuum.ts';
import { type OpenTable, stagingDirectory } from '../tables/table-registry.ts';
import type { CareContext } from './care-context.ts';
import { type Choice, chooseFiles } from './choose-files.ts';
import {
  compact,
  type CompactionContext,
  type CompactionOptions,
  type CompactionResult,
} from './compaction.ts';
import { type MaintenanceAction, type MaintenanceRun, nothingDone } from './journal.ts';
import type { RestoreResult } from './restore.ts';
import { deleteLeftovers, type NoteContext } from './leftovers.ts';

export type OptimizeRequest = {
  readonly targetBytes: number | undefined;
  readonly sortBy: readonly string[];
};

/** What a run tells while it goes on. */
export type Progress = { readonly done: number; readonly total: number | undefined };

export type WorkOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
};

/** Files longer than this are made only where somebody asks for them. */
const targetBytesDefault = 128 * 1024 * 1024;
/** Sorted together, and split into files of the target's length. */
const sortedTargets = 8;

/** What is done for one table, each run of it told in the journal. */
export class TableWork {
  readonly #context: CareContext;
  readonly #table: OpenTable;
  #areLeftoversGone = false;

  constructor(context: CareContext, table: OpenTable) {
    this.#context = context;
    this.#table = table;
  }

  /** What is worth merging now by itself, by what is known of the table already. */
  due(): Choice {
    const { targetBytes } = this.#options();
    const nowMs = this.#context.clock.nowMs();
    return chooseFiles(this.#table.delta.snapshot(), { targetBytes, nowMs, isForced: false });
  }

  /** Tells where a writer without a condition has put something in the place of our commits. */
  async lookAtCommits(): Promise<void> {
    const { clock, journal } = this.#context;
    const [startedAtMs, startMs] = [clock.nowMs(), clock.monotonicMs()];
    const error = await this.#table.delta.lookAtOwnCommits('settled');
    if (error === undefined) return;
    journal.add({
      ...nothingDone,
      table: this.#table.entry.name,
      action: 'look',
      reason: 'other writers may overwrite commits',
      startedAtMs,
      durationMs: Math.round(clock.monotonicMs() - startMs),
      outcome: 'failed',
      error: { code: error.code, message: error.message },
    });
  }

  /** Merges what is due. */
  async compactDue(options: WorkOptions): Promise<CompactionResult | undefined> {
    await this.#table.delta.refresh();
    const choice = this.due();
    if (choice.bins.length === 0) return undefined;
    return await this.#compact(choice, this.#options(), options);
  }

  /** Merges all that can be. */
  async optimize(request: OptimizeRequest, options: WorkOptions): Promise<CompactionResult> {
    const snapshot = await this.#table.delta.refresh();
    const own = this.#options();
    const targetBytes = request.targetBytes ?? own.targetBytes;
    const sortBy = request.sortBy.length > 0 ? request.sortBy : own.sortBy;
    const choice = chooseFiles(snapshot, {
      targetBytes,
      nowMs: this.#context.clock.nowMs(),
      isForced: true,
      sortedBytes: request.sortBy.length > 0 ? sortedTargets * targetBytes : undefined,
    });
    return await this.#compact(choice, { ...own, targetBytes, sortBy }, options);
  }

  async vacuum(
    request: VacuumOptions & { readonly reason: string },
    { signal, onProgress }: WorkOptions,
  ): Promise<VacuumResult> {
    const { storage, delta } = this.#table;
    const { pace, clock } = this.#context;
    const work = async (): Promise<VacuumResult> =>
      await vacuum(
        {
          ...{ storage, delta, pace, signal },
          nowMs: () => clock.nowMs(),
          onProgress: ({ filesSeen }) => onProgress({ done: filesSeen, total: undefined }),
        },
        request,
      );
    if (request.isDryRun) return await work();
    return await this.#told('vacuum', request.reason, work, (result) => ({
      filesBefore: result.files,
      bytesBefore: result.bytes,
      detail:
        `${result.orphans} of the files were named by no version; ` +
        `${result.uploads} abandoned uploads`,
    }));
  }

  /** Tells of a restore. */
  async restored(action: () => Promise<RestoreResult>): Promise<RestoreResult> {
    return await this.#told('restore', 'asked for', action, (result) => ({
      version: result.version,
      filesBefore: result.filesRemoved,
      filesAfter: result.filesAdded,
      detail: `to version ${result.toVersion}`,
    }));
  }

  targetBytes(): number {
    return this.#options().targetBytes;
  }

  retentionMs(): number {
    return retentionOf(this.#table.delta.snapshot().configuration);
  }

  async #compact(
    choice: Choice,
    compaction: CompactionOptions,
    { signal, onProgress }: WorkOptions,
  ): Promise<CompactionResult> {
    const { clock, openEngine, pace } = this.#context;
    const reason = choice.reason === '' ? 'asked for' : choice.reason;
    const { storage, delta, entry } = this.#table;
    const { temporaryDirectory } = this.#context;
    const result = await this.#told(
      'optimize',
      reason,
      async () => {
        delta.checkAppendable();
        const sortBy = sortColumns(compaction.sortBy, delta.snapshot());
        const overwritten = await delta.lookAtOwnCommits('all');
        if (overwritten !== undefined) throw overwritten;
        await this.#cleanUp();
        const engine = await openEngine();
        try {
          const context: CompactionContext = {
            ...this.#notes(),
            ...{ storage, delta, engine, pace, signal },
            stagingDirectory: stagingDirectory({ path: entry.path, temporaryDirectory }, 'care'),
            nowMs: () => clock.nowMs(),
            monotonicMs: () => clock.monotonicMs(),
            onProgress: ({ filesDone, filesTotal }) =>
              onProgress({ done: filesDone, total: filesTotal }),
          };
          return await compact(context, choice, { ...compaction, sortBy });
        } finally {
          engine.close();
        }
      },
      factsOf,
    );
    await delta.maybeCheckpoint();
    return result;
  }

  /** Until all is gone, and again when something went wrong. */
  async #cleanUp(): Promise<void> {
    if (this.#areLeftoversGone) return;
    const startedAtMs = this.#context.clock.nowMs();
    const startMs = this.#context.clock.monotonicMs();
    const { deleted, waiting } = await deleteLeftovers(this.#notes());
    this.#areLeftoversGone = waiting === 0;
    if (deleted === 0) return;
    this.#context.journal.add({
      ...nothingDone,
      table: this.#table.entry.name,
      action: 'clean up',
      reason: 'a run before this one died',
      startedAtMs,
      durationMs: this.#context.clock.monotonicMs() - startMs,
      outcome: 'done',
      filesBefore: deleted,
      error: undefined,
    });
  }

  #notes(): NoteContext {
    const { run, home } = this.#context;
    const { storage, delta } = this.#table;
    return { storage, delta, run, home };
  }

  /** As the pipelines that feed the table want it. */
  #options(): CompactionOptions {
    const sinks = [...this.#table.feeders].flatMap(({ live }) =>
      live.sink.kind === 'table' && live.sink.care !== undefined ? [live.sink] : [],
    );
    const targets = sinks.flatMap(({ care }) => (care === undefined ? [] : [care.targetBytes]));
    const configured = Number(this.#table.delta.snapshot().configuration['delta.targetFileSize']);
    const fallback = configured > 0 ? configured : targetBytesDefault;
    return {
      targetBytes: targets.length === 0 ? fallback : Math.max(...targets),
      copyOptions: sinks[0]?.copyOptions ?? 'FORMAT parquet, COMPRESSION zstd',
      compression: sinks[0]?.care?.compression ?? 'zstd',
      sortBy: sinks[0]?.care?.sortBy ?? [],
    };
  }

  async #told<T>(
    action: MaintenanceAction,
    reason: string,
    work: () => Promise<T>,
    facts: (result: T) => Partial<MaintenanceRun>,
  ): Promise<T> {
    const { clock, journal } = this.#context;
    const startedAtMs = clock.nowMs();
    const startMs = clock.monotonicMs();
    const tell = (what: Partial<MaintenanceRun> & Pick<MaintenanceRun, 'outcome'>): void =>
      journal.add({
        ...{ ...nothingDone, table: this.#table.entry.name, action, reason, startedAtMs },
        ...{ durationMs: Math.round(clock.monotonicMs() - startMs), error: undefined },
        ...what,
      });
    try {
      const result = await work();
      tell({ outcome: 'done', ...facts(result) });
      return result;
    } catch (thrown) {
      this.#areLeftoversGone = false;
      const error = asHeliosError(thrown);
      const { code, message } = error;
      if (code !== 'cancelled') {
        const outcome = code === 'unsupported_table' ? 'skipped' : 'failed';
        tell({ outcome, error: { code, message } });
      }
      throw error;
    }
  }
}

function factsOf(
  result: CompactionResult,
): Partial<MaintenanceRun> & Pick<MaintenanceRun, 'outcome'> {
  const [refusal] = result.refusals;
  const isNothing = result.commits === 0 && refusal !== undefined;
  const { filesBefore, filesAfter, bytesBefore, bytesAfter, rows, version, filesLost } = result;
  const lost = filesLost === 0 ? undefined : `${filesLost} files were removed by another writer`;
  return {
    ...{ filesBefore, filesAfter, bytesBefore, bytesAfter, rows, version },
    outcome: isNothing ? 'skipped' : 'done',
    detail: lost,
    error: refusal && { code: refusal.code, message: refusal.message },
  };
}

/** As the table calls them. */
function sortColumns(
  names: readonly string[],
  { schema, partitionColumns }: Pick<Snapshot, 'schema' | 'partitionColumns'>,
): readonly string[] {
  const known = schema.map(({ name }) => name).filter((name) => !partitionColumns.includes(name));
  return names.map((wanted) => {
    const found = known.find((name) => name.toLowerCase() === wanted.toLowerCase());
    if (found !== undefined) return found;
    throw new HeliosError('invalid_request', `There is no column ${wanted} to sort by.`, {
      hint: `Sort by ${known.slice(0, 20).join(', ')}.`,
    });
  });
}
