import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { Batch, Epoch, EpochMs } from '../../event/record.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import { type Decoder, isBadRecordError } from '../../format/format.ts';
import { countRejected, type RejectedRecords } from '../../format/rejected-records.ts';
import type { Sink } from '../../sink/sink.ts';
import type { SourceTable } from '../../sql/script.ts';
import { byteCount, holdsRecords } from './batches.ts';
import {
  type FailingSearch,
  type FailingSelects,
  IsolatedEpoch,
  isSqlFailure,
} from './isolated-epoch.ts';
import type { PartStore } from './part-store.ts';
import { outputSelect, type Plan } from '../plan/plan.ts';
import { outcomeRows, type ReplayChunk } from '../replay/outcome-rows.ts';
import { badRecord, dropQuarantineRows, quarantineRows } from './quarantine.ts';
import type { SinkStep } from './live-sink.ts';
import { type IsWanted, isUnwanted } from './skip.ts';
import { refusedRows } from '../sinks/refused-rows.ts';
import { nothingWritten as nothing, SinkWriter } from '../sinks/sink-writer.ts';
import type { DataflowWork, StreamStep } from '../stream/dataflow-work.ts';
import { outputSelects, type RecordSelect } from '../stream/record-select.ts';
import type { EpochRows } from '../stream/source-rows.ts';
import { outputColumns } from '../plan/output-columns.ts';
import { recordCountOf } from '../rates/record-count.ts';
import type { RecordCounts } from '../rates/record-rates.ts';

export type EpochInput = {
  readonly epoch: Epoch;
  /** Source name → its batches of this epoch. */
  readonly batches: ReadonlyMap<string, readonly Batch[]>;
  readonly nowMs: EpochMs;
  /** Bytes of each sink's file that are true before this epoch; one per sink, 0 for tables. */
  readonly fileBytes: readonly number[];
  /** Whether a sink wants a batch's rows, or has them already; undefined where all want all. */
  readonly isWanted: IsWanted | undefined;
  /**
   * The batches are rejected records once more: what becomes of each goes to the sink of outcomes,
   * and none is rejected anew.
   */
  readonly replay?: ReplayChunk | undefined;
  /** Of the monotonic clock, where the pipeline keeps state. */
  readonly monotonicMs?: number;
  /** All sources have ended: what still waits for event time is given now. */
  readonly isEnd?: boolean;
};

export type EpochYield = {
  /** One per sink, in their order. */
  readonly steps: readonly SinkStep[];
  readonly rejectedCount: number;
  /** Rejected, but the table says `bad_data = 'drop'`. */
  readonly droppedCount: number;
  /** Source name → what was read of it, and what of that was rejected or dropped. */
  readonly records: ReadonlyMap<string, RecordCounts>;
  /** Replayed, and rejected again. */
  readonly failedAgainCount?: number | undefined;
  /** Of a pipeline that keeps state. */
  readonly stream?: StreamStep | undefined;
};

type Written = { readonly steps: readonly SinkStep[]; readonly stream: StreamStep | undefined };

/**
 * The slow path holds an epoch's bytes in memory, some decoders more than once. One line may be
 * longer than this.
 */
const slowBytesDefault = 64 * 1024 * 1024;
/** Where decoders hold little more, it takes this share of what DuckDB may have in memory. */
const slowShareOfMemory = 16;

export type EpochContext = {
  readonly pipeline: string;
  readonly connection: Connection;
  readonly plan: Plan;
  readonly decoders: ReadonlyMap<string, Decoder>;
  /** One per output, then the quarantine's, and that of replays' outcomes where there are any. */
  readonly sinks: readonly Sink[];
  readonly parts: PartStore;
  readonly scratchDirectory: string;
  /** Names this run of the pipeline: no other run's parts have the same names. */
  readonly incarnation: string;
  /** What DuckDB may take. */
  readonly memoryBytes: number;
  /** Of a pipeline that keeps state: what the plan's outputs are made by. */
  readonly dataflow?: DataflowWork | undefined;
};

/** Source name → SELECT over its records. */
type Relations = ReadonlyMap<string, string>;

/** How to look for records that the SQL fails on, before each try to write the others. */
type Searches = readonly (FailingSearch | 'none')[];
const searchesOnceItFails: Searches = ['one_pass', 'halving'];
const searchesIfItFails: Searches = ['none', ...searchesOnceItFails];
/** For sinks that leave rows out, among which there may be such records too. */
const completeSearch: Searches = ['complete'];

/**
 * Turns the batches of one epoch into parts on disk, durable but true only once a manifest names
 * them. May be repeated for the same epoch until then: files of an attempt before are overwritten.
 *
 * The fast path streams bytes through one statement per output. If any record of the epoch can't
 * become a row, or the SQL fails on one, the epoch is done again the slow way, which finds those
 * records.
 */
export class EpochWork {
  readonly #context: EpochContext;
  /** Select list of each output: what its sink stores. */
  readonly #columns: readonly string[];
  readonly #writer: SinkWriter;
  readonly #failingSelects: FailingSelects = new Map();
  /** Bytes of an epoch that the slow path takes. */
  readonly slowBytesMax: number;

  constructor(context: EpochContext) {
    this.#context = context;
    this.#writer = new SinkWriter(context);
    const shareBytes = Math.max(slowBytesDefault, context.memoryBytes / slowShareOfMemory);
    const decoderBytes = [...context.decoders.values()].map(
      ({ isolateBytesMax }) => isolateBytesMax ?? slowBytesDefault,
    );
    this.slowBytesMax = Math.min(shareBytes, ...decoderBytes);
    this.#columns = context.plan.outputs.map((output, index) =>
      outputColumns(output, context.sinks[index]),
    );
  }

  /**
   * Undefined: some record can't become a row, and there are too many bytes to look for it. Nothing
   * was made; come again with at most `slowBytesMax`.
   */
  async run(input: EpochInput): Promise<EpochYield | undefined> {
    // What becomes of each record only the slow path tells. Chunks are of a size for it.
    if (input.replay !== undefined) return await this.#runSlowly(input, completeSearch);
    // Rejected records count whichever sinks want them, which only the slow path looks at.
    if (input.isWanted !== undefined) return await this.#trySlowly(input, completeSearch);
    try {
      const { steps, stream } = await this.#writeFast(input);
      const records = await this.#countRecords(input);
      const all = this.#ofAll([...steps, await this.#quarantine(input, [])]);
      return { steps: all, rejectedCount: 0, droppedCount: 0, records, stream };
    } catch (thrown) {
      if (!isRecordFailure(thrown)) throw thrown;
      if (this.#adapts(thrown)) return await this.run(input);
      return await this.#trySlowly(
        input,
        isBadRecordError(thrown) ? searchesIfItFails : searchesOnceItFails,
      );
    }
  }

  /** Whether the fast path is worth another try, read another way. */
  #adapts(failure: HeliosError): boolean {
    return [...this.#context.decoders.values()].some(
      (decoder) => decoder.adapt?.(failure) === true,
    );
  }

  async #trySlowly(input: EpochInput, searches: Searches): Promise<EpochYield | undefined> {
    if (byteCount(input.batches) > this.slowBytesMax) return undefined;
    return await this.#runSlowly(input, searches);
  }

  async #runSlowly(input: EpochInput, searches: Searches): Promise<EpochYield> {
    const { connection, plan, decoders, scratchDirectory, dataflow } = this.#context;
    await using isolated = new IsolatedEpoch({
      connection,
      sources: plan.script.sources,
      selects: this.#recordSelects(),
      decoders,
      scratchDirectory,
      failingSelects: this.#failingSelects,
    });
    const policies = new Map(plan.script.sources.map((source) => [source.name, source.badData]));
    let rejected = await isolated.decode(input);
    const writeWithout = async (search: FailingSearch | 'none'): Promise<Written> => {
      if (search !== 'none') {
        rejected = rejected.concat(await isolated.takeOutFailing(input, search));
      }
      const failing = rejected.find(({ source }) => policies.get(source) === 'fail');
      if (failing !== undefined && input.replay === undefined) throw badRecord(failing.at(0));
      if (dataflow !== undefined) {
        return await this.#writeStream(dataflow, input, isolated.rows());
      }
      const relations = (sink: number): Relations => isolated.relations(sink, input.isWanted);
      return await this.#write(input, this.#selects(relations));
    };
    const { steps, stream } = await untilItWorks(searches, writeWithout);
    const records = isolated.recordCounts(rejected);
    await isolated.dropRows();
    if (input.replay !== undefined) {
      const failed = rejected.flatMap((some) => [...some]);
      const outcomes = await this.#outcomes(input, input.replay, failed);
      const nothingNew = { rejectedCount: 0, droppedCount: 0, records: new Map() };
      const failedAgainCount = failed.length;
      const all = [...steps, await this.#quarantine(input, []), outcomes];
      return { ...nothingNew, steps: all, failedAgainCount, stream };
    }
    const isQuarantineBehind = isUnwanted(input, this.#quarantineIndex);
    const kept = rejected.filter(
      (some) => policies.get(some.source) === 'quarantine' && !isQuarantineBehind(some),
    );
    const rejectedCount = countRejected(kept);
    return {
      steps: this.#ofAll([...steps, await this.#quarantine(input, kept)]),
      rejectedCount,
      droppedCount: countRejected(rejected) - rejectedCount,
      records,
      stream,
    };
  }

  get #quarantineIndex(): number {
    return this.#context.plan.outputs.length;
  }

  #ofAll(steps: readonly SinkStep[]): readonly SinkStep[] {
    return this.#context.sinks.map((_, index) => steps[index] ?? nothing);
  }

  /** Of an epoch without a bad record. */
  async #countRecords({ batches }: EpochInput): Promise<ReadonlyMap<string, RecordCounts>> {
    const records = new Map<string, RecordCounts>();
    for (const [name, all] of batches) {
      let read = 0;
      for (const batch of all.filter(holdsRecords)) {
        read += await recordCountOf(batch, this.#context.connection);
      }
      records.set(name, { read, rejected: 0 });
    }
    return records;
  }

  async #writeFast(input: EpochInput): Promise<Written> {
    const { dataflow } = this.#context;
    if (dataflow !== undefined) {
      return await this.#writeStream(dataflow, input, this.#epochRows(input));
    }
    const relations = await this.#decode(input);
    return await this.#write(
      input,
      this.#selects(() => relations),
    );
  }

  #epochRows({ batches }: EpochInput): ReadonlyMap<string, EpochRows> {
    const ofSource = ([name, decoder]: [string, Decoder]): [string, EpochRows] => {
      const some = (batches.get(name) ?? []).filter(holdsRecords);
      const partitions = some.map(({ partition, arrivedAtMs, content }) => ({
        partition,
        arrivedAtMs,
        select: decoder.fast([content.path]),
      }));
      const together = decoder.numbered?.(some.map(({ content }) => content.path));
      return [name, { partitions, together }];
    };
    return new Map([...this.#context.decoders].map(ofSource));
  }

  /** What each record goes through by itself. */
  #recordSelects(): readonly RecordSelect[] {
    const { plan, dataflow } = this.#context;
    const columnsOf = (output: number): string => this.#columnsOf(output);
    return dataflow?.recordSelects(columnsOf) ?? outputSelects(plan, columnsOf);
  }

  /**
   * Source name → SELECT over its records; read once into a table where several outputs want it.
   */
  async #decode(input: EpochInput): Promise<Relations> {
    const { connection, plan, decoders } = this.#context;
    const relations = new Map<string, string>();
    for (const [index, source] of plan.script.sources.entries()) {
      const batches = (input.batches.get(source.name) ?? []).filter(holdsRecords);
      const decoder = decoders.get(source.name);
      if (batches.length === 0 || decoder === undefined) continue;
      const records = decoder.fast(batches.map((batch) => batch.content.path));
      if (readerCount(plan, source) < 2) {
        relations.set(source.name, records);
        continue;
      }
      const table = quoteName(`__decoded_${index}`);
      await connection.execute(`CREATE OR REPLACE TEMP TABLE ${table} AS ${records}`);
      relations.set(source.name, `SELECT * FROM ${table}`);
    }
    return relations;
  }

  async #write(
    input: EpochInput,
    selectOf: (sink: number) => string | undefined,
    stream?: StreamStep,
  ): Promise<Written> {
    const steps: SinkStep[] = [];
    for (const index of this.#context.plan.outputs.keys()) {
      const select = selectOf(index);
      const step = select === undefined ? nothing : this.#writer.write(input, index, select);
      steps.push(await step);
    }
    const stateParts = (await stream?.writeParts(input.epoch)) ?? [];
    return { steps: await this.#writer.finish(input, steps, stateParts), stream };
  }

  /** SELECT of each output over these rows; undefined where none of what it reads is there. */
  #selects(relationsOf: (sink: number) => Relations): (sink: number) => string | undefined {
    const { plan } = this.#context;
    return (index) => {
      const output = plan.outputs[index];
      const relations = relationsOf(index);
      const isFed = output?.reads.some((name) => relations.has(name)) === true;
      if (output === undefined || !isFed) return undefined;
      return outputSelect(plan, output, relations, this.#columnsOf(index)).text;
    };
  }

  /** Of an epoch through the dataflow. */
  async #writeStream(
    work: DataflowWork,
    input: EpochInput,
    rows: ReadonlyMap<string, EpochRows>,
  ): Promise<Written> {
    const said = input.isEnd === true ? 'end' : input.replay === undefined ? 'records' : 'nothing';
    const nowMs = input.monotonicMs ?? 0;
    const stream = await work.take({ rows, said, nowMs, atMs: input.nowMs });
    return await this.#write(
      input,
      (index) => stream.stored(index, this.#columnsOf(index), input.epoch),
      stream,
    );
  }

  #columnsOf(output: number): string {
    return this.#columns[output] ?? '*';
  }

  /** Rejected records, and what the sinks' receivers refused of this epoch. */
  async #quarantine(input: EpochInput, rejected: readonly RejectedRecords[]): Promise<SinkStep> {
    const { connection, pipeline } = this.#context;
    const records = [...rejected, ...refusedRows(this.#context, input.nowMs)];
    if (records.length === 0) return nothing;
    try {
      const select = await quarantineRows(connection, pipeline, records);
      return await this.#writeOwn(input, this.#quarantineIndex, select);
    } finally {
      await dropQuarantineRows(connection);
    }
  }

  /** What became of each record of a replay's chunk. */
  async #outcomes(
    input: EpochInput,
    replay: ReplayChunk,
    failed: readonly RejectedRecord[],
  ): Promise<SinkStep> {
    const { connection, pipeline } = this.#context;
    if (replay.recordCount === 0) return nothing;
    const select = await outcomeRows(connection, replay, failed, { ...input, pipeline });
    return await this.#writeOwn(input, this.#quarantineIndex + 1, select);
  }

  /** Rows of Helios's own about records. */
  async #writeOwn(input: EpochInput, index: number, select: string): Promise<SinkStep> {
    const sink = this.#context.sinks[index];
    assert(sink?.kind === 'table', 'what is told of records goes into tables');
    const step = await this.#writer.write(input, index, select);
    await this.#writer.sync([step]);
    return step;
  }
}

/** Tries one after another, as long as the SQL fails on a record. */
async function untilItWorks<Way, Result>(
  ways: readonly Way[],
  attempt: (way: Way) => Promise<Result>,
): Promise<Result> {
  const [way, ...others] = ways;
  assert(way !== undefined, 'there is a way to try');
  try {
    return await attempt(way);
  } catch (thrown) {
    if (!isSqlFailure(thrown) || others.length === 0) throw thrown;
    return await untilItWorks(others, attempt);
  }
}

function readerCount(plan: Plan, source: SourceTable): number {
  return plan.outputs.filter((output) => output.reads.includes(source.name)).length;
}

/** Failures that a record causes, not the machine: worth looking for it. */
function isRecordFailure(thrown: unknown): thrown is HeliosError {
  if (!(thrown instanceof HeliosError)) return false;
  return isBadRecordError(thrown) || thrown.code === 'query_failed';
}
