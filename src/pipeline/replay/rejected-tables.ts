import { HeliosError } from '../../base/errors.ts';
import type { PinnedView } from '../../catalog/view.ts';
import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import { quarantineSchema, quarantineTable } from '../epoch/quarantine.ts';
import { pinTable } from '../tables/pinned-views.ts';
import type { TableRegistry } from '../tables/table-registry.ts';
import { replaySchema, replayTable } from './replay.ts';

/** What was rejected and what replays made of it, hot rows included, until it is disposed. */
export type RejectedTables = AsyncDisposable & {
  /** SELECTs with the columns of the two tables. */
  readonly rejected: string;
  readonly outcomes: string;
};

/** Pins both tables. One that isn't there yet has no rows. */
export async function pinRejected(registry: TableRegistry): Promise<RejectedTables> {
  const views: PinnedView[] = [];
  const release = async (): Promise<void> => {
    for (const view of views.splice(0)) view.release();
    await Promise.resolve();
  };
  const relationOf = async (name: string, schema: Schema): Promise<string> => {
    const table = await registry.find(name);
    if (table === undefined) return noRows(schema);
    const view = await pinTable(table);
    views.push(view);
    return await relation(view, schema);
  };
  try {
    const rejected = await relationOf(quarantineTable, quarantineSchema);
    const outcomes = await relationOf(replayTable, replaySchema);
    return { rejected, outcomes, [Symbol.asyncDispose]: release };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

async function relation(view: PinnedView, schema: Schema): Promise<string> {
  if (view.physical !== undefined || view.partitionColumns.length > 0) throw altered(view.name);
  const whole: string[] = [];
  const cut: { readonly path: string; readonly deletedPath: string }[] = [];
  for (const file of view.files) {
    const isStored = file.kind === 'cold';
    const path = isStored && file.fetch !== undefined ? await file.fetch() : file.path;
    const deletedPath = isStored ? await file.fetchDeleted?.() : undefined;
    if (deletedPath === undefined) whole.push(path);
    else cut.push({ path, deletedPath });
  }
  const columns = schema.map(({ name }) => quoteName(name)).join(', ');
  const scans = [
    ...(whole.length === 0 ? [] : [`SELECT * FROM ${files(whole)}`]),
    ...cut.map(
      ({ path, deletedPath }) => `SELECT * FROM (
        FROM read_parquet(${quoteText(path)}, file_row_number = true, hive_partitioning = false)
        WHERE file_row_number NOT IN (SELECT row FROM ${files([deletedPath])}))`,
    ),
  ];
  // Files that were written before the table had a column don't have it.
  const all = [noRows(schema), ...scans].join(' UNION ALL BY NAME ');
  return `SELECT ${columns} FROM (${all})`;
}

function files(paths: readonly string[]): string {
  const list = paths.map(quoteText).join(', ');
  return `read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
}

function noRows(schema: Schema): string {
  const columns = schema.map(({ name, type }) => `NULL::${duckdbType(type)} AS ${quoteName(name)}`);
  return `SELECT ${columns.join(', ')} WHERE false`;
}

function altered(name: string): HeliosError {
  return new HeliosError(
    'unsupported_table',
    `${name} was changed by another engine: its columns have other names in its files.`,
    { hint: 'Nothing can be replayed from it. Query it with SQL, and send its records anew.' },
  );
}
