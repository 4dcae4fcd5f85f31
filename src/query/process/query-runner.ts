import { closeSync, constants, openSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { writeArrow } from '../../engine/arrow.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import { hasPassed } from './has-passed.ts';
import type { FromChild, RunOrder } from './messages.ts';
import {
  columnTypeName,
  copyStatement,
  exactSelect,
  type ResultShape,
  resultShape,
  wrapped,
} from './result-sql.ts';
import { Views } from './views.ts';

type Send = (message: FromChild) => void;

/** How often the parent hears of progress. */
const progressIntervalMs = 250;

/** Runs gated queries, one at a time, and writes their results into the pipe. */
export class QueryRunner {
  readonly connection: Connection;
  readonly views: Views;
  readonly #send: Send;
  readonly #shapes = new Map<string, ResultShape>();

  constructor(connection: Connection, send: Send) {
    this.connection = connection;
    this.views = new Views(connection);
    this.#send = send;
  }

  /** Makes the running statement fail. */
  cancel(): void {
    this.connection.interrupt();
  }

  /** Gives the number of rows. */
  async run(order: RunOrder): Promise<number> {
    for (const view of order.views) await this.views.make(view);
    const isExplained = order.explain !== 'no';
    const plain = isExplained ? await explained(this.connection, order) : order;
    const shape = isExplained ? await describe(this.connection, plain) : await this.#shapeOf(order);
    this.#send({
      kind: 'columns',
      columns: shape.map(({ name, typeText }) => ({ name, type: columnTypeName(typeText) })),
    });
    const ended = new AbortController();
    void this.#reportProgress(ended.signal);
    try {
      return await placed(() => write(this.connection, { ...order, ...plain }, shape));
    } finally {
      ended.abort();
    }
  }

  /** A query's columns follow from its text, its parameters and the columns of its tables. */
  async #shapeOf(order: RunOrder): Promise<ResultShape> {
    const tables = order.views.map(({ name, columns }) => [name, columns]);
    const key = JSON.stringify([order.sql, order.parameters, tables]);
    const shape = this.#shapes.get(key) ?? (await describe(this.connection, order));
    // The newest is the last one.
    this.#shapes.delete(key);
    if (key.length <= shapeKeyCharactersMax) this.#shapes.set(key, shape);
    const oldest = this.#shapes.keys().next().value;
    if (this.#shapes.size > shapesMax && oldest !== undefined) this.#shapes.delete(oldest);
    return shape;
  }

  async #reportProgress(signal: AbortSignal): Promise<void> {
    while (await hasPassed(systemClock, { durationMs: progressIntervalMs, signal })) {
      this.#send({ kind: 'progress', ...this.connection.progress() });
    }
  }
}

/** Columns of so many queries are remembered, of texts that are not too long. */
const shapesMax = 100;
const shapeKeyCharactersMax = 20_000;

/** Every format but Arrow is written by DuckDB itself. */
async function write(connection: Connection, order: RunOrder, shape: ResultShape): Promise<number> {
  if (order.format !== 'arrow') {
    return connection.run(copyStatement(order, shape), order.parameters);
  }
  const limit = order.rowsMax === undefined ? '' : ` LIMIT ${order.rowsMax}`;
  const select = `${exactSelect(order.sql, shape)}${limit}`;
  const description = `SELECT * FROM (${select}) LIMIT 0`;
  const columns = resultShape(await connection.resultColumns(description, order.parameters));
  const pipe = openSync(order.outputPath, constants.O_WRONLY);
  try {
    return await writeArrow(pipe, columns, connection.chunks(select, order.parameters));
  } finally {
    closeSync(pipe);
  }
}

async function describe(
  connection: Connection,
  { sql, parameters }: Pick<RunOrder, 'sql' | 'parameters'>,
): Promise<ResultShape> {
  return placed(async () =>
    resultShape(await connection.resultColumns(`${wrapped(sql)} LIMIT 0`, parameters)),
  );
}

/**
 * Errors' positions refer to the statement that was run; the user's text begins on its second line,
 * so one line less is the user's.
 */
async function placed<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    if (!(thrown instanceof HeliosError)) throw thrown;
    const { code, message, hint, position } = thrown;
    const place =
      position === undefined || position.line < 2
        ? undefined
        : { ...position, line: position.line - 1 };
    const isMemory = code === 'out_of_memory';
    throw new HeliosError(code, isMemory ? (message.split('\n')[0] ?? message) : message, {
      cause: thrown,
      hint: isMemory ? 'Select fewer columns, filter earlier, or aggregate in steps.' : hint,
      position: place,
    });
  }
}

/** A SELECT that gives the lines of the query's plan. */
async function explained(
  connection: Connection,
  order: RunOrder,
): Promise<{ readonly sql: string; readonly parameters: RunOrder['parameters'] }> {
  const keyword = order.explain === 'analyze' ? 'EXPLAIN ANALYZE' : 'EXPLAIN';
  const rows = await placed(() =>
    connection.rowsWith(`${keyword} ${wrapped(order.sql)}`, order.parameters),
  );
  const values = rows.map(
    (row) =>
      `(${quoteText(String(row['explain_key']))}, ${quoteText(String(row['explain_value']))})`,
  );
  const sql = `SELECT * FROM (VALUES ${values.join(', ')}) AS plan(explain_key, explain_value)`;
  return { sql, parameters: [] };
}
