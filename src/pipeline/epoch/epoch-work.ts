import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '../../base/crash-point.ts';
import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection, Row } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Batch, Epoch, EpochMs } from '../../event/record.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import { type Decoder, isBadRecordError } from '../../format/format.ts';
import { countRejected, type RejectedRecords } from '../../format/rejected-records.ts';
import type { AppendSink, Part, Sink, TableSink } from '../../sink/sink.ts';
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
};

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
};

/** How to look for records that the SQL fails on, before each try to write the others. */
type Searches = readonly (FailingSearch | 'none')[];
const searchesOnceItFails: Searches = ['one_pass', 'halving'];
const searchesIfItFails: Searches = ['none', ...searchesOnceItFails];
/** For sinks that leave rows out, among which there may be such records too. */
const completeSearch: Searches = ['complete'];

const nothing: SinkStep = { part: undefined, rowCount: 0, fileBytes: undefined };

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
  readonly #failingSelects: FailingSelects = new Map();
  /** Bytes of an epoch that the slow path takes. */
  readonly slowBytesMax: number;

  constructor(context: EpochContext) {
    this.#context = context;
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
      const relations = await this.#decode(input);
      const steps = await this.#write(input, () => relations);
      const records = await this.#countRecords(input);
      return { steps: this.#ofAll(steps), rejectedCount: 0, droppedCount: 0, records };
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
    const { connection, plan, decoders, scratchDirectory } = this.#context;
    const columns = this.#columns;
    await using isolated = new IsolatedEpoch({
      connection,
      plan,
      columns,
      decoders,
      scratchDirectory,
      failingSelects: this.#failingSelects,
    });
    const policies = new Map(plan.script.sources.map((source) => [source.name, source.badData]));
    let rejected = await isolated.decode(input);
    const writeWithout = async (search: FailingSearch | 'none'): Promise<readonly SinkStep[]> => {
      if (search !== 'none') {
        rejected = rejected.concat(await isolated.takeOutFailing(input, search));
      }
      const failing = rejected.find(({ source }) => policies.get(source) === 'fail');
      if (failing !== undefined && input.replay === undefined) throw badRecord(failing.at(0));
      return await this.#write(input, (sink) => isolated.relations(sink, input.isWanted));
    };
    const steps = await untilItWorks(searches, writeWithout);
    const records = isolated.recordCounts(rejected);
    await isolated.dropRows();
    if (input.replay !== undefined) {
      const failed = rejected.flatMap((some) => [...some]);
      const outcomes = await this.#outcomes(input, input.replay, failed);
      const nothingNew = { rejectedCount: 0, droppedCount: 0, records: new Map() };
      const failedAgainCount = failed.length;
      return { ...nothingNew, steps: [...steps, nothing, outcomes], failedAgainCount };
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

  /**
   * Source name → SELECT over its records; read once into a table where several outputs want it.
   */
  async #decode(input: EpochInput): Promise<ReadonlyMap<string, string>> {
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
    relationsOf: (sink: number) => ReadonlyMap<string, string>,
  ): Promise<readonly SinkStep[]> {
    const { plan, sinks } = this.#context;
    const steps: SinkStep[] = [];
    for (const [index, output] of plan.outputs.entries()) {
      const sink = sinks[index];
      const relations = relationsOf(index);
      const isFed = output.reads.some((name) => relations.has(name));
      if (sink === undefined || !isFed) steps.push(nothing);
      else {
        const select = outputSelect(plan, output, relations, this.#columns[index] ?? '*').text;
        if (sink.kind === 'append') steps.push(await this.#encode(sink, index, select));
        else steps.push(await this.#writePart(input, sink, index, select));
      }
    }
    await this.#syncParts(steps);
    // Only now has all SQL succeeded: what a file or a terminal was given can't be asked back.
    return await Promise.all(
      steps.map(async (step, index) => await this.#append(input, index, step)),
    );
  }

  async #writePart(
    input: EpochInput,
    sink: TableSink,
    index: number,
    select: string,
  ): Promise<SinkStep> {
    const run = this.#context.incarnation.slice(0, 8);
    const name = `${String(input.epoch).padStart(12, '0')}-${index}-${run}.parquet`;
    const path = this.#context.parts.path(name);
    const [row] = await this.#context.connection.rows(
      `COPY (${select}) TO ${quoteText(path)} (${sink.copyOptions}, RETURN_STATS)`,
    );
    crashPoint('after-part');
    const rowCount = Number(row?.['count'] ?? 0);
    if (row === undefined || rowCount === 0) {
      await rm(path, { force: true });
      return nothing;
    }
    return { part: toPart(input, sink, { name, path, row }), rowCount, fileBytes: undefined };
  }

  async #encode(sink: AppendSink, index: number, select: string): Promise<SinkStep> {
    if (sink.encoding === 'none') return nothing;
    const [row] = await this.#context.connection.rows(
      `COPY (${select}) TO ${quoteText(this.#encodedPath(index))}
        (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')`,
    );
    return { part: undefined, rowCount: Number(row?.['Count'] ?? 0), fileBytes: undefined };
  }

  async #append(input: EpochInput, index: number, step: SinkStep): Promise<SinkStep> {
    const sink = this.#context.sinks[index];
    if (sink?.kind !== 'append' || step.rowCount === 0) return step;
    const path = this.#encodedPath(index);
    const fileBytes = await sink.append(path, input.fileBytes[index] ?? 0);
    await rm(path, { force: true });
    return { ...step, fileBytes };
  }

  #encodedPath(index: number): string {
    return join(this.#context.scratchDirectory, `append-${index}.txt`);
  }

  async #quarantine(input: EpochInput, records: readonly RejectedRecords[]): Promise<SinkStep> {
    const { connection, pipeline } = this.#context;
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
    const step = await this.#writePart(input, sink, index, select);
    await this.#syncParts([step]);
    return step;
  }

  async #syncParts(steps: readonly SinkStep[]): Promise<void> {
    const names = steps.flatMap((step) => (step.part === undefined ? [] : [step.part.name]));
    if (names.length > 0) await this.#context.parts.sync(names);
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

type WrittenPart = { readonly name: string; readonly path: string; readonly row: Row };

function toPart(input: EpochInput, sink: TableSink, written: WrittenPart): Part {
  return {
    name: written.name,
    path: written.path,
    firstEpoch: input.epoch,
    lastEpoch: input.epoch,
    rowCount: Number(written.row['count']),
    byteLength: Number(written.row['file_size_bytes']),
    statsJson: sink.finalBytesMin === undefined ? undefined : sink.statsOf(written.row),
    newestAtMs: newestArrival(input),
  };
}

function newestArrival(input: EpochInput): EpochMs {
  let newest = 0;
  for (const batches of input.batches.values()) {
    for (const batch of batches) newest = Math.max(newest, batch.arrivedAtMs);
  }
  return newest;
}

function readerCount(plan: Plan, source: SourceTable): number {
  return plan.outputs.filter((output) => output.reads.includes(source.name)).length;
}

/** Failures that a record causes, not the machine: worth looking for it. */
function isRecordFailure(thrown: unknown): thrown is HeliosError {
  if (!(thrown instanceof HeliosError)) return false;
  return isBadRecordError(thrown) || thrown.code === 'query_failed';
}
