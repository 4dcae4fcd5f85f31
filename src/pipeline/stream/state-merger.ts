import { rm } from 'node:fs/promises';
import { AssertionError } from '../../base/assert.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { PartStore } from '../epoch/part-store.ts';
import type { StatePart } from './manifest-stream.ts';

/** Parts of a node that shall become one, or none where all their rows are over. */
export type MergeTask = {
  readonly parts: readonly StatePart[];
  /** What of their rows is still needed, as it is stored. */
  readonly select: string;
  /** The next manifest shall name this in their place; undefined: nothing. */
  readonly offer: (merged: StatePart | undefined) => void;
};

export type StateMergerContext = {
  readonly engine: Engine;
  readonly parts: PartStore;
  /** Names this run of the pipeline: no other run's parts have the same names. */
  readonly incarnation: string;
  /** Whose state it is. */
  readonly streaming: { readonly mergeTasks: () => readonly MergeTask[] };
};

/**
 * Keeps the parts of a pipeline's state few, and not much larger than what of them is needed.
 * Works beside the epochs, over files that are true already.
 */
export class StateMerger {
  readonly #context: StateMergerContext;
  #running: Promise<void> | undefined;
  #failure: HeliosError | AssertionError | undefined;

  constructor(context: StateMergerContext) {
    this.#context = context;
  }

  /** Throws what a merge in the background failed with. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Starts what is due, and returns at once. */
  startDue(): void {
    if (this.#running !== undefined) return;
    const tasks = this.#context.streaming.mergeTasks();
    if (tasks.length === 0) return;
    this.#running = this.#mergeAll(tasks)
      .catch((thrown: unknown) => {
        this.#failure ??= thrown instanceof AssertionError ? thrown : asHeliosError(thrown);
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  async settle(): Promise<void> {
    await this.#running;
  }

  async #mergeAll(tasks: readonly MergeTask[]): Promise<void> {
    for (const task of tasks) {
      const names = task.parts.map(({ name }) => name);
      this.#context.parts.pin(names);
      try {
        task.offer(await this.#merge(task));
      } finally {
        this.#context.parts.unpin(names);
      }
    }
  }

  async #merge({ parts, select }: MergeTask): Promise<StatePart | undefined> {
    const { engine, parts: store, incarnation } = this.#context;
    const [first, last] = [parts[0], parts.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const stem = first.name.replace('.parquet', '');
    const name = `${stem}-to-${last.lastEpoch}-${incarnation.slice(0, 8)}.parquet`;
    const path = store.path(name);
    await using connection = await engine.connect();
    const [row] = await connection.rows(
      `COPY (${select}) TO ${quoteText(path)} (FORMAT parquet, RETURN_STATS)`,
    );
    const rowCount = Number(row?.['count'] ?? 0);
    if (rowCount === 0) {
      await rm(path, { force: true });
      return undefined;
    }
    await store.sync([name]);
    return {
      name,
      firstEpoch: first.firstEpoch,
      lastEpoch: last.lastEpoch,
      rowCount,
      byteLength: Number(row?.['file_size_bytes'] ?? 0),
      lastEnd: latestEnd(parts),
    };
  }
}

function latestEnd(parts: readonly StatePart[]): string | null {
  let latest: bigint | undefined;
  for (const { lastEnd } of parts) {
    if (lastEnd === null) return null;
    const end = BigInt(lastEnd);
    if (latest === undefined || end > latest) latest = end;
  }
  return latest === undefined ? null : String(latest);
}
