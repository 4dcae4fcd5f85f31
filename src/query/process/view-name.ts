import { quoteName } from '../../engine/types.ts';

/**
 * Where a table of the catalog is found in a query process: `helios.files` is in the schema
 * `helios`.
 */
export function viewName(table: string): string {
  const [schema, name] = splitTableName(table);
  return `${quoteName(schema)}.${quoteName(name)}`;
}

/** Only `helios.` qualifies; any other dot is part of the name. */
function splitTableName(table: string): readonly [schema: string, name: string] {
  const prefix = 'helios.';
  return table.toLowerCase().startsWith(prefix)
    ? ['helios', table.slice(prefix.length)]
    : ['main', table];
}
