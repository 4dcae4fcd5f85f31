import { notFound } from '../../catalog/catalog.ts';
import { HeliosError } from '../../base/errors.ts';
import type { QueryService } from '../query.ts';
import type { Part } from '../../sink/sink.ts';
import { keysOf, pinHotParts, viewSchema } from '../../pipeline/tables/pinned-views.ts';
import type { QueryableTables } from '../../pipeline/tables/queryable-tables.ts';
import type { Feeder, TableRegistry, WrittenTable } from '../../pipeline/tables/table-registry.ts';

export type TailRequest = {
  readonly table: string;
  /** A SQL condition over the table's columns; it passes the same gate as a query. */
  readonly where: string | undefined;
  readonly after: string | undefined;
  readonly rowsMax: number;
  readonly signal: AbortSignal;
};

export type TailAnswer = {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly missedRows: number;
  readonly cursor: string;
};

/** A look at a tail is a small query; one that takes longer has a condition that is too dear. */
const lookTimeoutMs = 5000;

/**
 * Rows of a table as they are published: the first look gives the columns, each other one reads
 * the hot parts of the epochs since the last. What was rolled in between is counted as missed, by
 * the rows that its sink has put out.
 */
export class HotTail {
  readonly #registry: TableRegistry;
  readonly #queryable: QueryableTables;
  readonly #queries: QueryService;

  constructor(registry: TableRegistry, queryable: QueryableTables, queries: QueryService) {
    this.#registry = registry;
    this.#queryable = queryable;
    this.#queries = queries;
  }

  async rowsAfter(request: TailRequest): Promise<TailAnswer> {
    const table = this.#registry.written(request.table);
    if (table === undefined) throw notFound('table', request.table, this.#queryable.names());
    if (keysOf(table.feeders) !== undefined) throw hasNoTail(table.entry.name);
    const cursor = JSON.stringify(reached(table));
    if (request.after === undefined) {
      const { columns } = await this.#find(table, request, () => pinHotParts(table, () => false));
      return { columns, rows: [], missedRows: 0, cursor };
    }
    const seen = parseCursor(request.after);
    const isNew = (feeder: Feeder, part: Part): boolean =>
      part.firstEpoch > (seen[feeder.live.id]?.epoch ?? 0);
    const put = rowsSince(table, seen);
    if (put === 0) return { columns: [], rows: [], missedRows: 0, cursor };
    let pinned = 0;
    const found = await this.#find(table, request, () => {
      const view = pinHotParts(table, isNew);
      pinned = view.hotRows;
      return view;
    });
    const cut = found.isTruncated ? pinned - found.rows.length : 0;
    const missedRows = Math.max(0, put - pinned) + cut;
    return { columns: found.columns, rows: found.rows, missedRows, cursor };
  }

  async #find(table: WrittenTable, request: TailRequest, pin: Pin): Promise<Found> {
    return await this.#queryable.withView({ schema: viewSchema(table), pin }, async (name) => {
      const select = `SELECT * FROM ${name}`;
      if (request.where === undefined) return await this.#ask(select, request);
      const before = `${select} WHERE (`;
      try {
        return await this.#ask(`${before}${request.where}\n)`, request);
      } catch (thrown) {
        throw placedIn(request.where, before, thrown);
      }
    });
  }

  async #ask(sql: string, request: TailRequest): Promise<Found> {
    const answer = await this.#queries.run({
      sql,
      format: 'json',
      maxRows: request.rowsMax,
      timeoutMs: lookTimeoutMs,
      signal: request.signal,
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    return { ...parseFound(Buffer.concat(chunks).toString('utf8')), columns: answer.columns };
  }
}

/** What it has are rows that are there now, and no sequence of rows that came. */
function hasNoTail(table: string): HeliosError {
  return new HeliosError(
    'unsupported_table',
    `${table} is kept current: its rows change, and there is no tail of them.`,
    { hint: 'Query it, or have its changes in a sink with format = debezium_json.' },
  );
}

type Pin = () => ReturnType<typeof pinHotParts>;

/** The same failure with its place in the condition, which is what the caller wrote. */
function placedIn(where: string, before: string, thrown: unknown): unknown {
  if (!(thrown instanceof HeliosError) || thrown.position === undefined) return thrown;
  const { hint, details, position } = thrown;
  const { line, column, length } = position;
  const lines = where.split('\n');
  const place = line > lines.length ? lines.length : line;
  const onFirst = line === 1 ? column - before.length : column;
  const end = (lines[place - 1] ?? '').length + 1;
  return new HeliosError(thrown.code, thrown.message, {
    hint,
    details,
    cause: thrown,
    position: { line: place, column: line === place ? Math.max(1, onFirst) : end, length },
  });
}

type Found = {
  readonly columns: TailAnswer['columns'];
  readonly rows: readonly (readonly unknown[])[];
  readonly isTruncated: boolean;
};

/** Sink id → how far its sink is. */
type Reached = Readonly<Record<string, { readonly epoch: number; readonly rowsOut: number }>>;

function reached(table: WrittenTable): Reached {
  return Object.fromEntries(
    [...table.feeders].map(({ live }) => [
      live.id,
      { epoch: live.publishedEpoch, rowsOut: live.rowsOut },
    ]),
  );
}

function rowsSince(table: WrittenTable, seen: Reached): number {
  let rows = 0;
  for (const { live } of table.feeders) rows += live.rowsOut - (seen[live.id]?.rowsOut ?? 0);
  return rows;
}

function parseCursor(text: string): Reached {
  const value = parseJson(text);
  const isCursor = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isCursor) return value as Reached;
  throw new HeliosError('invalid_request', 'The cursor of the tail is not one that was given out.');
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function parseFound(text: string): Omit<Found, 'columns'> {
  const value: unknown = JSON.parse(text);
  const isDocument = typeof value === 'object' && value !== null && 'rows' in value;
  if (!isDocument || !Array.isArray(value.rows)) {
    throw new HeliosError('internal', 'The answer of a tail is not a document with rows.');
  }
  return { rows: value.rows, isTruncated: 'truncated' in value && value.truncated === true };
}
