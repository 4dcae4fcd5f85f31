import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { Decoder, IsolatedBatch, RecordOrigin } from '../../format/format.ts';
import { countRejected, type RejectedRecords, Rejections } from '../../format/rejected-records.ts';
import type { SourceTable } from '../../sql/script.ts';
import type { EpochInput } from './epoch-work.ts';
import { failingSelect } from '../isolation/failing-select.ts';
import { type FailingRow, findFailingRows } from './failing-rows.ts';
import type { RecordSelect } from '../stream/record-select.ts';
import type { EpochRows } from '../stream/source-rows.ts';
import type { RecordCounts } from '../rates/record-rates.ts';
import type { IsWanted } from './skip.ts';
import { holdsRecords } from './batches.ts';

type IsolatedInput = Pick<EpochInput, 'batches' | 'nowMs'>;

type IsolatedSource = {
  readonly table: SourceTable;
  /** Name of the temp view of the clean records, with their number in `__row`. */
  readonly relation: string;
  /** What the view reads, and the temp table of the numbers that it leaves out. */
  readonly select: string;
  readonly failing: string;
  /** Name of the temp table of the first records that the SQL fails on. */
  readonly firsts: string;
  readonly batches: readonly {
    readonly batch: Batch;
    readonly firstRow: number;
    readonly isolated: IsolatedBatch;
  }[];
  readonly recordCount: number;
};

type IsolatedEpochContext = {
  readonly connection: Connection;
  readonly sources: readonly SourceTable[];
  /** What each record goes through by itself. */
  readonly selects: readonly RecordSelect[];
  readonly decoders: ReadonlyMap<string, Decoder>;
  readonly scratchDirectory: string;
  /** Kept from epoch to epoch. */
  readonly failingSelects: FailingSelects;
};

/**
 * Source name → for each SELECT that reads it the SELECT of the rows it fails on, as far as there
 * is one.
 */
export type FailingSelects = Map<string, readonly (string | undefined)[]>;

/**
 * How to look for records that the SQL fails on. `one_pass` finds what it can at once, and is worth
 * it only where there are some; `halving` finds also what that can't see, such as a function that
 * fails by chance. `complete` tries the SQL, and does both where it fails.
 */
export type FailingSearch = 'one_pass' | 'halving' | 'complete';

/** So many failing records of an epoch are run by themselves for their own message. */
const messagesMax = 16;

/**
 * The slow path of an epoch: its clean records, numbered, so that the ones that the SQL fails on
 * can be found and taken out. What it takes out reaches none of the pipeline's sinks.
 */
export class IsolatedEpoch implements AsyncDisposable {
  readonly #context: IsolatedEpochContext;
  #sources: readonly IsolatedSource[] = [];

  constructor(context: IsolatedEpochContext) {
    this.#context = context;
  }

  /** Takes out what can't become a row; gives those records, by batch. */
  async decode(input: IsolatedInput): Promise<readonly RejectedRecords[]> {
    const sources: IsolatedSource[] = [];
    for (const [index, table] of this.#context.sources.entries()) {
      const batches = (input.batches.get(table.name) ?? []).filter(holdsRecords);
      const decoder = this.#context.decoders.get(table.name);
      if (batches.length === 0 || decoder === undefined) continue;
      sources.push(await this.#isolateSource(input, table, batches, { decoder, index }));
      this.#sources = sources;
    }
    return sources.flatMap(({ batches }) =>
      batches.flatMap(({ isolated: { rejected } }) => (rejected.length === 0 ? [] : [rejected])),
    );
  }

  /** Takes out the decoded records that make the SQL fail; gives those records, by batch. */
  async takeOutFailing(
    input: IsolatedInput,
    search: FailingSearch = 'complete',
  ): Promise<readonly RejectedRecords[]> {
    const rejected: RejectedRecords[] = [];
    for (const source of this.#sources) {
      rejected.push(...toRejected(input, source, await this.#takeOutOf(source, search)));
    }
    return rejected;
  }

  async #takeOutOf(source: IsolatedSource, search: FailingSearch): Promise<readonly FailingRow[]> {
    if (search === 'complete' && (await this.#doesWork(source))) return [];
    const found = search === 'halving' ? [] : ((await this.#inOnePass(source)) ?? []);
    await this.#takeOut(source, found);
    if (search === 'one_pass') return found;
    const rest = await this.#byHalving(source);
    await this.#takeOut(source, rest);
    return [...found, ...rest].toSorted((left, right) => left.row - right.row);
  }

  /** Source name → its records, and how many of those are among the rejected ones. */
  recordCounts(rejected: readonly RejectedRecords[]): ReadonlyMap<string, RecordCounts> {
    return new Map(
      this.#sources.map(({ table: { name }, recordCount }) => {
        const own = rejected.filter(({ source }) => source === name);
        return [name, { read: recordCount, rejected: countRejected(own) }];
      }),
    );
  }

  async #doesWork(source: IsolatedSource): Promise<boolean> {
    return (await this.#attempt(source, 0, source.recordCount)) === undefined;
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
            `__row >= ${firstRow} AND __row < ${firstRow + isolated.recordCount}`,
        );
        return [source.table.name, `${all} WHERE ${ranges.join(' OR ') || 'false'}`];
      }),
    );
  }

  /** What is left, by partition. */
  rows(): ReadonlyMap<string, EpochRows> {
    return new Map(
      this.#sources.map(({ table, relation, batches }) => {
        const partitions = batches.map(({ batch, firstRow, isolated }) => ({
          partition: batch.partition,
          arrivedAtMs: batch.arrivedAtMs,
          select: `SELECT * EXCLUDE (__row) FROM ${quoteName(relation)}
            WHERE __row >= ${firstRow} AND __row < ${firstRow + isolated.recordCount}`,
        }));
        return [table.name, { partitions }];
      }),
    );
  }

  /** Nothing more is asked but where the records came from: what they became may go. */
  async dropRows(): Promise<void> {
    for (const source of this.#sources) {
      await this.#context.connection.execute(
        `DROP VIEW IF EXISTS ${quoteName(source.relation)};
          DROP TABLE IF EXISTS ${source.failing}; DROP TABLE IF EXISTS ${source.firsts}`,
      );
      for (const batch of source.batches) await batch.isolated.release();
    }
    this.#sources = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dropRows();
  }

  async #isolateSource(
    input: IsolatedInput,
    table: SourceTable,
    batches: readonly Batch[],
    how: { readonly decoder: Decoder; readonly index: number },
  ): Promise<IsolatedSource> {
    const { connection, scratchDirectory } = this.#context;
    const relation = `__clean_${how.index}`;
    const selects: string[] = [];
    const isolatedBatches: { batch: Batch; firstRow: number; isolated: IsolatedBatch }[] = [];
    let recordCount = 0;
    for (const batch of batches) {
      const isolated = await how.decoder.isolate(connection, batch, {
        source: table.name,
        nowMs: input.nowMs,
        scratchDirectory,
      });
      selects.push(`SELECT * REPLACE (__row + ${recordCount} AS __row) FROM (${isolated.sql})`);
      isolatedBatches.push({ batch, firstRow: recordCount, isolated });
      recordCount += isolated.recordCount;
    }
    const select = selects.join(' UNION ALL ');
    const failing = `__failing_${how.index}`;
    const firsts = `__failing_firsts_${how.index}`;
    await connection.execute(`CREATE OR REPLACE TEMP TABLE ${failing} (row INTEGER);
      CREATE OR REPLACE TEMP VIEW ${quoteName(relation)} AS ${select}`);
    return { table, relation, select, failing, firsts, batches: isolatedBatches, recordCount };
  }

  /** Undefined where the SQL has something that can't be followed from record to row. */
  async #inOnePass(source: IsolatedSource): Promise<readonly FailingRow[] | undefined> {
    const { connection } = this.#context;
    const selects = await this.#failingSelects(source);
    const known = selects.filter((select) => select !== undefined);
    if (known.length < selects.length) return undefined;
    try {
      const [found = []] = await connection.columns(
        `SELECT DISTINCT row::INTEGER AS row FROM (${known.join(' UNION ALL ')}) ORDER BY row`,
      );
      return await this.#withMessages(source, found.map(Number));
    } catch (thrown) {
      if (isSqlFailure(thrown) || isRefused(thrown)) return undefined;
      throw thrown;
    }
  }

  async #failingSelects(source: IsolatedSource): Promise<readonly (string | undefined)[]> {
    const { connection, failingSelects } = this.#context;
    const key = source.table.name;
    const known = failingSelects.get(key);
    if (known !== undefined) return known;
    const fields = source.table.columns.filter((column) => column.origin.kind !== 'generated');
    const names = fields.map((column) => quoteName(column.name));
    const records = `SELECT ${names.join(', ')} FROM ${quoteName(source.relation)}`;
    const types = fields.map(({ name, type }) => ({ name, type: duckdbType(type) }));
    const selects: (string | undefined)[] = [];
    for (const { reads, text } of this.#context.selects) {
      if (!reads.includes(key)) continue;
      const table = { name: source.relation, columns: types };
      selects.push(await failingSelect(connection, text(new Map([[key, records]])), table));
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
    const firsts = rows.slice(0, messagesMax);
    if (firsts.length === 0) return failing;
    await this.#context.connection.execute(
      `CREATE OR REPLACE TEMP TABLE ${source.firsts} AS
        SELECT * FROM ${quoteName(source.relation)} WHERE __row IN (${firsts.join(', ')})`,
    );
    for (const row of firsts) {
      const error = await this.#attempt({ ...source, relation: source.firsts }, row, row + 1);
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
    return await findFailingRows(source.recordCount, (from, to) => this.#attempt(source, from, to));
  }

  async #takeOut(source: IsolatedSource, failing: readonly FailingRow[]): Promise<void> {
    if (failing.length === 0) return;
    const { connection } = this.#context;
    const at = (number: number): number => failing[number]?.row ?? 0;
    await connection.append(source.failing, failing.length, [{ type: 'number', at }]);
    await connection.execute(`CREATE OR REPLACE TEMP VIEW ${quoteName(source.relation)} AS
      SELECT * FROM (${source.select}) WHERE __row NOT IN (SELECT row FROM ${source.failing})`);
  }

  /** Runs every SELECT over the rows [from, to) of one source, for its errors alone. */
  async #attempt(
    source: IsolatedSource,
    from: number,
    to: number,
  ): Promise<HeliosError | undefined> {
    const { selects, connection } = this.#context;
    const records = `SELECT * EXCLUDE (__row) FROM ${quoteName(source.relation)}
      WHERE __row >= ${from} AND __row < ${to}`;
    const relations = new Map([[source.table.name, records]]);
    for (const { reads, text } of selects) {
      if (!reads.includes(source.table.name)) continue;
      try {
        await connection.execute(`CREATE OR REPLACE TEMP TABLE __attempt AS ${text(relations)}`);
      } catch (thrown) {
        if (isSqlFailure(thrown)) return thrown;
        throw thrown;
      }
    }
    return undefined;
  }
}

export function isSqlFailure(thrown: unknown): thrown is HeliosError {
  return thrown instanceof HeliosError && thrown.code === 'query_failed';
}

/** DuckDB doesn't take the rewritten SELECT: a volatile function under TRY, for one. */
function isRefused(thrown: unknown): boolean {
  return thrown instanceof HeliosError && thrown.code === 'invalid_sql';
}

/** By batch, those that have some. */
function toRejected(
  { nowMs: rejectedAtMs }: IsolatedInput,
  { table, batches }: IsolatedSource,
  failing: readonly FailingRow[],
): readonly RejectedRecords[] {
  const rejected: RejectedRecords[] = [];
  let at = 0;
  for (const { batch, firstRow, isolated } of batches) {
    const rejections = new Rejections();
    let last: { readonly error: HeliosError; readonly reason: number } | undefined;
    for (; at < failing.length; at++) {
      const found = failing[at];
      if (found === undefined || found.row >= firstRow + isolated.recordCount) break;
      const { row, error } = found;
      if (last?.error !== error) {
        last = { error, reason: rejections.reason({ code: 'sql_error', message: error.message }) };
      }
      rejections.add(row - firstRow, last.reason);
    }
    if (rejections.count === 0) continue;
    const { partition } = batch;
    const record = (row: number): RecordOrigin => isolated.record(row);
    rejected.push(rejections.of({ source: table.name, partition, rejectedAtMs, record }));
  }
  return rejected;
}
