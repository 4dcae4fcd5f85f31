import { closeSync, constants, openSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { writeArrow } from '../../engine/arrow.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import { hasPassed } from './has-passed.ts';
import type { FromChild, RunOrder, ViewStatements } from './messages.ts';
import {
  columnTypeName,
  copyStatement,
  exactSelect,
  type ResultShape,
  resultShape,
  wrapped,
} from './result-sql.ts';

type Send = (message: FromChild) => void;

/** How often the parent hears of progress. */
const progressIntervalMs = 250;

/** Runs one gated query and writes its result into the pipe; gives the number of rows. */
export async function runQuery(
  connection: Connection,
  order: RunOrder,
  send: Send,
): Promise<number> {
  for (const view of order.views) await makeView(connection, view);
  const { sql, parameters } = order.explain === 'no' ? order : await explained(connection, order);
  const source = wrapped(sql);
  const shape = await describe(connection, source, parameters);
  send({
    kind: 'columns',
    columns: shape.map(({ name, typeText }) => ({ name, type: columnTypeName(typeText) })),
  });
  const ended = new AbortController();
  void reportProgress(connection, send, ended.signal);
  try {
    return await placed(() => write(connection, { ...order, sql, parameters }, shape));
  } finally {
    ended.abort();
  }
}

async function reportProgress(
  connection: Connection,
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  while (await hasPassed(systemClock, { durationMs: progressIntervalMs, signal })) {
    send({ kind: 'progress', ...connection.progress() });
  }
}

async function makeView(connection: Connection, { plain, padded }: ViewStatements): Promise<void> {
  try {
    await connection.execute(plain);
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.code !== 'invalid_sql') throw thrown;
    await connection.execute(padded);
  }
}

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
  source: string,
  parameters: RunOrder['parameters'],
): Promise<ResultShape> {
  return placed(async () =>
    resultShape(await connection.resultColumns(`${source} LIMIT 0`, parameters)),
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
