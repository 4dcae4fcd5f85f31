import type { TableEntry } from '../../catalog/catalog.ts';
import { parseScript } from '../../sql/parse-script.ts';
import type { Listeners } from '../listeners.ts';
import { type ManagedPipeline, untilOpen } from '../managed-pipeline.ts';

export type StartOrder = {
  readonly tables: readonly TableEntry[];
  readonly restore: (managed: ManagedPipeline) => Promise<void>;
  readonly changes: Listeners;
};

/**
 * Starts what should run. Those that may look tables up come last: what they see are the rows of
 * others, hot ones too, which would be missing before those are open.
 */
export async function startInOrder(
  all: readonly ManagedPipeline[],
  { tables, restore, changes }: StartOrder,
): Promise<void> {
  const wanted = all.filter(({ definition }) => definition.wanted === 'running');
  const looking = wanted.filter(({ definition }) => mayLookUp(definition.sql, tables));
  const plain = wanted.filter((managed) => !looking.includes(managed));
  for (const managed of plain) managed.start();
  const first = all.filter((managed) => !plain.includes(managed));
  await Promise.all(first.map(restore));
  for (const managed of plain) await untilOpen(managed, changes);
  for (const managed of looking) managed.start();
  for (const managed of looking) await untilOpen(managed, changes);
}

/** Said quickly: does it name some table that it doesn't declare? */
function mayLookUp(sql: string, tables: readonly TableEntry[]): boolean {
  const parsed = parseScript(sql);
  if (parsed.kind !== 'ok') return false;
  const { sources, memoryTables, views, sinks, lookups } = parsed.script;
  const own = [...sources, ...memoryTables, ...views, ...sinks, ...lookups];
  const declared = new Set(own.map(({ name }) => name.toLowerCase()));
  const words = new Set(sql.toLowerCase().match(/\w+/g));
  return tables.some(({ name }) => {
    const key = name.toLowerCase();
    return !declared.has(key) && (words.has(key) || /\W/.test(key));
  });
}
