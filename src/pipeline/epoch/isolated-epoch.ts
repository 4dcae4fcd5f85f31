import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import type { Decoder, IsolatedBatch } from '../../format/format.ts';
import type { SourceTable } from '../../sql/script.ts';
import type { EpochInput } from './epoch-work.ts';
import { findFailingRows } from './failing-rows.ts';
import { outputSelect, type Plan } from '../plan/plan.ts';

type IsolatedInput = Pick<EpochInput, 'batches' | 'nowMs'>;

type IsolatedSource = {
  readonly table: SourceTable;
  /** Temp table of the clean records, with their number in `__row`. */
  readonly relation: string;
  readonly batches: readonly { readonly firstRow: number; readonly isolated: IsolatedBatch }[];
  readonly rowCount: number;
};

type IsolatedEpochContext = {
  readonly connection: Connection;
  readonly plan: Plan;
  /** Select list of each output. */
  readonly columns: readonly string[];
  readonly decoders: ReadonlyMap<string, Decoder>;
  readonly scratchDirectory: string;
};

/**
 * The slow path of an epoch: its clean records in temp tables, numbered, so that the ones that the SQL
 * fails on can be found and taken out. What it takes out reaches none of the pipeline's sinks.
 */
export class IsolatedEpoch implements AsyncDisposable {
  readonly #context: IsolatedEpochContext;
  #sources: readonly IsolatedSource[] = [];

  constructor(context: IsolatedEpochContext) {
    this.#context = context;
  }

  /** Takes out what can't become a row or makes the SQL fail; gives those records. */
  async isolate(input: IsolatedInput): Promise<readonly RejectedRecord[]> {
    const sources: IsolatedSource[] = [];
    for (const [index, table] of this.#context.plan.script.sources.entries()) {
      const batches = input.batches.get(table.name) ?? [];
      const decoder = this.#context.decoders.get(table.name);
      if (batches.length === 0 || decoder === undefined) continue;
      sources.push(await this.#isolateSource(input, table, batches, { decoder, index }));
      this.#sources = sources;
    }
    const undecodable = sources.flatMap((source) =>
      source.batches.flatMap((batch) => batch.isolated.rejected),
    );
    const failing: RejectedRecord[] = [];
    for (const source of sources) failing.push(...(await this.#takeOutFailing(input, source)));
    return [...undecodable, ...failing];
  }

  /** Source name → SELECT over what is left. */
  relations(): ReadonlyMap<string, string> {
    return new Map(
      this.#sources.map((source) => [
        source.table.name,
        `SELECT * EXCLUDE (__row) FROM ${source.relation}`,
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) {
      await this.#context.connection.execute(`DROP TABLE IF EXISTS ${source.relation}`);
      for (const batch of source.batches) await batch.isolated.release();
    }
  }

  async #isolateSource(
    input: IsolatedInput,
    table: SourceTable,
    batches: readonly Batch[],
    how: { readonly decoder: Decoder; readonly index: number },
  ): Promise<IsolatedSource> {
    const { connection, scratchDirectory } = this.#context;
    const relation = quoteName(`__clean_${how.index}`);
    const isolatedBatches: { firstRow: number; isolated: IsolatedBatch }[] = [];
    let rowCount = 0;
    for (const [number, batch] of batches.entries()) {
      const isolated = await how.decoder.isolate(connection, batch, {
        source: table.name,
        nowMs: input.nowMs,
        scratchDirectory,
      });
      const select = `SELECT * REPLACE (__row + ${rowCount} AS __row) FROM (${isolated.sql})`;
      const verb = number === 0 ? `CREATE OR REPLACE TEMP TABLE ${relation} AS` : `INSERT INTO ${relation}`;
      await connection.execute(`${verb} ${select}`);
      isolatedBatches.push({ firstRow: rowCount, isolated });
      rowCount += isolated.cleanCount;
    }
    return { table, relation, batches: isolatedBatches, rowCount };
  }

  async #takeOutFailing(
    input: IsolatedInput,
    source: IsolatedSource,
  ): Promise<readonly RejectedRecord[]> {
    const failing = await findFailingRows(source.rowCount, (from, to) =>
      this.#attempt(source, from, to),
    );
    if (failing.length === 0) return [];
    const rows = failing.map(({ row }) => row).join(', ');
    await this.#context.connection.execute(
      `DELETE FROM ${source.relation} WHERE __row IN (${rows})`,
    );
    return failing.map(({ row, error }) => toRejected(input, source, row, error));
  }

  /** Runs every output over the rows [from, to) of one source, for its errors alone. */
  async #attempt(
    source: IsolatedSource,
    from: number,
    to: number,
  ): Promise<HeliosError | undefined> {
    const { plan, columns, connection } = this.#context;
    const records = `SELECT * EXCLUDE (__row) FROM ${source.relation}
      WHERE __row >= ${from} AND __row < ${to}`;
    const relations = new Map([[source.table.name, records]]);
    for (const [index, output] of plan.outputs.entries()) {
      if (!output.reads.includes(source.table.name)) continue;
      const select = outputSelect(plan, output, relations, columns[index] ?? '*').text;
      try {
        await connection.execute(`CREATE OR REPLACE TEMP TABLE __attempt AS ${select}`);
      } catch (thrown) {
        if (thrown instanceof HeliosError && thrown.code === 'query_failed') return thrown;
        throw thrown;
      }
    }
    return undefined;
  }
}

function toRejected(
  input: IsolatedInput,
  source: IsolatedSource,
  row: number,
  error: HeliosError,
): RejectedRecord {
  const batch = source.batches.findLast((candidate) => candidate.firstRow <= row);
  if (batch === undefined) throw new HeliosError('internal', `No batch holds row ${row}.`);
  const record = batch.isolated.record(row - batch.firstRow);
  return {
    source: source.table.name,
    partition: record.partition,
    position: record.position,
    rejectedAtMs: input.nowMs,
    code: 'sql_error',
    message: error.message,
    raw: record.raw,
  };
}
