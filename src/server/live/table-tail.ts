import type { LiveRequest } from './live-api.ts';
import type { SubscriptionContext } from './subscription.ts';

type TableTail = Extract<LiveRequest, { table: string }>;

/** Sends a table's new rows as they are published, from now on. */
export async function runTableTail(
  request: TableTail,
  context: SubscriptionContext,
): Promise<void> {
  const { clock, limits, metrics, outlet, signal, tableTail } = context;
  const { id, table, where } = request;
  let after: string | undefined;
  let dropped = 0;
  let columns: string | undefined;
  while (!signal.aborted) {
    const look = { table, where, after, rowsMax: limits.tailRowsMax, signal };
    const answer = await tableTail.rowsAfter(look);
    // A look that finds nothing new tells none; others may find that a column was added.
    const found = JSON.stringify(answer.columns);
    if (after === undefined || (found !== columns && answer.columns.length > 0)) {
      outlet.send({ id, kind: 'columns', columns: answer.columns });
      columns = found;
    }
    after = answer.cursor;
    dropped += answer.missedRows;
    if (!outlet.hasRoom()) {
      dropped += answer.rows.length;
      metrics.count('helios_live_dropped_rows_total', {}, answer.rows.length);
    } else if (answer.rows.length > 0 || dropped > 0) {
      outlet.send({ id, kind: 'rows', rows: answer.rows, dropped });
      dropped = 0;
    }
    await clock.sleep(limits.tailIntervalMs, signal);
  }
}
