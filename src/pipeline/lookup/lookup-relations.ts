import type { Schema } from '../../event/schema.ts';
import type { LookupTable } from '../../sql/script.ts';
import { type LookupTables, unreadable } from './lookup-tables.ts';

/** A lookup table as the script's SELECTs see it. */
export type LookupRelation = { readonly name: string; readonly columns: Schema };

/** With the columns of those tables that declare none. `unavailable` where one can't be read. */
export async function lookupRelations(
  lookups: readonly LookupTable[],
  tables: LookupTables,
): Promise<readonly LookupRelation[]> {
  const relations: LookupRelation[] = [];
  for (const { name, columns } of lookups) {
    relations.push({ name, columns: columns ?? (await schemaOf(name, tables)) });
  }
  return relations;
}

async function schemaOf(name: string, tables: LookupTables): Promise<Schema> {
  try {
    const version = await tables.pin({ name, place: undefined });
    await version.release();
    return version.schema;
  } catch (thrown) {
    throw unreadable(name, thrown);
  }
}
