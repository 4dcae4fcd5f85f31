import type { TableAnswer } from '../../../server/api.ts';

/** A name as SQL takes it, whatever is in it. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A table's name as SQL takes it: those of the system have a schema. */
export function tableInSql({ name, kind }: Pick<TableAnswer, 'name' | 'kind'>): string {
  return kind === 'system' ? name.split('.').map(quotedName).join('.') : quotedName(name);
}

/** Whether somebody made it: rejected records and facts about Helios are there from the start. */
export function isMade({ name, kind }: Pick<TableAnswer, 'name' | 'kind'>): boolean {
  return kind !== 'system' && !['quarantine', 'quarantine_replays'].includes(name);
}

/** Whether its rows and bytes are known: nobody counts what is attached, or was never read. */
export function isCounted({
  kind,
  columns,
  error,
}: Pick<TableAnswer, 'kind' | 'columns' | 'error'>): boolean {
  return kind !== 'attached' && (error === undefined || columns.length > 0);
}

/** Where a table is looked at. */
export function tableHref(name: string): string {
  return `/tables/${encodeURIComponent(name)}`;
}

/** The page for SQL with this text in it. */
export function sqlHref(sql: string): string {
  return `/sql?${new URLSearchParams({ q: sql }).toString()}`;
}
