import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineDefinition } from '../../catalog/catalog.ts';
import type { Connection } from '../../engine/engine.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import { createDecoder } from '../../format/create-decoder.ts';
import { storedSchema } from '../../delta/schema-json.ts';
import { IsolatedEpoch } from '../epoch/isolated-epoch.ts';
import { PartStore } from '../epoch/part-store.ts';
import { newestManifest, type PipelineEnvironment } from '../open-pipeline.ts';
import { outputColumns, tableColumns } from '../plan/output-columns.ts';
import type { Output, Plan } from '../plan/plan.ts';
import { planScript, scriptFailure } from '../plan/planner.ts';
import { type LookupCopies, lookupCopies } from '../lookup/lookup-copies.ts';
import { DataflowWork } from '../stream/dataflow-work.ts';
import { outputSelects, type RecordSelect } from '../stream/record-select.ts';
import { pinRejected } from './rejected-tables.ts';
import type { RecordPlace, Trial, TrialExample, TrialRequest } from './replay.ts';
import { columnOf, selectedTable, selectRecords } from './select-records.ts';
import { selectedBatches, type SelectedBatches } from './selected-batches.ts';

/** Bytes that are tried at a time. */
const chunkBytes = 4 * 1024 * 1024;
/** A trial takes so much at most; a person waits for it. */
const chunksMax = 16;
const durationMsMax = 10_000;
/** Records of each reason that are shown. */
const examplesMax = 5;

type Reason = Omit<Trial['reasons'][number], 'recordCount' | 'examples'> & {
  recordCount: number;
  readonly examples: TrialExample[];
};

/**
 * What a replay of rejected records would make of them now, without sinks: nothing is written
 * but files of its own, which go again.
 */
export async function tryRecords(
  environment: PipelineEnvironment,
  definition: PipelineDefinition,
  request: TrialRequest,
): Promise<Trial> {
  await using connection = await environment.engine.connect();
  const planned = await planScript(request.sql ?? definition.sql, connection, environment.lookups);
  if (planned.kind === 'errors') throw scriptFailure(planned.errors);
  const scratchDirectory = await mkdtemp(join(environment.dataDirectory, 'tmp', 'trial-'));
  try {
    const { plan } = planned;
    const { clock, lookups: tables } = environment;
    const { baseDirectory } = definition;
    const lookups = lookupCopies(plan, { connection, clock, tables, baseDirectory });
    await lookups?.refresh();
    const selects = await selectsOf(plan, { connection, lookups, directory: scratchDirectory });
    const run = { environment, definition, request, connection, plan, selects, scratchDirectory };
    return await new RecordTrial(run).run();
  } finally {
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

type TrialContext = {
  readonly environment: PipelineEnvironment;
  readonly definition: PipelineDefinition;
  readonly request: TrialRequest;
  readonly connection: Connection;
  readonly plan: Plan;
  /** What each record goes through by itself. */
  readonly selects: readonly RecordSelect[];
  readonly scratchDirectory: string;
};

class RecordTrial {
  readonly #context: TrialContext;
  readonly #reasons = new Map<string, Reason>();
  #triedCount = 0;
  #failingCount = 0;

  constructor(context: TrialContext) {
    this.#context = context;
  }

  async run(): Promise<Trial> {
    const { environment, definition, request, connection, plan } = this.#context;
    const manifest = await newestManifest(environment, definition);
    await using tables = await pinRejected(environment.registry);
    const selected = await selectRecords(connection, tables, {
      pipeline: definition.name,
      createdAtMs: definition.createdAtMs,
      sources: plan.script.sources,
      sinceMs: manifest?.replaySinceMs ?? {},
      filter: request.filter,
      chunkBytes,
    });
    const { clock } = environment;
    const endMs = clock.monotonicMs() + durationMsMax;
    for (const chunk of selected.chunks.slice(0, chunksMax)) {
      request.signal.throwIfAborted();
      await this.#try(chunk);
      if (clock.monotonicMs() > endMs) break;
    }
    return {
      selectedCount: selected.recordCount,
      triedCount: this.#triedCount,
      passingCount: this.#triedCount - this.#failingCount,
      reasons: [...this.#reasons.values()].toSorted(
        (left, right) => right.recordCount - left.recordCount,
      ),
      refusals: selected.refusals,
      replayedCount: selected.replayedCount,
    };
  }

  async #try(chunk: number): Promise<void> {
    const { environment, connection, plan, request, scratchDirectory } = this.#context;
    const records = await selectedBatches(chunk, {
      connection,
      sources: plan.script.sources,
      scratchDirectory,
      alterOf: async (table) => await environment.connectors.alter?.(table),
      signal: request.signal,
    });
    try {
      const failing = await this.#failing(records);
      this.#triedCount += records.recordCount;
      this.#failingCount += failing.length;
      await this.#note(failing, records);
    } finally {
      for (const batch of [...records.batches.values()].flat()) await batch.release();
    }
  }

  async #failing({ batches }: SelectedBatches): Promise<readonly RejectedRecord[]> {
    const { environment, connection, plan, selects, scratchDirectory } = this.#context;
    await using isolated = new IsolatedEpoch({
      connection,
      sources: plan.script.sources,
      selects,
      decoders: new Map(plan.script.sources.map((table) => [table.name, createDecoder(table)])),
      scratchDirectory,
      failingSelects: new Map(),
    });
    const input = { batches, nowMs: environment.clock.nowMs() };
    const undecodable = await isolated.decode(input);
    const failing = await isolated.takeOutFailing(input);
    return [...undecodable, ...failing].flatMap((records) => [...records]);
  }

  async #note(failing: readonly RejectedRecord[], records: SelectedBatches): Promise<void> {
    const shown: { readonly record: RejectedRecord; readonly reason: Reason }[] = [];
    const counts = new Map<Reason, number>();
    for (const record of failing) {
      const reason = this.#reasonOf(record);
      reason.recordCount++;
      const count = (counts.get(reason) ?? reason.examples.length) + 1;
      counts.set(reason, count);
      if (count <= examplesMax) shown.push({ record, reason });
    }
    const places = await this.#places(shown.map(({ record }) => records.seqOf(record)));
    for (const { record, reason } of shown) {
      const place = places.get(records.seqOf(record));
      if (place === undefined) continue;
      reason.examples.push({ ...place, message: record.message, raw: record.raw });
    }
  }

  async #places(seqs: readonly number[]): Promise<ReadonlyMap<number, RecordPlace>> {
    if (seqs.length === 0) return new Map();
    const rows = await this.#context.connection.rows(
      `SELECT seq, source, "partition", "position" FROM ${selectedTable}
        WHERE seq IN (${seqs.join(', ')})`,
    );
    return new Map(
      rows.map(({ seq, source, partition, position }) => [
        Number(seq),
        { source: String(source), partition: String(partition), position: String(position) },
      ]),
    );
  }

  #reasonOf({ source, code, message }: RejectedRecord): Reason {
    const column = columnOf(message);
    const key = JSON.stringify([source, code, column ?? null]);
    const known = this.#reasons.get(key) ?? { source, code, column, recordCount: 0, examples: [] };
    this.#reasons.set(key, known);
    return known;
  }
}

async function selectsOf(
  plan: Plan,
  {
    connection,
    directory,
    lookups,
  }: {
    readonly connection: Connection;
    readonly directory: string;
    readonly lookups: LookupCopies | undefined;
  },
): Promise<readonly RecordSelect[]> {
  const columns = (index: number): string => columnsOf(plan.outputs[index]);
  const { dataflow } = plan;
  if (dataflow === undefined) return outputSelects(plan, columns);
  const parts = new PartStore(directory);
  const incarnation = 'trial';
  const work = new DataflowWork({ connection, plan, dataflow, parts, incarnation, lookups });
  await work.open(undefined);
  return work.recordSelects(columns);
}

/** As its sink would store it, as far as the SQL alone tells. */
function columnsOf(output: Output | undefined): string {
  if (output === undefined) return '*';
  const { kind } = output.table.connector;
  const isTable = kind === 'delta' || kind === 'filesystem';
  return isTable
    ? tableColumns(output, storedSchema(output.schema))
    : outputColumns(output, undefined);
}
