import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { EpochMs } from '../../event/record.ts';
import { endUs } from './manifest-stream.ts';
import type { WindowState } from './window-state.ts';

/**
 * Puts an epoch's rows that are too late for a node into a table, as their sinks store them; gives
 * a SELECT of it.
 */
export async function takeLate(
  connection: Connection,
  { node, watermark }: Pick<WindowState, 'node' | 'watermark'>,
  { late, atMs }: { readonly late: string; readonly atMs: EpochMs },
): Promise<string> {
  const table = quoteName(`${node.name}__late`);
  // All ended: no time is as late as that.
  const before = watermark === endUs ? undefined : watermark;
  const passed = before === undefined ? 'NULL::TIMESTAMPTZ' : `make_timestamptz(${before})`;
  await connection.execute(
    `CREATE OR REPLACE TEMP TABLE ${table} AS
      SELECT make_timestamptz(${Math.floor(atMs)} * 1000) AS read_at, "__time" AS event_time,
        ${passed} AS watermark, "__window" AS "window", ${quoteText(node.name)} AS operator,
        ${quoteText(node.label)} AS label, ${quoteText(node.late?.source ?? '')} AS source, "row"
      FROM (${late})`,
  );
  return `SELECT * FROM ${table}`;
}
