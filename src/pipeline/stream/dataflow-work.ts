import { assert } from '../../base/assert.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { Epoch, EpochMs } from '../../event/record.ts';
import type { Dataflow, DataflowNode, RelationSql } from '../dataflow/dataflow.ts';
import type { PartStore } from '../epoch/part-store.ts';
import type { LookupCopies } from '../lookup/lookup-copies.ts';
import type { Plan } from '../plan/plan.ts';
import { currentPart } from '../../sink/current-rows.ts';
import { UpdatingState, type UpdatingStep } from '../updating/updating-state.ts';
import {
  endUs,
  type ManifestStream,
  type ManifestStreamNode,
  type StatePart,
  type TimeUs,
} from './manifest-stream.ts';
import { takeLate } from './late-rows.ts';
import type { MergeTask } from './state-merger.ts';
import { nodeIdentities } from './node-identity.ts';
import type { RecordSelect } from './record-select.ts';
import {
  emptySource,
  type EpochRows,
  takeSource,
  type TimedTable,
  timedRecords,
} from './source-rows.ts';
import { sourceReaders } from './used/source-readers.ts';
import { findUsedColumns, type UsedColumns } from './used/used-columns.ts';
import { type Look, type NextWatermarks, type SaidTime, Watermarks } from './watermarks.ts';
import { WindowState, type WindowStep } from './window-state.ts';

export type DataflowContext = {
  readonly connection: Connection;
  readonly plan: Plan;
  readonly dataflow: Dataflow;
  readonly parts: PartStore;
  readonly incarnation: string;
  /** Of a dataflow that has lookups: refreshed before `open`, and before each epoch. */
  readonly lookups?: LookupCopies | undefined;
};

/** What of the records says how far event time is. */
export type TimeSaid =
  /** The records themselves. */
  | 'records'
  /** Nothing: they were read before. */
  | 'nothing'
  /** That none will come any more. */
  | 'end';

export type StreamInput = {
  /** Source name → its rows of this epoch. */
  readonly rows: ReadonlyMap<string, EpochRows>;
  readonly said: TimeSaid;
  /** Of the monotonic clock. */
  readonly nowMs: number;
  /** The epoch's time. */
  readonly atMs: EpochMs;
};

/** An epoch through the dataflow: true once its manifest is put and `publish` was called. */
export type StreamStep = {
  /** SELECT of an output's rows; undefined where it can't have any. */
  readonly output: (index: number, columns: string) => string | undefined;
  /** SELECT of what its sink stores, `columns` its own: of tables that are kept current, a part. */
  readonly stored: (index: number, columns: string, epoch: Epoch) => string | undefined;
  /** Writes what state the epoch adds; gives the files' names. */
  readonly writeParts: (epoch: Epoch) => Promise<readonly string[]>;
  /** For the manifest, once the parts are written. */
  readonly manifest: () => ManifestStream;
  /** What `manifest` gave is true. */
  readonly publish: (stream: ManifestStream) => Promise<void>;
};

/**
 * Runs a stateful pipeline's dataflow, epoch by epoch: sources are read into tables, each window
 * node takes in what it reads and gives the windows that end, each updating node what it changes,
 * and outputs are SELECTs over all of these.
 */
export class DataflowWork {
  readonly #context: DataflowContext;
  readonly #sources: readonly TimedTable[];
  readonly #states: ReadonlyMap<string, WindowState>;
  readonly #updating: ReadonlyMap<string, UpdatingState>;
  /** What is kept of an epoch's rows, by source; of one that isn't there, everything. */
  #used: ReadonlyMap<string, UsedColumns> = new Map();
  #watermarks: Watermarks;

  constructor(context: DataflowContext) {
    const { plan, dataflow } = context;
    this.#context = context;
    const identities = nodeIdentities(plan, dataflow);
    const of = (node: DataflowNode): DataflowContext & { readonly identity: string } => ({
      ...context,
      identity: identities.get(node.name) ?? '',
    });
    this.#sources = plan.script.sources.map((table, index) => ({
      table,
      time: dataflow.sources.find(({ name }) => name === table.name),
      index,
    }));
    this.#states = new Map(
      dataflow.nodes.flatMap((node, index) =>
        node.kind === 'window'
          ? [[node.name, new WindowState(node, index, of(node))] as const]
          : [],
      ),
    );
    this.#updating = new Map(
      dataflow.nodes.flatMap((node, index) =>
        node.kind === 'updating'
          ? [[node.name, new UpdatingState(node, index, of(node))] as const]
          : [],
      ),
    );
    this.#watermarks = new Watermarks(dataflow, undefined);
  }

  /** Takes up what the newest manifest says. */
  async open(stream: ManifestStream | undefined): Promise<void> {
    this.#watermarks = new Watermarks(this.#context.dataflow, stream);
    for (const [name, state] of [...this.#states, ...this.#updating]) {
      await state.open(stream?.nodes.find((node) => node.name === name));
    }
    const readers = sourceReaders(this.#context.dataflow, this.#sources, {
      closure: (reads) => this.#closure(reads),
      select: (sql, relations) => this.#select(sql, relations, sql.text),
    });
    this.#used = await findUsedColumns(this.#context, readers);
  }

  noteRead(source: string, partition: string, look: Look): void {
    this.#watermarks.noteRead(source, partition, look);
  }

  /** Whether an epoch without records would move a watermark: partitions fell silent. */
  isDue(nowMs: number): boolean {
    const next = this.#watermarks.after(new Map(), nowMs);
    return this.#windows.some((state) => this.#next(next, state) !== state.watermark);
  }

  /** All windows have been given: sources had ended before. */
  get isOver(): boolean {
    return this.#windows.every(({ watermark }) => watermark === endUs);
  }

  async take({ rows, said, nowMs, atMs }: StreamInput): Promise<StreamStep> {
    const { connection, dataflow } = this.#context;
    const relations = new Map(this.#context.lookups?.relations());
    const times = new Map<string, readonly SaidTime[]>();
    /** Those that may have rows. */
    const fed = new Set<string>();
    for (const source of this.#sources) {
      const { name } = source.table;
      const ofSource = rows.get(name);
      if (ofSource === undefined || ofSource.partitions.length === 0) {
        relations.set(name, emptySource(source));
        continue;
      }
      const used = this.#used.get(name);
      const taken = await takeSource(connection, { ...source, used }, ofSource);
      relations.set(name, taken.relation);
      if (said === 'records') times.set(name, taken.said);
      fed.add(name);
    }
    const next = this.#watermarks.after(times, nowMs);
    const steps = new Map<WindowState, WindowStep>();
    const updates = new Map<UpdatingState, UpdatingStep>();
    for (const node of dataflow.nodes) {
      const state = this.#states.get(node.name);
      const updating = this.#updating.get(node.name);
      const isFed = (sql: RelationSql): boolean => sql.reads.some((name) => fed.has(name));
      if (node.kind === 'select') {
        relations.set(node.name, node.sql.text);
        if (isFed(node.sql)) fed.add(node.name);
      } else if (node.kind === 'window' && state !== undefined) {
        const to = said === 'end' ? endUs : this.#next(next, state);
        const { intake } = node;
        const text = isFed(intake) ? this.#select(intake, relations, intake.text) : undefined;
        const step = await state.take(text, to);
        steps.set(state, step);
        relations.set(node.name, `${state.closed}${step.hasClosed ? '' : ' WHERE false'}`);
        if (step.hasClosed) fed.add(node.name);
        if (node.late !== undefined && step.lateRows > 0) {
          const { name, sql } = node.late;
          const late = state.lateOf(this.#select(sql, relations, sql.text));
          relations.set(name, await takeLate(connection, state, { late, atMs }));
          fed.add(name);
        }
      } else if (node.kind === 'updating' && updating !== undefined) {
        const intakes = node.inputs.map(({ intake }) =>
          isFed(intake) ? this.#select(intake, relations, intake.text) : undefined,
        );
        const step = await updating.take(intakes, atMs);
        updates.set(updating, step);
        relations.set(node.name, `${updating.changes}${step.hasChanged ? '' : ' WHERE false'}`);
        if (step.hasChanged) fed.add(node.name);
      }
    }
    return this.#step({ next, steps, updates, relations, fed });
  }

  /** Merges of the state's parts that are due. */
  mergeTasks(): readonly MergeTask[] {
    return this.#windows.flatMap(({ mergeTask }) => (mergeTask === undefined ? [] : [mergeTask]));
  }

  /** What can fail on a record: for whoever looks for it. */
  recordSelects(columnsOf: (output: number) => string): readonly RecordSelect[] {
    const { dataflow } = this.#context;
    const times = this.#sources.flatMap(({ table: { name }, time }) => {
      if (time?.kind !== 'column') return [];
      const watermark = `${time.watermark}\n AS "__watermark"`;
      return [{ text: `SELECT *, ${watermark} FROM ${quoteName(name)}`, reads: [name] }];
    });
    const intakes = this.#windows.map(({ node, recordSelect }) => ({
      reads: node.intake.reads,
      text: recordSelect,
    }));
    const kept = [...this.#updating.values()].flatMap(({ node }) =>
      node.inputs.map(({ intake }) => intake),
    );
    const outputs = dataflow.outputs.map(({ sql }, index) => ({
      ...sql,
      text: `SELECT ${columnsOf(index)} FROM (${sql.text}\n)`,
    }));
    return [...times, ...intakes, ...kept, ...outputs].flatMap((sql) => this.#recordSelect(sql));
  }

  get #windows(): readonly WindowState[] {
    return [...this.#states.values()];
  }

  #next(next: NextWatermarks, { node, watermark }: WindowState): TimeUs | undefined {
    return next.of(node.waitsFor, watermark);
  }

  #step({ next, steps, updates, relations, fed }: Taken): StreamStep {
    const parts = new Map<WindowState, StatePart | undefined>();
    const updated = new Map<UpdatingState, readonly StatePart[]>();
    const entryOf = (state: WindowState): ManifestStreamNode =>
      steps.get(state)?.next(parts.get(state)) ?? state.entry;
    const updatedEntryOf = (state: UpdatingState): ManifestStreamNode =>
      updates.get(state)?.next(updated.get(state) ?? []) ?? state.entry;
    return {
      ...this.#outputs(relations, fed),
      writeParts: async (epoch) => {
        for (const [state, step] of steps) parts.set(state, await step.writePart(epoch));
        for (const [state, step] of updates) updated.set(state, await step.writeParts(epoch));
        const written = [...parts.values(), ...[...updated.values()].flat()];
        return written.flatMap((part) => (part === undefined ? [] : [part.name]));
      },
      manifest: () => ({
        sources: next.sources,
        nodes: [...this.#windows.map(entryOf), ...[...this.#updating.values()].map(updatedEntryOf)],
      }),
      publish: async ({ nodes }) => {
        this.#watermarks.publish(next);
        const entries = new Map(nodes.map((entry) => [entry.name, entry]));
        for (const [state, step] of [...steps, ...updates]) {
          const entry = entries.get(state.node.name);
          if (entry !== undefined) await step.publish(entry);
        }
      },
    };
  }

  #outputs(
    relations: ReadonlyMap<string, string>,
    fed: ReadonlySet<string>,
  ): Pick<StreamStep, 'output' | 'stored'> {
    const { outputs } = this.#context.dataflow;
    const states = [...this.#updating.values()];
    const current = new Map([
      ...relations,
      ...states.map((state) => [state.node.name, state.current] as const),
    ]);
    const rowsOf = (index: number, columns: string, from: typeof relations): string | undefined => {
      const sql = outputs[index]?.sql;
      assert(sql !== undefined, `the dataflow has no output ${index}`);
      if (!sql.reads.some((name) => fed.has(name))) return undefined;
      return this.#select(sql, from, `SELECT ${columns} FROM (${sql.text}\n)`);
    };
    const output: StreamStep['output'] = (index, columns) =>
      rowsOf(index, columns, outputs[index]?.keys === undefined ? relations : current);
    const stored: StreamStep['stored'] = (index, columns, epoch) => {
      const now = output(index, columns);
      const changed = rowsOf(index, columns, relations);
      const keys = outputs[index]?.keys;
      if (keys === undefined || now === undefined || changed === undefined) return now;
      return currentPart({ changed, now, keys, epoch });
    };
    return { output, stored };
  }

  /** A SELECT behind the definitions of what it reads. */
  #select({ reads }: RelationSql, relations: ReadonlyMap<string, string>, text: string): string {
    const names = this.#closure(reads);
    const definitions = [...relations]
      .filter(([name]) => names.has(name))
      .map(([name, relation]) => `${quoteName(name)} AS (${relation}\n)`);
    return definitions.length === 0 ? text : `WITH ${definitions.join(', ')} ${text}`;
  }

  #recordSelect(sql: RelationSql): readonly RecordSelect[] {
    const names = this.#closure(sql.reads);
    const sources = this.#sources.filter(({ table }) => names.has(table.name));
    if (sources.length === 0) return [];
    const text = (records: ReadonlyMap<string, string>): string => {
      const relations = new Map(this.#context.lookups?.relations());
      for (const source of this.#sources) {
        const { name } = source.table;
        const select = records.get(name);
        const relation = select === undefined ? emptySource(source) : timedRecords(source, select);
        relations.set(name, relation);
      }
      for (const node of this.#context.dataflow.nodes) relations.set(node.name, this.#still(node));
      return this.#select(sql, relations, sql.text);
    };
    return [{ reads: sources.map(({ table }) => table.name), text }];
  }

  /** Nothing that is kept is touched. */
  #still(node: DataflowNode): string {
    if (node.kind === 'select') return node.sql.text;
    const given = this.#states.get(node.name)?.closed ?? this.#updating.get(node.name)?.changes;
    assert(given !== undefined, `${node.name} has no state`);
    return `${given} WHERE false`;
  }

  /** All that these relations are made of, in this epoch. */
  #closure(reads: readonly string[]): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [...reads];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      const node = this.#context.dataflow.nodes.find((one) => one.name === name);
      if (node?.kind === 'select') open.push(...node.sql.reads);
    }
    return found;
  }
}

type Taken = {
  readonly next: NextWatermarks;
  readonly steps: ReadonlyMap<WindowState, WindowStep>;
  readonly updates: ReadonlyMap<UpdatingState, UpdatingStep>;
  readonly relations: ReadonlyMap<string, string>;
  readonly fed: ReadonlySet<string>;
};
