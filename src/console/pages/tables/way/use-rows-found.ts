import { type AnswerRow, type AskedRows, useRows } from '../../../api/rows.ts';
import type { TableAnswer } from '../../../../server/api.ts';
import { quotedName, tableInSql } from '../table-name.ts';

/** More are not shown: a way is that of one row. */
export const rowsFoundMax = 10;
const columnsMax = 200;

/** The rows for which a condition holds, as far as they are shown; asked for once. */
export function useRowsFound(table: TableAnswer, where: string): AskedRows {
  return useRows({ sql: rowsFoundSql(table, where) }, 0);
}

function rowsFoundSql(table: TableAnswer, where: string): string {
  const names = table.columns.slice(0, columnsMax).map(({ name }) => quotedName(name));
  const columns = names.join(', ');
  if (where.trim() === '') return `SELECT ${columns} FROM ${tableInSql(table)} LIMIT 0`;
  return `SELECT ${columns} FROM ${tableInSql(table)} WHERE (${where}\n) LIMIT ${rowsFoundMax + 1}`;
}

/** Rows that are alike in all that was asked for: which of them it is makes no difference. */
export function areAlike(rows: readonly AnswerRow[]): boolean {
  return new Set(rows.map((row) => JSON.stringify(row))).size === 1;
}
