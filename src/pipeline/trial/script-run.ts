import type { Clock } from '../../base/clock.ts';
import type { Connection } from '../../engine/engine.ts';
import type { Batch } from '../../event/record.ts';
import type { RejectedRecords } from '../../format/rejected-records.ts';
import { createDecoder } from '../../format/create-decoder.ts';
import type { Decoder } from '../../format/format.ts';
import { type FailingSelects, IsolatedEpoch } from '../epoch/isolated-epoch.ts';
import { PartStore } from '../epoch/part-store.ts';
import { type LookupCopies, lookupCopies } from '../lookup/lookup-copies.ts';
import type { PipelineEnvironment } from '../open-pipeline.ts';
import { outputSelect, type Plan } from '../plan/plan.ts';
import { DataflowWork, type TimeSaid } from '../stream/dataflow-work.ts';
import { outputSelects } from '../stream/record-select.ts';
import type { Look } from '../stream/watermarks.ts';

export type ScriptRunContext = {
  readonly environment: Pick<PipelineEnvironment, 'lookups'> & {
    readonly clock: Clock;
    readonly baseDirectory: string;
  };
  /** Its own: what is kept from epoch to epoch is in it. */
  readonly connection: Connection;
  readonly plan: Plan;
  readonly scratchDirectory: string;
  /** Select list of each output. */
  readonly columnsOf: (output: number) => string;
};

export type RunInput = {
  /** Source name → its batches of this epoch. */
  readonly batches: ReadonlyMap<string, readonly Batch[]>;
  readonly said: TimeSaid;
};

export type RunEpoch = {
  readonly rejected: readonly RejectedRecords[];
  /** SELECT of an output's rows of this epoch; undefined where it can't have any. */
  readonly output: (index: number) => string | undefined;
};

/**
 * A script over records, epoch by epoch, without its sinks: nothing that it does lasts. What it
 * keeps is in temporary tables alone.
 */
export class ScriptRun {
  readonly #context: ScriptRunContext;
  readonly #decoders: ReadonlyMap<string, Decoder>;
  readonly #failingSelects: FailingSelects = new Map();
  readonly #lookups: LookupCopies | undefined;
  readonly #streaming: DataflowWork | undefined;

  constructor(context: ScriptRunContext) {
    const { connection, plan, scratchDirectory, environment } = context;
    const tables = plan.script.sources;
    this.#context = context;
    this.#decoders = new Map(tables.map((table) => [table.name, createDecoder(table)]));
    const { dataflow } = plan;
    const parts = new PartStore(scratchDirectory);
    const { clock, lookups, baseDirectory } = environment;
    const looking = { connection, clock, tables: lookups, baseDirectory };
    this.#lookups = lookupCopies(plan, looking);
    const incarnation = 'trial';
    this.#streaming =
      dataflow &&
      new DataflowWork({
        ...{ connection, plan, dataflow, parts, incarnation },
        lookups: this.#lookups,
      });
  }

  /** Whether it keeps rows from one epoch to the next. */
  get isStateful(): boolean {
    return this.#streaming !== undefined;
  }

  async open(): Promise<void> {
    await this.#streaming?.open(undefined);
  }

  /** A look at a partition: one that is quiet is waited for no longer. */
  noteRead(source: string, partition: string, look: Omit<Look, 'nowMs'>): void {
    const nowMs = this.#context.environment.clock.monotonicMs();
    this.#streaming?.noteRead(source, partition, { ...look, nowMs });
  }

  /** Whether an epoch without records would give windows. */
  get isDue(): boolean {
    return this.#streaming?.isDue(this.#context.environment.clock.monotonicMs()) === true;
  }

  /** Runs an epoch, gives what `use` makes of it while it lasts, and lets go of its batches. */
  async epoch<T>({ batches, said }: RunInput, use: (epoch: RunEpoch) => Promise<T>): Promise<T> {
    const { connection, plan, scratchDirectory, environment, columnsOf } = this.#context;
    await using isolated = new IsolatedEpoch({
      connection,
      sources: plan.script.sources,
      selects: this.#streaming?.recordSelects(columnsOf) ?? outputSelects(plan, columnsOf),
      decoders: this.#decoders,
      scratchDirectory,
      failingSelects: this.#failingSelects,
    });
    try {
      await this.#lookups?.refresh();
      const atMs = environment.clock.nowMs();
      const input = { batches, nowMs: atMs };
      const undecodable = await isolated.decode(input);
      const failing = await isolated.takeOutFailing(input);
      const rows = isolated.rows();
      const nowMs = environment.clock.monotonicMs();
      const step = await this.#streaming?.take({ rows, said, nowMs, atMs });
      const output = (index: number): string | undefined => {
        if (step !== undefined) return step.output(index, columnsOf(index));
        const sink = plan.outputs[index];
        return sink && outputSelect(plan, sink, isolated.relations(), columnsOf(index)).text;
      };
      const used = await use({ rejected: [...undecodable, ...failing], output });
      await step?.publish(step.manifest());
      return used;
    } finally {
      for (const batch of [...batches.values()].flat()) await batch.release();
    }
  }
}
