import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { RejectedRecord } from '../../event/rejected.ts';
import type { Decoder, IsolatedBatch } from '../../format/format.ts';
import type { SourceTable } from '../../sql/script.ts';
import type { EpochInput } from './epoch-work.ts';
import { failingSelect } from '../isolation/failing-select.ts';
import { type FailingRow, findFailingRows } from './failing-rows.ts';
import { outputSelect, type Plan } from '../plan/plan.ts';
import type { IsWanted } from './skip.ts';
import { holdsRecords } from './batches.ts';

type IsolatedInput = Pick<EpochInput, 'batches' | 'nowMs'>;

type IsolatedSource = {
  readonly table: SourceTable;
  /** Name of the temp table of the clean records, with their number in `__row`. */
  readonly relation: string;
  readonly batches: readonly {
    readonly batch: Batch;
    readonly firstRow: number;
    readonly isolated: IsolatedBatch;
  }[];
  readonly rowCount: number;
};

type IsolatedEpochContext = {
  readonly connection: Connection;
  readonly plan: Plan;
  /** Select list of each output. */
  readonly columns: readonly string[];
  readonly decoders: ReadonlyMap<string, Decoder>;
  readonly scratchDirectory: string;
  /** Kept from epoch to epoch. */
  readonly failingSelects: FailingSelects;
};

/**
 * Source name → for each output that reads it the SELECT of the rows it fails on, as far as there
 * is one.
 */
export type FailingSelects = Map<string, readonly (string | undefined)[]>;

/** So many failing records of an epoch are run by themselves for their own message. */
const messagesMax = 16;

/**
 * The slow path of an epoch: its clean records in temp tables, numbered, so that the ones that the
 * SQL fails on can be found and taken out. What it takes out reaches none of the pipeline's sinks.
 */
export class IsolatedEpoch implements AsyncDisposable {
  readonly #context: IsolatedEpochContext;
  #sources: readonly IsolatedSource[] = [];

  constructor(context: IsolatedEpochContext) {
    this.#context = context;
  }

  /** Takes out what can't become a row; gives those records. */
  async decode(input: IsolatedInput): Promise<readonly RejectedRecord[]> {
    const sources: IsolatedSource[] = [];
    for (const [index, table] of this.#context.plan.script.sources.entries()) {
      const batches = (input.batches.get(table.name) ?? []).filter(holdsRecords);
      const decoder = this.#context.decoders.get(table.name);
      if (batches.length === 0 || decoder === undefined) continue;
      sources.push(await this.#isolateSource(input, table, batches, { decoder, index }));
      this.#sources = sources;
    }
    return sources.flatMap((source) => source.batches.flatMap((batch) => batch.isolated.rejected));
  }

  /** Takes out the decoded records that make the SQL fail; gives those records. */
  async takeOutFailing(input: IsolatedInput): Promise<readonly RejectedRecord[]> {
    const rejected: RejectedRecord[] = [];
    for (const source of this.#sources) {
      if ((await this.#attempt(source, 0, source.rowCount)) === undefined) continue;
      const found = (await this.#inOnePass(source)) ?? (await this.#byHalving(source));
      await this.#takeOut(source, found);
      // What one pass can't see, such as a function that fails by chance, is left to halving.
      const rest = await this.#byHalving(source);
      await this.#takeOut(source, rest);
      const all = [...found, ...rest].toSorted((left, right) => left.row - right.row);
      rejected.push(...all.map((failing) => toRejected(input, source, failing)));
    }
    return rejected;
  }

  /** Source name → SELECT over what is left of what a sink wants. */
  relations(sink = 0, isWanted?: IsWanted): ReadonlyMap<string, string> {
    return new Map(
      this.#sources.map((source) => {
        const all = `SELECT * EXCLUDE (__row) FROM ${quoteName(source.relation)}`;
        if (isWanted === undefined) return [source.table.name, all];
        const wanted = source.batches.filter(({ batch }) =>
          isWanted(sink, source.table.name, batch),
        );
        const ranges = wanted.map(
          ({ firstRow, isolated }) =>
            `__row >= ${firstRow} AND __row < ${firstRow + isolated.cleanCount}`,
        );
        return [source.table.name, `${all} WHERE ${ranges.join(' OR ') || 'false'}`];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) {
      await this.#context.connection.execute(`DROP TABLE IF EXISTS ${quoteName(source.relation)}`);
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
    const relation = `__clean_${how.index}`;
    const quoted = quoteName(relation);
    const isolatedBatches: { batch: Batch; firstRow: number; isolated: IsolatedBatch }[] = [];
    let rowCount = 0;
    for (const [number, batch] of batches.entries()) {
      const isolated = await how.decoder.isolate(connection, batch, {
        source: table.name,
        nowMs: input.nowMs,
        scratchDirectory,
      });
      const select = `SELECT * REPLACE (__row + ${rowCount} AS __row) FROM (${isolated.sql})`;
      const isFirst = number === 0;
      const verb = isFirst ? `CREATE OR REPLACE TEMP TABLE ${quoted} AS` : `INSERT INTO ${quoted}`;
      await connection.execute(`${verb} ${select}`);
      isolatedBatches.push({ batch, firstRow: rowCount, isolated });
      rowCount += isolated.cleanCount;
    }
    return { table, relation, batches: isolatedBatches, rowCount };
  }

  /** Undefined where the SQL has something that can't be followed from record to row. */
  async #inOnePass(source: IsolatedSource): Promise<readonly FailingRow[] | undefined> {
    const { connection } = this.#context;
    const rows: number[] = [];
    try {
      for (const select of await this.#failingSelects(source)) {
        if (select === undefined) return undefined;
        for (const found of await connection.rows(select)) rows.push(Number(found['row']));
      }
    } catch (thrown) {
      if (isSqlFailure(thrown) || isRefused(thrown)) return undefined;
      throw thrown;
    }
    const failing = [...new Set(rows)].toSorted((left, right) => left - right);
    return await this.#withMessages(source, failing);
  }

  async #failingSelects(source: IsolatedSource): Promise<readonly (string | undefined)[]> {
    const { plan, columns, connection, failingSelects } = this.#context;
    const key = source.table.name;
    const known = failingSelects.get(key);
    if (known !== undefined) return known;
    const fields = source.table.columns.filter((column) => column.origin.kind !== 'generated');
    const names = fields.map((column) => column.name);
    const records = `SELECT ${names.map(quoteName).join(', ')} FROM ${quoteName(source.relation)}`;
    const selects: (string | undefined)[] = [];
    for (const [index, output] of plan.outputs.entries()) {
      if (!output.reads.includes(key)) continue;
      const select = outputSelect(plan, output, new Map([[key, records]]), columns[index] ?? '*');
      const table = { name: source.relation, columns: names };
      selects.push(await failingSelect(connection, select.text, table));
    }
    failingSelects.set(key, selects);
    return selects;
  }

  /**
   * Each of the first failing rows by itself, for its message; undefined should one of them not
   * fail: then the one pass was mistaken.
   */
  async #withMessages(
    source: IsolatedSource,
    rows: readonly number[],
  ): Promise<readonly FailingRow[] | undefined> {
    const failing: FailingRow[] = [];
    for (const row of rows.slice(0, messagesMax)) {
      const error = await this.#attempt(source, row, row + 1);
      if (error === undefined) return undefined;
      failing.push({ row, error });
    }
    const like = failing[0]?.error.message ?? '';
    const message =
      `The SQL fails on this record, as on ${rows.length - 1} others read with it; ` +
      `on the first of them: ${like}`;
    const error = new HeliosError('query_failed', message);
    return [...failing, ...rows.slice(messagesMax).map((row) => ({ row, error }))];
  }

  async #byHalving(source: IsolatedSource): Promise<readonly FailingRow[]> {
    return await findFailingRows(source.rowCount, (from, to) => this.#attempt(source, from, to));
  }

  async #takeOut(source: IsolatedSource, failing: readonly FailingRow[]): Promise<void> {
    if (failing.length === 0) return;
    const rows = failing.map(({ row }) => row).join(', ');
    await this.#context.connection.execute(
      `DELETE FROM ${quoteName(source.relation)} WHERE __row IN (SELECT unnest([${rows}]))`,
    );
  }

  /** Runs every output over the rows [from, to) of one source, for its errors alone. */
  async #attempt(
    source: IsolatedSource,
    from: number,
    to: number,
  ): Promise<HeliosError | undefined> {
    const { plan, columns, connection } = this.#context;
    const records = `SELECT * EXCLUDE (__row) FROM ${quoteName(source.relation)}
      WHERE __row >= ${from} AND __row < ${to}`;
    const relations = new Map([[source.table.name, records]]);
    for (const [index, output] of plan.outputs.entries()) {
      if (!output.reads.includes(source.table.name)) continue;
      const select = outputSelect(plan, output, relations, columns[index] ?? '*').text;
      try {
        await connection.execute(`CREATE OR REPLACE TEMP TABLE __attempt AS ${select}`);
      } catch (thrown) {
        if (isSqlFailure(thrown)) return thrown;
        throw thrown;
      }
    }
    return undefined;
  }
}

function isSqlFailure(thrown: unknown): thrown is HeliosError {
  return thrown instanceof HeliosError && thrown.code === 'query_failed';
}

/** DuckDB doesn't take the rewritten SELECT: a volatile function under TRY, for one. */
function isRefused(thrown: unknown): boolean {
  return thrown instanceof HeliosError && thrown.code === 'invalid_sql';
}

function toRejected(
  input: IsolatedInput,
  source: IsolatedSource,
  { row, error }: FailingRow,
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
