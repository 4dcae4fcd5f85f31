import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError } from '../base/errors.ts';
import type { Connection } from '../engine/engine.ts';
import { jsonValueSql } from '../engine/json-encoding.ts';
import { duckdbType, quoteName } from '../engine/types.ts';
import type { Batch } from '../event/record.ts';
import type { RejectedRecord } from '../event/rejected.ts';
import type { Source } from '../source/source.ts';
import type { PipelineEnvironment } from './open-pipeline.ts';
import type { PreviewEvent, PreviewOptions } from './pipeline.ts';
import type { Output, Plan } from './plan/plan.ts';
import { refuseExplain } from './plan/explained.ts';
import { planScript, scriptFailure } from './plan/planner.ts';
import type { TimeSaid } from './stream/dataflow-work.ts';
import { RangeReader } from './trial/range-reader.ts';
import { type RecordRange, resolveRange } from './trial/record-range.ts';
import { type RunEpoch, ScriptRun } from './trial/script-run.ts';

/** A preview looks at small batches, so that the first rows come soon. */
const batchBytesMax = 1024 * 1024;
/** Rows of one event: a reader sees them while others are made. */
const rowsPerEvent = 1000;
/** Event time goes on when partitions are quiet: so often it is looked at. */
const quietCheckMs = 1000;

type PreviewEnvironment = PipelineEnvironment & { readonly baseDirectory: string };

/** Runs a script over live or historical records without its sinks, and gives rows as they come. */
export async function* preview(
  environment: PreviewEnvironment,
  sql: string,
  options: PreviewOptions,
): AsyncGenerator<PreviewEvent> {
  await using connection = await environment.engine.connect();
  const planned = await planScript(sql, connection, environment.lookups);
  if (planned.kind === 'errors') throw scriptFailure(planned.errors);
  refuseExplain(planned.plan);
  const scratchDirectory = await mkdtemp(join(environment.dataDirectory, 'tmp', 'preview-'));
  const sources = new Map<string, Source>();
  try {
    for (const table of planned.plan.script.sources) {
      const scope = { pipelineId: undefined, baseDirectory: environment.baseDirectory };
      sources.set(table.name, await environment.connectors.source(table, scope));
    }
    const range = await resolveRange(sources, rangeOf(options), environment.clock.nowMs());
    const reader = new RangeReader(sources, range);
    const { plan } = planned;
    yield* new Preview({ connection, plan, reader, scratchDirectory, environment, options }).run();
  } finally {
    for (const source of sources.values()) await source.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

/** Live: only what comes from now on; otherwise all that is there. */
function rangeOf({ input, from, until }: PreviewOptions): RecordRange {
  return { from: from ?? (input === 'live' ? 'latest' : 'earliest'), until };
}

type PreviewContext = {
  readonly connection: Connection;
  readonly plan: Plan;
  readonly reader: RangeReader;
  readonly scratchDirectory: string;
  readonly environment: PreviewEnvironment;
  readonly options: PreviewOptions;
};

class Preview {
  readonly #context: PreviewContext;
  readonly #run: ScriptRun;
  #rowCount = 0;
  #rejectedCount = 0;

  constructor(context: PreviewContext) {
    this.#context = context;
    const columns = context.plan.outputs.map(rowText);
    this.#run = new ScriptRun({ ...context, columnsOf: (index) => columns[index] ?? '*' });
  }

  async *run(): AsyncGenerator<PreviewEvent> {
    const { plan, options, reader } = this.#context;
    for (const { table, schema } of plan.outputs) {
      const columns = schema.map(({ name, type }) => ({ name, type: duckdbType(type) }));
      yield { kind: 'columns', sink: table.name, columns };
    }
    await this.#run.open();
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    const request = { bytesMax: batchBytesMax, signal };
    while (!signal.aborted && this.#rowCount < options.rowsMax) {
      const batches = await this.#gather(request);
      if (batches.size > 0 || this.#run.isDue) yield* await this.#epoch(batches, 'records');
      else if (await reader.hasEnded()) {
        if (this.#run.isStateful) yield* await this.#epoch(batches, 'end');
        return yield this.#end('sources_ended');
      } else await this.#wait(signal);
    }
    yield this.#end(this.#rowCount >= options.rowsMax ? 'row_limit' : 'timeout');
  }

  /** Nothing where it was aborted meanwhile. */
  async #gather(
    request: Parameters<RangeReader['gather']>[0],
  ): Promise<ReadonlyMap<string, readonly Batch[]>> {
    try {
      return await this.#context.reader.gather(request, (source, partition, look) =>
        this.#run.noteRead(source, partition, look),
      );
    } catch (thrown) {
      if (!request.signal.aborted) throw thrown;
      return new Map();
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { reader } = this.#context;
    const isQuiet = this.#run.isStateful ? [AbortSignal.timeout(quietCheckMs)] : [];
    await reader.wait(AbortSignal.any([signal, ...isQuiet]));
  }

  async #epoch(
    batches: ReadonlyMap<string, readonly Batch[]>,
    said: TimeSaid,
  ): Promise<readonly PreviewEvent[]> {
    return await this.#run.epoch({ batches, said }, async (epoch) => await this.#events(epoch));
  }

  async #events({ rejected, output }: RunEpoch): Promise<readonly PreviewEvent[]> {
    const { connection, plan, options } = this.#context;
    const events: PreviewEvent[] = [];
    for (const records of rejected) {
      for (const record of records) events.push(this.#rejected(record));
    }
    for (const [index, { table }] of plan.outputs.entries()) {
      const select = output(index);
      if (select === undefined) continue;
      const limit = Math.max(0, options.rowsMax - this.#rowCount);
      const found = await connection.rows(`SELECT * FROM (${select}) LIMIT ${limit}`);
      this.#rowCount += found.length;
      for (let first = 0; first < found.length; first += rowsPerEvent) {
        const rows = found.slice(first, first + rowsPerEvent).map((row) => cells(row['row']));
        events.push({ kind: 'rows', sink: table.name, rows });
      }
    }
    return events;
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
