import { HeliosError } from '../../base/errors.ts';
import { duckdbType, parseDuckdbType } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Plan } from '../plan/plan.ts';
import { type LookupTables, noLookupTables } from './lookup-tables.ts';

/** In a pipeline's folder: the columns of the tables that it looked up when it last ran. */
const fileName = 'lookups.json';

/** Notes them, for when it is opened to put its hot rows into tables. */
export async function rememberTables(storage: Storage, { lookups = [] }: Plan): Promise<void> {
  if (lookups.length === 0) return;
  const tables = lookups.map(({ name, columns }) => ({
    name,
    columns: columns.map((column) => ({ name: column.name, type: duckdbType(column.type) })),
  }));
  await storage.put(fileName, Buffer.from(JSON.stringify(tables)));
}

/**
 * Tables to plan with where no row will be looked up: those that are remembered need not be there,
 * so that who can't read them any more can stop all the same.
 */
export async function rememberedTables(
  storage: Storage,
  tables: LookupTables = noLookupTables,
): Promise<LookupTables> {
  const known = await readTables(storage);
  return {
    names: () => [...known.keys(), ...tables.names()],
    pin: async (request) => {
      const schema = known.get(request.name);
      if (schema === undefined) return await tables.pin(request);
      return { schema, key: '', rows: noRows, release: async () => await Promise.resolve() };
    },
  };
}

async function noRows(): Promise<never> {
  return await Promise.reject(new HeliosError('internal', 'A pipeline at rest looks nothing up.'));
}

async function readTables(storage: Storage): Promise<ReadonlyMap<string, Schema>> {
  if ((await storage.stat(fileName)) === undefined) return new Map();
  const text = Buffer.from(await storage.read(fileName)).toString();
  const tables = JSON.parse(text) as readonly RememberedTable[];
  return new Map(
    tables.map(({ name, columns }) => [
      name,
      columns.map((column) => ({ name: column.name, type: parseDuckdbType(column.type) })),
    ]),
  );
}

type RememberedTable = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};
