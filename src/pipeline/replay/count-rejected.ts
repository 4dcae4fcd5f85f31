import type { Connection } from '../../engine/engine.ts';
import type { RejectedTables } from './rejected-tables.ts';
import type { RejectedCount } from './replay.ts';
import { asked } from './select-records.ts';

/** What became of rejected records, without looking at their bytes. */
export async function countRejected(
  connection: Connection,
  tables: RejectedTables,
  pipeline: string | undefined,
): Promise<readonly RejectedCount[]> {
  const where = pipeline === undefined ? '' : `WHERE lower(pipeline) = lower(${asked(pipeline)})`;
  const rows = await connection.rows(`WITH rejected AS (
      SELECT pipeline, source, count(*) AS records FROM (${tables.rejected}) ${where} GROUP BY ALL
    ),
    outcomes AS (
      SELECT pipeline, source, bool_or(passed) AS has_passed FROM (${tables.outcomes}) ${where}
      GROUP BY pipeline, source, "partition", "position", rejected_at, raw_md5, copy
    ),
    done AS (
      SELECT pipeline, source, count(*) FILTER (has_passed) AS replayed,
        count(*) FILTER (NOT has_passed) AS failed FROM outcomes GROUP BY ALL
    )
    SELECT pipeline, source, coalesce(replayed, 0) AS replayed, coalesce(failed, 0) AS failed,
      greatest(records - coalesce(replayed, 0) - coalesce(failed, 0), 0) AS open
    FROM rejected LEFT JOIN done USING (pipeline, source) ORDER BY pipeline, source`);
  return rows.map((row) => ({
    pipeline: String(row['pipeline']),
    source: String(row['source']),
    openCount: Number(row['open']),
    failedCount: Number(row['failed']),
    replayedCount: Number(row['replayed']),
  }));
}
