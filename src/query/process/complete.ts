import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import { allowedFunctions, allowedTableFunctions } from '../functions.generated.ts';
import type { Completion, CompleteOrder } from './messages.ts';
import { viewName } from './view-name.ts';
import type { Views } from './views.ts';

/** DuckDB's own completions of a text, over views that have the tables' columns and no rows. */
export async function complete(
  { connection, views }: { readonly connection: Connection; readonly views: Views },
  order: CompleteOrder,
): Promise<readonly Completion[]> {
  for (const { name, schema } of order.tables) {
    const columns = schema
      .map((column) => `CAST(NULL AS ${duckdbType(column.type)}) AS ${quoteName(column.name)}`)
      .join(', ');
    if (columns === '') continue;
    const statement = `CREATE OR REPLACE VIEW ${viewName(name)} AS SELECT ${columns}`;
    await views.make({ name, columns, plain: statement, padded: statement });
  }
  const rows = await connection.rows(
    `SELECT suggestion, suggestion_start FROM sql_auto_complete(${quoteText(order.text)})`,
  );
  const functions = await connection.rows('SELECT DISTINCT function_name FROM duckdb_functions()');
  const known = new Set(functions.map((row) => String(row['function_name'])));
  return rows
    .map((row) => ({ text: String(row['suggestion']), start: Number(row['suggestion_start']) }))
    .filter(({ text }) => !known.has(text.trim()) || isAllowed(text.trim()));
}

/** Nobody is offered a function that the gate would refuse. */
function isAllowed(name: string): boolean {
  return allowedFunctions.has(name.toLowerCase()) || allowedTableFunctions.has(name);
}
