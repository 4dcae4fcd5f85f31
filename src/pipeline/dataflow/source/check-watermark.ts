import { asHeliosError } from '../../../base/errors.ts';
import type { Connection } from '../../../engine/engine.ts';
import { duckdbType, quoteName } from '../../../engine/types.ts';
import type { ScriptError, SourceTable } from '../../../sql/script.ts';
import { ComposedSql } from '../../plan/compose.ts';

/** When the event is of which a watermark is asked. */
const eventTime = "TIMESTAMPTZ '2026-01-01T00:00:00Z'";

/** What is wrong with the expression of a source's watermark, before any event comes. */
export async function checkWatermark(
  { columns, watermark }: SourceTable,
  connection: Connection,
): Promise<readonly ScriptError[]> {
  const expression = watermark?.expression;
  if (expression === undefined) return [];
  const values = columns.map(({ name, type }) => {
    const value = name === watermark?.column ? eventTime : 'NULL';
    return `CAST(${value} AS ${duckdbType(type)}) AS ${quoteName(name)}`;
  });
  const row = `(SELECT ${values.join(', ')})`;
  const sql = new ComposedSql().add(['SELECT (', expression, `\n) AS watermark FROM ${row}`]);
  const position = expression.positionAt(0);
  const hint = `Say how late events may be: ${watermark?.column} - INTERVAL '5 seconds'.`;
  try {
    const [column] = await connection.describe(sql.text);
    if (column?.type.kind !== 'timestamp') {
      const message = 'A watermark is a TIMESTAMP before which no event comes any more.';
      return [{ message, hint, position }];
    }
  } catch (thrown) {
    const error = asHeliosError(thrown);
    const { message, hint: own } = error;
    return [{ message, hint: own, position: sql.positionOf(error) ?? position }];
  }
  if (!(await isAhead(sql.text, connection))) return [];
  const message =
    'This watermark is later than its event, which comes too late for its own window.';
  return [{ message, hint, position }];
}

/** Of an event of which only the time is known. */
async function isAhead(select: string, connection: Connection): Promise<boolean> {
  try {
    const sql = `SELECT watermark > ${eventTime} AS is_ahead FROM (${select})`;
    const [row] = await connection.rows(sql);
    return row?.['is_ahead'] === true;
  } catch {
    // It takes more than the time, and is asked again of each event.
    return false;
  }
}
