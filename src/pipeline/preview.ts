import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError } from '../base/errors.ts';
import type { Connection } from '../engine/engine.ts';
import { jsonValueSql } from '../engine/json-encoding.ts';
import { duckdbType, quoteName } from '../engine/types.ts';
import type { Batch, Position } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import { createDecoder } from '../format/create-decoder.ts';
import type { Decoder } from '../format/format.ts';
import type { Source } from '../source/source.ts';
import type { SourceTable } from '../sql/script.ts';
import { type FailingSelects, IsolatedEpoch } from './epoch/isolated-epoch.ts';
import { PartStore } from './epoch/part-store.ts';
import type { PipelineEnvironment } from './open-pipeline.ts';
import type { PreviewEvent, PreviewOptions } from './pipeline.ts';
import { type Output, outputSelect, type Plan } from './plan/plan.ts';
import { planScript, scriptFailure } from './plan/planner.ts';
import { DataflowWork } from './stream/dataflow-work.ts';
import { outputSelects } from './stream/record-select.ts';

/** A preview looks at small batches, so that the first rows come soon. */
const batchBytesMax = 1024 * 1024;

type PreviewEnvironment = PipelineEnvironment & { readonly baseDirectory: string };

/** Runs a script over live or historical records without its sinks, and gives rows as they come. */
export async function* preview(
  environment: PreviewEnvironment,
  sql: string,
  options: PreviewOptions,
): AsyncGenerator<PreviewEvent> {
  await using connection = await environment.engine.connect();
  const planned = await planScript(sql, connection);
  if (planned.kind === 'errors') throw scriptFailure(planned.errors);
  const scratchDirectory = await mkdtemp(join(environment.dataDirectory, 'tmp', 'preview-'));
  const sources = new Map<string, Source>();
  try {
    for (const table of planned.plan.script.sources) {
      const scope = { pipelineId: undefined, baseDirectory: environment.baseDirectory };
      sources.set(
        table.name,
        await environment.connectors.source(lookingAt(table, options), scope),
      );
    }
    const plan = planned.plan;
    yield* new Preview({ connection, plan, sources, scratchDirectory, environment, options }).run();
  } finally {
    for (const source of sources.values()) await source.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

type PreviewContext = {
  readonly connection: Connection;
  readonly plan: Plan;
  readonly sources: ReadonlyMap<string, Source>;
  readonly scratchDirectory: string;
  readonly environment: PreviewEnvironment;
  readonly options: PreviewOptions;
};

class Preview {
  readonly #context: PreviewContext;
  readonly #decoders: ReadonlyMap<string, Decoder>;
  readonly #positions = new Map<string, Map<string, Position>>();
  readonly #failingSelects: FailingSelects = new Map();
  /** Of a script that keeps state: what it keeps is in memory alone. */
  readonly #streaming: DataflowWork | undefined;
  #rowCount = 0;
  #rejectedCount = 0;

  constructor(context: PreviewContext) {
    const tables = context.plan.script.sources;
    this.#context = context;
    this.#decoders = new Map(tables.map((table) => [table.name, createDecoder(table)]));
    const { connection, plan, scratchDirectory } = context;
    const { dataflow } = plan;
    const parts = new PartStore(scratchDirectory);
    const incarnation = 'preview';
    this.#streaming =
      dataflow && new DataflowWork({ connection, plan, dataflow, parts, incarnation });
  }

  async *run(): AsyncGenerator<PreviewEvent> {
    const { plan, options } = this.#context;
    for (const { table, schema } of plan.outputs) {
      const columns = schema.map(({ name, type }) => ({ name, type: duckdbType(type) }));
      yield { kind: 'columns', sink: table.name, columns };
    }
    await this.#start();
    await this.#streaming?.open(undefined);
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    while (!signal.aborted && this.#rowCount < options.rowsMax) {
      const batches = await this.#gather(signal);
      if (batches.size > 0) yield* this.#rows(batches);
      else if (await this.#hasEnded()) {
        if (this.#streaming !== undefined) yield* this.#rows(batches, 'end');
        return yield this.#end('sources_ended');
      } else await this.#wait(signal);
    }
    yield this.#end(this.#rowCount >= options.rowsMax ? 'row_limit' : 'timeout');
  }

  async #start(): Promise<void> {
    for (const [name, source] of this.#context.sources) {
      const positions = new Map<string, Position>();
      for (const partition of await source.partitions()) {
        const start = await source.startPosition(partition);
        if (start !== undefined) positions.set(partition, start);
      }
      this.#positions.set(name, positions);
    }
  }

  async *#rows(
    batches: ReadonlyMap<string, readonly Batch[]>,
    said: 'records' | 'end' = 'records',
  ): AsyncGenerator<PreviewEvent> {
    const { connection, plan, scratchDirectory, environment } = this.#context;
    const columns = plan.outputs.map(rowText);
    const columnsOf = (index: number): string => columns[index] ?? '*';
    await using isolated = new IsolatedEpoch({
      connection,
      sources: plan.script.sources,
      selects: this.#streaming?.recordSelects(columnsOf) ?? outputSelects(plan, columnsOf),
      decoders: this.#decoders,
      scratchDirectory,
      failingSelects: this.#failingSelects,
    });
    try {
      const nowMs = environment.clock.nowMs();
      const input = { batches, nowMs };
      const undecodable = await isolated.decode(input);
      const failing = await isolated.takeOutFailing(input);
      for (const records of [...undecodable, ...failing]) {
        for (const record of records) yield this.#rejected(record);
      }
      const atMs = nowMs;
      const rows = isolated.partitionRows();
      const step = await this.#streaming?.take({ rows, said, nowMs, atMs });
      for (const [index, output] of plan.outputs.entries()) {
        const select =
          step === undefined
            ? outputSelect(plan, output, isolated.relations(), columnsOf(index)).text
            : step.output(index, columnsOf(index));
        if (select === undefined) continue;
        const limit = Math.max(0, this.#context.options.rowsMax - this.#rowCount);
        const found = await connection.rows(`SELECT * FROM (${select}) LIMIT ${limit}`);
        if (found.length === 0) continue;
        this.#rowCount += found.length;
        yield {
          kind: 'rows',
          sink: output.table.name,
          rows: found.map((row) => cells(row['row'])),
        };
      }
      await step?.publish(step.manifest());
    } finally {
      for (const batch of [...batches.values()].flat()) await batch.release();
    }
  }

  #rejected(record: RejectedRecord): PreviewEvent {
    this.#rejectedCount++;
    return {
      kind: 'rejected',
      source: record.source,
      code: record.code,
      message: record.message,
      raw: Buffer.from(record.raw).toString('utf8'),
    };
  }

  #end(reason: Extract<PreviewEvent, { kind: 'end' }>['reason']): PreviewEvent {
    const counts = { rowCount: this.#rowCount, rejectedCount: this.#rejectedCount };
    return { kind: 'end', ...counts, reason };
  }

  async #gather(signal: AbortSignal): Promise<ReadonlyMap<string, readonly Batch[]>> {
    const gathered = new Map<string, readonly Batch[]>();
    for (const [name, source] of this.#context.sources) {
      const positions = this.#positions.get(name) ?? new Map<string, Position>();
      const batches: Batch[] = [];
      for (const partition of await source.partitions()) {
        const after = positions.get(partition);
        const batch = await source.read({ partition, after, bytesMax: batchBytesMax, signal });
        if (batch === undefined) continue;
        positions.set(partition, batch.to);
        batches.push(batch);
      }
      if (batches.length > 0) gathered.set(name, batches);
    }
    return gathered;
  }

  async #hasEnded(): Promise<boolean> {
    for (const [name, source] of this.#context.sources) {
      if (!(await source.hasEnded(this.#positions.get(name) ?? new Map()))) return false;
    }
    return true;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    const waits = [...this.#context.sources].map(async ([name, source]) => {
      await source.waitForRecords(this.#positions.get(name) ?? new Map(), either);
    });
    try {
      await Promise.race(waits);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      done.abort();
      await Promise.allSettled(waits);
    }
  }
}

/** A row as the text of a JSON array, with values by the rules of results. */
function rowText({ schema }: Output): string {
  const values = schema.map(({ name, type }) => jsonValueSql(type, quoteName(name), 'result'));
  return `'[' || ${values.join(" || ',' || ")} || ']' AS row`;
}

function cells(text: unknown): readonly unknown[] {
  const value: unknown = JSON.parse(String(text));
  if (!Array.isArray(value)) throw new HeliosError('internal', 'A preview row is not an array.');
  return value;
}

/** Live: only what comes from now on; otherwise all that is there. */
function lookingAt(table: SourceTable, options: PreviewOptions): SourceTable {
  if (table.connector.kind !== 'http') return table;
  const offset = options.input === 'live' ? 'latest' : 'earliest';
  return { ...table, connector: { ...table.connector, offset } };
}
