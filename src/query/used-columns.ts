import type { Expression, Query, TableRef } from '../sql/select-ast.ts';
import { selectFacts } from '../sql/select-facts.ts';

/**
 * Whether a query may read a column of that name, of whichever of its tables. Certain only where it
 * says no: a name that the query has anywhere counts, and all do where it may mean columns without
 * naming them.
 */
export function usedColumns(query: Query): (column: string) => boolean {
  const { expressions, tableRefs } = selectFacts(query);
  const tables = new Set(tableRefs.flatMap(namesOfTable));
  const isOpen =
    tableRefs.some(hasUnnamedColumns) || expressions.some((one) => meansUnnamed(one, tables));
  if (isOpen) return () => true;
  const paths = expressions.map(({ columnPath }) => columnPath);
  const using = tableRefs.map((table) => (table.kind === 'join' ? table.using : []));
  const names = new Set([...paths, ...using].flat().map((name) => name.toLowerCase()));
  return (column) => names.has(column.toLowerCase());
}

/** NATURAL and POSITIONAL joins, `t(a, b)`, PIVOT, and what isn't known. */
function hasUnnamedColumns(table: TableRef): boolean {
  switch (table.kind) {
    case 'base_table':
      return table.hasColumnAliases;
    case 'join':
      return !['REGULAR', 'CROSS', 'ASOF'].includes(table.refType);
    case 'table_function':
    case 'subquery':
    case 'values':
    case 'empty':
      return false;
    default:
      return true;
  }
}

/** `*`, `COLUMNS(…)`, `#1`, and a table's name for its row. */
function meansUnnamed(expression: Expression, tables: ReadonlySet<string>): boolean {
  const last = expression.columnPath.at(-1);
  return (
    expression.class === 'STAR' ||
    expression.class === 'POSITIONAL_REFERENCE' ||
    (last !== undefined && tables.has(last.toLowerCase()))
  );
}

function namesOfTable(table: TableRef): readonly string[] {
  const names = table.kind === 'base_table' ? [table.name, table.alias] : [table.alias];
  return names.filter((name) => name !== '').map((name) => name.toLowerCase());
}
