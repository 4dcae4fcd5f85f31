import type { AnswerRow, Question } from '../../../api/rows.ts';

export type Amount = { readonly files: number; readonly bytes: number };

/** How many files a table has, hot and cold. */
export function filesByHeatQuestion(table: string): Question {
  return {
    sql: `SELECT is_hot, count(*) AS files, sum(bytes)::BIGINT AS bytes
      FROM helios.files WHERE table_name = $1 GROUP BY is_hot`,
    params: [table],
  };
}

export function filesByHeat(rows: readonly AnswerRow[]): {
  readonly hot: Amount;
  readonly cold: Amount;
} {
  const of = (isHot: boolean): Amount => {
    const row = rows.find(({ is_hot }) => is_hot === isHot);
    return { files: Number(row?.['files'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
  };
  return { hot: of(true), cold: of(false) };
}

/** The hot ones first, then by path: names of parts begin with their epoch. */
export function filesQuestion(table: string, rowsMax: number): Question {
  return {
    sql: `SELECT path, is_hot, rows, bytes, partition_values FROM helios.files
      WHERE table_name = $1 ORDER BY is_hot DESC, path DESC LIMIT ${rowsMax}`,
    params: [table],
  };
}

/** What was done to keep a table in shape, the newest first. */
export function maintenanceQuestion(table: string, rowsMax: number): Question {
  return {
    sql: `SELECT started_at, action, reason, outcome, duration_ms, files_before, files_after,
      bytes_before, bytes_after, coalesce(error_message, detail) AS words FROM helios.maintenance
      WHERE table_name = $1 ORDER BY started_at DESC LIMIT ${rowsMax}`,
    params: [table],
  };
}
