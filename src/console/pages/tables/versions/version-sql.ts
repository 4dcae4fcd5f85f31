import type { TableAnswer } from '../../../../server/api.ts';
import { tableInSql } from '../table-name.ts';

type NamedTable = Pick<TableAnswer, 'name' | 'kind'>;

/** The rows of the table as it was. */
export function versionSql(table: NamedTable, version: number): string {
  return `SELECT *\nFROM ${tableInSql(table)} AT (VERSION => ${version})\nLIMIT 100`;
}

/** How many rows a version has. */
export function rowCountSql(table: NamedTable, version: number): string {
  return `SELECT count(*) AS rows FROM ${tableInSql(table)} AT (VERSION => ${version})`;
}

/** Rows that one version has and the other doesn't, as often as it has them more. */
export function onlyInSql(
  table: NamedTable,
  { version, other }: { readonly version: number; readonly other: number },
): string {
  const name = tableInSql(table);
  return (
    `SELECT * FROM ${name} AT (VERSION => ${version})\nEXCEPT ALL\n` +
    `SELECT * FROM ${name} AT (VERSION => ${other})\nLIMIT 1000`
  );
}
